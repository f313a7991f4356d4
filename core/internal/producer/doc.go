// Package producer keeps, for one partition, what must be known of its idempotent and transactional producers: their
// epochs and last sequence numbers (KIP-98, KIP-360), open transactions and the first unstable offset (KIP-890).
//
// A State is used in two phases around an append: Check says whether a batch is new, a duplicate or wrong, and changes
// nothing; Update records the batch once the log has it. Recovery and followers call Replay, which never refuses.
//
// A State does no locking, reads no clock and does no I/O: the partition's lock guards it.
package producer
