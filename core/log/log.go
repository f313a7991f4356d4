package log

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Log is one partition log: an append-only sequence of record batches in Kafka's format.
type Log interface {
	Writer
	Reader
	State
	// Configure applies changed settings; they take effect with the next append, roll or clean-up.
	Configure(Settings)
	// Close makes all that was appended durable and gives up the log's resources. Extents stay readable.
	Close(ctx context.Context) error
}

// Writer is what changes a log. The caller lets one goroutine at a time in.
type Writer interface {
	// Append adds whole batches whose offsets and leader epoch are already set; it neither validates nor keeps b. It
	// returns when the bytes are readable, not when they are durable: that is what Host.Stable tells. It rolls the active
	// segment first when it must. An error means that nothing of b is visible; a storage error is also given to
	// Host.Failed, and later appends fail with KAFKA_STORAGE_ERROR.
	Append(b []byte, info AppendInfo) error
	// Truncate drops every batch that holds an offset >= to. The log end offset is then behind the last batch that is
	// left: lower than to if that offset was within a batch, or in a gap.
	Truncate(to int64) error
	// AdvanceStart moves the log start offset forward (DeleteRecords); a lower offset does nothing. Segments below it go
	// with the next clean-up.
	AdvanceStart(offset int64) error
	// Flush makes everything appended before the call durable.
	Flush(ctx context.Context) error
}

// Reader is what reads a log. Any number of goroutines may call it, also while another one appends.
type Reader interface {
	// Read returns a run of batches that begins with the one that holds r.Offset. The caller releases the extent. At the
	// log end offset it returns an empty extent; below the log start or above the log end OFFSET_OUT_OF_RANGE.
	Read(r ReadRequest) (vfs.Extent, error)
	// Lookup finds the first record at or after a timestamp in milliseconds, at or above the log start offset; for
	// kafka.MaxTimestamp the first record that carries the largest timestamp. It answers Offset -1 when there is none.
	Lookup(ctx context.Context, timestamp int64) (Position, error)
	// Status returns the offsets and sizes as they are now. It takes no lock that an append holds.
	Status() Status
}

// State keeps a partition's small side files where the backend keeps its data.
type State interface {
	// SaveState stores a side file; offset is the first offset that it does not cover. Data is not kept.
	SaveState(kind StateKind, offset int64, data []byte) error
	// LoadState returns the newest side file of a kind and its offset, or nil and -1.
	LoadState(kind StateKind) (data []byte, offset int64, err error)
}

// StateKind names a kind of side file.
type StateKind uint8

const (
	// ProducerSnapshot is the producer state at an offset. Several are kept, one per live segment.
	ProducerSnapshot StateKind = iota
	// LeaderEpochs is the list of leader epochs and their start offsets. Only the newest is kept; offset is ignored.
	LeaderEpochs
	// AbortedTxns is the list of aborted transactions of the segment that begins at offset.
	AbortedTxns
)

// AppendInfo describes the batches of one Append, so that the log need not parse them again.
type AppendInfo struct {
	BaseOffset   int64 // of the first batch; equals the log end offset, or is larger where a leader has a gap
	LastOffset   int64 // of the last batch
	MaxTimestamp int64 // largest timestamp in milliseconds, -1 when the records carry none
	Records      int   // number of records, for flush.messages
}

// ReadRequest says what to read.
type ReadRequest struct {
	Offset   int64 // first offset wanted; the batch that holds it is returned whole
	MaxBytes int   // the extent is at most this long and may end inside a batch, as in Kafka
	// MinOne returns the first batch whole even if it is longer than MaxBytes. Without it, a first batch that does not
	// fit yields an empty extent, never a truncated first batch.
	MinOne bool
	// Before is the first offset that must not be returned (high watermark or last stable offset): a batch boundary.
	Before int64
}

// Position is a record's place in the log.
type Position struct {
	Offset      int64
	Timestamp   int64 // milliseconds
	LeaderEpoch kafka.LeaderEpoch
}

// Status is a snapshot of a log's offsets and sizes.
type Status struct {
	StartOffset  int64 // log start offset: the first offset that clients may read
	EndOffset    int64 // log end offset: the offset of the next record
	StableOffset int64 // everything below it is as durable as the settings ask for; the high watermark never passes it
	SizeBytes    int64 // of the batches in all segments
	Segments     int
	MaxTimestamp int64 // largest record timestamp, -1 when there is none
	Dir          string
	Failed       error // the storage error that took the log offline, or nil
}

// Host is what a log needs from the partition that owns it. Methods other than Restore and Replay may be called from the
// log's own goroutines at any time after Open returned; they must not call back into the log's Writer.
type Host interface {
	// Restore is called during Open, before any Replay: the newest producer snapshot and the first offset that it does not
	// cover, or nil and the offset at which replay begins. An error says that the snapshot is unusable, as after a crash:
	// the log then offers an older one, and nil at last.
	Restore(snapshot []byte, offset int64) error
	// Replay is called during Open for each batch after the snapshot, in order. The header is only valid for the call.
	Replay(h *record.Header, batch []byte) error
	// Snapshot returns the producer state at the log end offset; the log stores it when a segment rolls and at Close.
	// It is called from within Append and Close, by the goroutine that called them.
	Snapshot() []byte
	// Bounds is asked before retention and compaction.
	Bounds() Bounds
	// Stable says that everything below offset is now as durable as the settings ask for. It must return quickly.
	Stable(offset int64)
	// StartMoved says that retention moved the log start offset.
	StartMoved(offset int64)
	// Failed says that the log's storage failed and that it is now offline.
	Failed(err error)
}

// Bounds limits what retention and compaction may touch.
type Bounds struct {
	HighWatermark int64 // nothing at or above it is deleted
	FirstUnstable int64 // nothing at or above it is compacted: the last stable offset
	// LastSequence tells whether the batch that ends at lastOffset holds the newest sequence number of a live producer;
	// compaction then keeps the batch, empty if need be. It may be nil.
	LastSequence func(id kafka.ProducerID, lastOffset int64) bool
	// ProducerState returns what Host.Snapshot would, and the log end offset that it belongs to. Retention asks it before
	// it rolls an active segment all of whose records expired; it may take the partition's lock, and may be nil.
	ProducerState func() (snapshot []byte, offset int64)
}
