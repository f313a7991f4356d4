// Package record reads, checks and builds version 2 record batches, the unit in which records travel and are stored. The
// bytes on the wire and the bytes in a log are the same, so everything here works in place on a []byte:
//
//   - Batch views one batch and patches the fields that a broker sets; Header is a batch's header, decoded.
//   - Records iterates over the records of a batch, decompressing them into a pooled buffer when it must.
//   - Validate is what a leader does with a batch that a client sent.
//   - Builder makes batches: for coordinators, tools, compaction, and changes of the codec.
//
// Decompression is always bounded by a limit that the caller gives.
package record
