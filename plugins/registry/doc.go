// Package registry keeps the plugins of a cluster.
//
// The bytes of a plugin are records of the internal topic __jackdaw_plugins, which has one partition and is compacted.
// A plugin is cut into chunks of 768 KiB (the last one is shorter); the key of a chunk is "digest/number", the digest in
// 64 hexadecimal digits and the number decimal, from 0; its value is the bytes. Who concatenates the chunks of a digest
// knows by the digest whether they are all there: a plugin of which a crash left only some chunks does not exist, and
// they are deleted at the next start. So plugins replicate as data does, and a Kafka consumer can read them.
//
// A record with the key "name@version" has that digest as its value, for readers of the topic who know only what a topic's
// configs say: clients that run the same plugins. The broker itself does not read it.
//
// That name@version means a digest is cluster metadata (metadata.Image.Plugins), written only once all chunks are
// committed: a version that can be bound can be loaded.
//
// # Limits
//
// Bytes are read from the topic when a plugin is loaded, by reading the topic from its start, and the last 64 MiB of them
// are remembered. One deployment at a time.
package registry
