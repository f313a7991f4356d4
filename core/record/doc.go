// Package record reads, checks and builds version 2 record batches, the unit in which records travel and are stored. The
// bytes on the wire and the bytes in a log are the same, so everything here works in place on a []byte:
//
//   - Header and Batch view one batch and patch the fields that a broker sets.
//   - Records iterates over the records of a batch, decompressing them into a pooled buffer when it must.
//   - Validate is what a leader does with a batch that a client sent.
//   - Builder makes batches: for coordinators, tools, compaction, and changes of the codec.
//
// Decompression is always bounded by a limit that the caller gives.
package record
