// Package kafka holds the vocabulary of Apache Kafka that every other package speaks: topic partitions, topic ids,
// broker ids, leader epochs, producer ids, isolation levels and the protocol's error codes. It imports nothing of the
// project and does no I/O.
package kafka
