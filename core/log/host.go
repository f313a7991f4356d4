package log

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Host is what a log needs from the partition that owns it. Methods other than those of Recovery may be called from the
// log's own goroutines at any time after Open returned; they must not call back into the log's Writer.
type Host interface {
	Recovery
	Transactions
	// Bounds is asked before retention and compaction.
	Bounds() Bounds
	// Stable says that everything below offset is now as durable as the settings ask for. It must return quickly.
	Stable(offset int64)
	// StartMoved says that retention moved the log start offset.
	StartMoved(offset int64)
	// Failed says that the log's storage failed and that it is now offline.
	Failed(err error)
}

// Recovery is what Open calls: Restore, then Replay for every batch after that.
type Recovery interface {
	// Restore gives the newest producer snapshot, the aborted transactions whose markers lie below it, by marker, and the
	// first offset that both do not cover. Without any, snapshot is nil and offset the one at which replay begins. An error
	// says that the snapshot is unusable, as after a crash: the log then offers an older one, and nil at last.
	Restore(snapshot []byte, aborted []AbortedTxn, offset int64) error
	// Replay is called for each batch after the snapshot, in order. The header is only valid for the call.
	Replay(h *record.Header, batch []byte) error
}

// Transactions is what a partition knows of its producers, and a log that outlives a restart stores with its segments. A
// log that does not need none of it.
type Transactions interface {
	// Snapshot returns the producer state at the log end offset; the log stores it when a segment rolls and at Close.
	// It is called from within Append and Close, by the goroutine that called them.
	Snapshot() []byte
	// Aborted returns the aborted transactions whose markers lie at or above from and below to, by marker. Before a
	// segment counts as durable the log stores those that end in it.
	Aborted(from, to int64) []AbortedTxn
	// Forget says that compaction left nothing of the aborted transactions with these markers. The markers go later: a
	// consumer that was still told of the transactions would wait for them in vain, and drop what it must not.
	Forget(markers []int64)
}

// AbortedTxn is an aborted transaction: read-committed consumers drop its producer's records from FirstOffset on, up to
// the marker.
type AbortedTxn struct {
	ProducerID  kafka.ProducerID
	FirstOffset int64
	LastOffset  int64 // of the marker
	// LastStableOffset is what the partition's became with the marker: every transaction that ended later begins at or
	// above it.
	LastStableOffset int64
}

// Bounds limits what retention and compaction may touch.
type Bounds struct {
	HighWatermark int64 // nothing at or above it is deleted
	FirstUnstable int64 // nothing at or above it is compacted: the last stable offset
	// Needed tells whether a live producer needs a batch: for its newest sequence number, or, without any, for its epoch.
	// Compaction then keeps the batch, empty if need be. It may be nil.
	Needed func(h *record.Header) bool
	// ProducerState returns what Host.Snapshot would, and the log end offset that it belongs to. Retention asks it before
	// it rolls an active segment all of whose records expired; it may take the partition's lock, and may be nil.
	ProducerState func() (snapshot []byte, offset int64)
}
