package log

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Log is one partition log: an append-only sequence of record batches in Kafka's format.
type Log interface {
	Writer
	Reader
	// SaveEpochs stores the partition's list of leader epochs in place of the one before. Data is not kept.
	SaveEpochs(data []byte) error
	// LoadEpochs returns what SaveEpochs stored last, or nil.
	LoadEpochs() ([]byte, error)
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
