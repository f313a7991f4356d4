// Package memory is the log module that keeps partition logs in memory. Nothing survives a stop: it is for tests, for
// development and for topics that are caches.
//
// A log is a list of segments, each one allocation that appends fill and that never moves, so that an extent is simply a
// slice of it. The first segment of a log is small and each further one doubles, up to 1 MiB or segment.bytes: thousands
// of idle partitions cost little, and retention frees memory in small steps. Retention, truncation and DeleteRecords work
// as in Kafka, except that even the newest segment may expire. cleanup.policy=compact keeps the last record of each key.
package memory
