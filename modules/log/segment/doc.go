// Package segment is the log module that keeps partition logs in files, in Apache Kafka's format byte for byte: Kafka's
// own tools read what it writes, and it opens what Kafka wrote.
//
// # On disk
//
// Each directory of log.dirs holds
//
//	meta.properties          whose it is: node.id, cluster.id, directory.id
//	jackdaw.properties       format.version, which Kafka ignores; a newer one is refused
//	.lock                    locked (flock) while a broker runs
//	.kafka_cleanshutdown     there while all logs are closed properly
//	*-checkpoint             recovery points, log start offsets, high watermarks, compacted offsets
//	<topic>-<partition>/     one log
//	<...>.<32 hex>-delete    a deleted log; <...>-stray one that was set aside because its topic id was another
//
// and each log
//
//	partition.metadata       the topic id
//	leader-epoch-checkpoint  leader epochs and their start offsets
//	<base offset>.log        record batches, as they travel
//	<base offset>.index      offset of a batch's last record -> position, an entry every index.interval.bytes
//	<base offset>.timeindex  largest timestamp so far -> offset
//	<base offset>.txnindex   aborted transactions
//	<offset>.snapshot        producer state at that offset
//
// where .deleted, .cleaned and .swap behind a name mean what they mean to Kafka. Indexes only grow by need: they are not
// preallocated, and not mapped. Those of an active segment live in memory and reach their files at a roll and at close.
//
// # Promises
//
// An append is one write. It is readable when Append returns, and as durable as flush.messages and flush.ms ask for when
// Host.Stable says so; by default Kafka leaves that to replication and to the operating system, and so do we. After a
// crash a log is read from its recovery point on, cut at the first byte that is no whole and valid batch, and its indexes
// are rebuilt. A storage error takes the log and its directory offline; nothing is acknowledged that was not written. Closed
// segments are read once after each start, slowly, to find bytes that a disk has lost.
//
// # Limits
//
// A segment has at most 2 GiB. Messages of formats 0 and 1, which Kafka 4 no longer writes, are refused. An idle log takes
// a few KiB of memory and no descriptor.
package segment
