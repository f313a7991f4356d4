// Package metadata is the contract of a metadata module: what the cluster knows of brokers, topics, partitions and
// configs (Image), how it changes (Delta), who tells about it (Source) and who changes it (Controller).
//
// An Image is immutable: whoever holds one reads it without locks for as long as it likes. Every change makes a new Image
// and a Delta that names what changed. Names follow org.apache.kafka.image.
package metadata
