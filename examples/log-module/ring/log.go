package ring

import (
	"bytes"
	"context"
	"math"
	"sort"
	"sync"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// ring is one log: a list of batches. One lock guards all of it, and status is what it says last.
type ring struct {
	engine *Engine
	spec   log.Spec
	host   log.Host

	mu      sync.Mutex
	closed  bool
	batches []batch
	status  log.Status
}

// batch is one record batch in memory of its own, so that whoever reads it may keep it.
type batch struct {
	base, last, timestamp int64
	bytes                 record.Batch
}

var errClosed = kafka.Errorf(kafka.KafkaStorageError, "the log is closed")

// Append copies the batches: b belongs to the caller.
func (r *ring) Append(b []byte, info log.AppendInfo) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errClosed
	}
	var added []batch
	for one, err := range record.Batches(bytes.Clone(b)) {
		if err != nil {
			return err
		}
		h := one.Header()
		added = append(added, batch{h.BaseOffset, h.LastOffset(), h.MaxTimestamp, one})
	}
	r.batches = append(r.batches, added...)
	s := &r.status
	s.EndOffset = info.LastOffset + 1
	s.StableOffset = s.EndOffset // as durable as it will ever be
	s.Segments, s.SizeBytes, s.MaxTimestamp = len(r.batches), s.SizeBytes+int64(len(b)), max(s.MaxTimestamp, info.MaxTimestamp)
	return nil
}

// measure brings the status in line with the batches that are left.
func (r *ring) measure() {
	s := &r.status
	s.Segments, s.SizeBytes, s.MaxTimestamp, s.StableOffset = len(r.batches), 0, -1, s.EndOffset
	for _, b := range r.batches {
		s.SizeBytes += int64(len(b.bytes))
		s.MaxTimestamp = max(s.MaxTimestamp, b.timestamp)
	}
}

// at returns the index of the first batch that ends at or after an offset.
func (r *ring) at(offset int64) int {
	return sort.Search(len(r.batches), func(i int) bool { return r.batches[i].last >= offset })
}

// Read returns one batch, and the start of none: the contract allows more, and does not ask for it.
func (r *ring) Read(req log.ReadRequest) (vfs.Extent, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return vfs.Extent{}, errClosed
	}
	if req.Offset < r.status.StartOffset || req.Offset > r.status.EndOffset {
		return vfs.Extent{}, kafka.OffsetOutOfRange
	}
	i := r.at(req.Offset)
	if i == len(r.batches) || r.batches[i].base >= req.Before {
		return vfs.Extent{}, nil
	}
	if b := r.batches[i].bytes; len(b) <= req.MaxBytes || req.MinOne {
		return vfs.MemExtent(b, nil), nil
	}
	return vfs.Extent{}, nil
}

// Lookup finds a record by its timestamp.
func (r *ring) Lookup(_ context.Context, timestamp int64) (log.Position, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.status.StartOffset
	if timestamp == kafka.MaxTimestamp {
		timestamp, from = r.status.MaxTimestamp, 0
		if timestamp < 0 {
			timestamp = math.MaxInt64
		}
	}
	for _, b := range r.batches {
		if found, err := log.FindTimestamp(b.bytes, timestamp, from); err != nil || found.Offset >= 0 {
			return found, err
		}
	}
	return log.Position{Offset: -1, Timestamp: -1, LeaderEpoch: kafka.NoEpoch}, nil
}

// Status returns offsets and sizes.
func (r *ring) Status() log.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Truncate drops every batch that holds an offset >= to.
func (r *ring) Truncate(to int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.at(to); to < r.status.EndOffset {
		r.status.EndOffset = to
		if i < len(r.batches) {
			r.status.EndOffset = min(to, r.batches[i].base)
		}
		if i > 0 {
			r.status.EndOffset = r.batches[i-1].last + 1
		}
		r.batches = r.batches[:i:i]
		r.status.StartOffset = min(r.status.StartOffset, r.status.EndOffset)
		r.measure()
	}
	return nil
}

// AdvanceStart forgets the batches below an offset.
func (r *ring) AdvanceStart(offset int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if offset > r.status.EndOffset {
		return kafka.OffsetOutOfRange
	}
	r.forget(offset)
	return nil
}

// forget moves the log start offset forward and drops what lies wholly below it.
func (r *ring) forget(start int64) {
	r.status.StartOffset = max(r.status.StartOffset, start)
	r.batches = append([]batch(nil), r.batches[r.at(r.status.StartOffset):]...)
	r.measure()
}

// trim drops the oldest batches: those that retention lets go, and those that are more than the ring holds. Nothing at or
// above the high watermark goes. The host is asked and told without our lock.
func (r *ring) trim(now time.Time, limit int64) {
	highWatermark := r.host.Bounds().HighWatermark
	r.mu.Lock()
	s, size, before := r.spec.Settings, r.status.SizeBytes, r.status.StartOffset
	start := before
	for _, b := range r.batches {
		size -= int64(len(b.bytes))
		old := s.Delete && s.Retention >= 0 && now.UnixMilli()-b.timestamp > s.Retention.Milliseconds()
		tooMuch := s.Delete && s.RetentionBytes >= 0 && size >= s.RetentionBytes
		if b.last >= highWatermark || !old && !tooMuch && size < limit {
			break
		}
		start = b.last + 1
	}
	if start > before {
		r.forget(start)
	}
	r.mu.Unlock()
	if start > before {
		r.host.StartMoved(start)
	}
}

// SaveEpochs does nothing: nobody opens the log again.
func (r *ring) SaveEpochs([]byte) error { return nil }

// LoadEpochs returns nothing.
func (r *ring) LoadEpochs() ([]byte, error) { return nil, nil }

// Configure applies changed settings.
func (r *ring) Configure(s log.Settings) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spec.Settings = s
}

// Flush has nothing to do.
func (r *ring) Flush(context.Context) error { return nil }

// Close forgets the log.
func (r *ring) Close(context.Context) error {
	r.engine.mu.Lock()
	defer r.engine.mu.Unlock()
	if r.engine.logs[r.spec.TopicPartition] == r {
		delete(r.engine.logs, r.spec.TopicPartition)
	}
	r.close()
	return nil
}

func (r *ring) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed, r.batches = true, nil
}

var _ log.Log = (*ring)(nil)
