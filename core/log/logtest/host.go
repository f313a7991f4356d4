package logtest

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// host plays the partition and remembers what its log told it.
type host struct {
	log atomic.Pointer[log.Log]

	mu       sync.Mutex
	snapshot []byte // what Snapshot answers
	aborted  []log.AbortedTxn
	bounds   *log.Bounds
	stable   []int64
	started  []int64 // StartMoved
	failed   error

	restored        []byte
	restoredAborted []log.AbortedTxn
	restoredAt      int64
	replayed        []record.Header
}

func newHost() *host { return &host{restoredAt: -1} }

// Restore notes the snapshot.
func (h *host) Restore(snapshot []byte, aborted []log.AbortedTxn, offset int64) error {
	h.restored, h.restoredAborted, h.restoredAt, h.replayed = bytes.Clone(snapshot), slices.Clone(aborted), offset, nil
	return nil
}

// Replay notes the header, and checks it against the batch.
func (h *host) Replay(header *record.Header, batch []byte) error {
	if own := record.Batch(batch).Header(); own != *header {
		return fmt.Errorf("replay of header %+v with batch %+v", *header, own)
	}
	h.replayed = append(h.replayed, *header)
	return nil
}

// Snapshot answers what the case asked for.
func (h *host) Snapshot() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.snapshot
}

// Forget notes nothing: the suite has no real markers.
func (h *host) Forget([]int64) {}

// Aborted answers what the case asked for.
func (h *host) Aborted(from, to int64) (list []log.AbortedTxn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.aborted {
		if t.LastOffset >= from && t.LastOffset < to {
			list = append(list, t)
		}
	}
	return list
}

// Bounds lets everything be cleaned unless the case says otherwise.
func (h *host) Bounds() log.Bounds {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.bounds != nil {
		return *h.bounds
	}
	end := (*h.log.Load()).Status().EndOffset
	return log.Bounds{HighWatermark: end, FirstUnstable: end}
}

// Stable notes the offset.
func (h *host) Stable(offset int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stable = append(h.stable, offset)
}

// StartMoved notes the offset.
func (h *host) StartMoved(offset int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.started = append(h.started, offset)
}

// Failed notes the error.
func (h *host) Failed(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failed = err
}

// limit sets what Bounds answers.
func (h *host) limit(highWatermark, firstUnstable int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bounds = &log.Bounds{HighWatermark: highWatermark, FirstUnstable: firstUnstable}
}

var _ log.Host = (*host)(nil)
