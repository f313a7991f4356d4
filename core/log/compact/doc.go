// Package compact is log compaction (cleanup.policy=compact) apart from where a log keeps its batches: which records stay,
// and what becomes of a batch that loses some. A log module reads its dirty batches into a KeyMap, then passes all its
// closed batches through a Filter and puts the result in their place.
//
// The rules are Kafka's. A record stays when no later record has its key; its offset never changes, nor does the range of
// its batch. A tombstone stays for delete.retention.ms from the first compaction that meets it, which writes that horizon
// into the batch (KIP-534). Records of aborted transactions go.
// A transaction marker goes when no batch of its transaction is left, delete.retention.ms after the compaction that finds
// so. Batches that nothing is removed from stay byte for byte.
package compact
