// Package file is the metadata module of a single broker: topics, partitions, configs and producer ids, kept in one file.
//
// The file is DIR/metadata.journal, DIR being <metadata.log.dir or the first of log.dirs>/__jackdaw_metadata. Without a
// directory nothing is kept: that is module "memory" (modules/metadata/memory), for tests and throw-away brokers.
//
// # Format
//
// All fixed-size numbers are big-endian; "varint" and "string" (a varint length and its bytes) are encoding/binary's.
//
//	header   "JACKDAWM", uint32 format version (1)
//	frame    uint32 marker "JDMF", uint32 payload length, uint32 CRC-32C of length and payload, payload
//
// The payload of the first frame is a snapshot: string cluster id, varint node id, varint offset, varint starts, varint
// next producer id, then records. Each later frame is one change: varint offset of its first record, then its records.
// A record is a byte that names its kind and the fields that record.go lists.
//
// # Rules
//
//   - A change is one frame, written and fsynced before anybody hears of it. So only the last frame can be torn: a damaged
//     frame with nothing whole behind it is cut off at the start; one with whole frames behind it means that the disk lost
//     something, and the broker refuses to start.
//   - When the changes have outgrown the snapshot, a new file that begins with a new snapshot is written, fsynced and
//     renamed over the old one. Changes cost O(1) on average.
//   - A file of a newer format, another node.id or another cluster is refused.
//   - Every start counts. A partition's leader epoch is twice the number of starts since it was created: it rises by 2 with
//     each restart as on a single Apache Kafka node, and costs no write per partition.
//   - A write that fails is undone: the next change is tried. A failed fsync, or a write that cannot be undone, ends all changes
//     until the restart: nobody knows what is on disk by then. Health and metrics tell of both (watch.go).
//
// # Limits
//
// One broker, so every partition has one replica. All metadata is in memory; a change of topics copies the map of topics
// once, whatever the number of topics in the request.
package file
