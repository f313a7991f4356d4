// Package partition keeps the partitions that this broker holds a replica of. A Set finds them without taking a lock,
// opens and closes them as the metadata says, and gives coordinators their way to the log. A Partition appends as leader,
// reads, and knows its offsets.
//
// Who may do what at the same time:
//
//   - mu of a Partition lets one goroutine append, truncate or move the log start.
//   - progress.mu guards the producer state and moves the high watermark. It is held for moments only, and taken while mu
//     is held, never the other way round: a log may ask for a snapshot or report stable offsets from within Append.
//   - Readers take neither: role, offsets and leader epochs are atomics or immutable snapshots.
//   - mu of the Set lets one change of metadata in at a time. Look-ups read an immutable index.
package partition
