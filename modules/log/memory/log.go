package memory

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// partitionLog is one log. Writers hold mu for as long as a copy of the batch takes; readers share it.
type partitionLog struct {
	engine   *Engine
	spec     log.Spec
	host     log.Host
	settings atomic.Pointer[log.Settings]

	mu        sync.RWMutex
	segments  []*segment // ordered; their batches are, too
	gone      bool       // closed or deleted
	compacted int64      // offset up to which compaction came

	// What Status tells; written with mu held, read without.
	start, end, size, count, maxTimestamp atomic.Int64
}

func newLog(e *Engine, spec log.Spec, host log.Host) *partitionLog {
	l := &partitionLog{engine: e, spec: spec, host: host}
	l.settings.Store(&spec.Settings)
	l.maxTimestamp.Store(-1)
	return l
}

func (l *partitionLog) errGone() error {
	return kafka.Errorf(kafka.KafkaStorageError, "log %s is closed", l.spec.TopicPartition)
}

// Append copies the batches into the newest segment.
func (l *partitionLog) Append(b []byte, info log.AppendInfo) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return l.errGone()
	}
	s := l.segmentFor(len(b), info.MaxTimestamp)
	if err := s.append(b); err != nil {
		return err
	}
	if len(l.segments) == 0 || l.segments[len(l.segments)-1] != s {
		l.segments = append(l.segments, s)
		l.count.Store(int64(len(l.segments)))
	}
	l.size.Add(int64(len(b)))
	l.maxTimestamp.Store(max(l.maxTimestamp.Load(), info.MaxTimestamp))
	l.end.Store(info.LastOffset + 1)
	return nil
}

// Sizes of segments in bytes.
const (
	smallestSegment = 4 << 10
	largestSegment  = 1 << 20
)

// segmentFor returns the newest segment if it has room, else a new one that is not in the list yet.
func (l *partitionLog) segmentFor(room int, timestamp int64) *segment {
	settings := l.settings.Load()
	next := smallestSegment
	if n := len(l.segments); n > 0 {
		s := l.segments[n-1]
		old := timestamp-s.batches[0].maxTimestamp > settings.SegmentAge.Milliseconds()
		if cap(s.data)-len(s.data) >= room && !old {
			return s
		}
		next = 2 * cap(s.data)
	}
	if settings.SegmentBytes > 0 {
		next = min(next, settings.SegmentBytes)
	}
	return newSegment(max(room, min(next, largestSegment)))
}

// Read returns bytes of the segment itself: they stay as they are however the log goes on.
func (l *partitionLog) Read(r log.ReadRequest) (vfs.Extent, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.gone {
		return vfs.Extent{}, l.errGone()
	}
	if r.Offset < l.start.Load() || r.Offset > l.end.Load() {
		return vfs.Extent{}, kafka.OffsetOutOfRange
	}
	for _, s := range l.segments[l.segmentOf(r.Offset):] {
		if b := s.read(r); b != nil {
			return vfs.MemExtent(b, nil), nil
		}
		if s.last() >= r.Offset {
			break
		}
	}
	return vfs.Extent{}, nil
}

// segmentOf returns the index of the first segment that ends at or after an offset.
func (l *partitionLog) segmentOf(offset int64) int {
	i, _ := slices.BinarySearchFunc(l.segments, offset, func(s *segment, o int64) int {
		return compare(s.last(), o)
	})
	return i
}

// Lookup finds a record by its timestamp.
func (l *partitionLog) Lookup(ctx context.Context, timestamp int64) (log.Position, error) {
	l.mu.RLock()
	segments, from := slices.Clone(l.segments), l.start.Load()
	maximum := timestamp == kafka.MaxTimestamp
	if maximum {
		timestamp, from = l.maxTimestamp.Load(), 0
	}
	var candidates []record.Batch
	for _, s := range segments {
		for _, b := range s.batches {
			if b.maxTimestamp >= timestamp && b.last >= from {
				candidates = append(candidates, s.data[b.at:b.at+b.size:b.at+b.size])
			}
		}
	}
	l.mu.RUnlock()
	none := log.Position{Offset: -1, Timestamp: -1, LeaderEpoch: kafka.NoEpoch}
	if maximum && timestamp < 0 {
		return none, nil
	}
	for _, b := range candidates {
		if err := ctx.Err(); err != nil {
			return none, err
		}
		at, err := log.FindTimestamp(b, timestamp, from)
		if err != nil || at.Offset >= 0 {
			return at, err
		}
	}
	return none, nil
}

// Status returns offsets and sizes without a lock.
func (l *partitionLog) Status() log.Status {
	end := l.end.Load()
	return log.Status{
		StartOffset: l.start.Load(), EndOffset: end, StableOffset: end,
		SizeBytes: l.size.Load(), Segments: int(l.count.Load()), MaxTimestamp: l.maxTimestamp.Load(),
	}
}

// SaveEpochs does nothing: nobody opens the log again.
func (l *partitionLog) SaveEpochs([]byte) error { return nil }

// LoadEpochs returns nothing.
func (l *partitionLog) LoadEpochs() ([]byte, error) { return nil, nil }

// Configure applies changed settings.
func (l *partitionLog) Configure(s log.Settings) { l.settings.Store(&s) }

// Flush has nothing to do.
func (l *partitionLog) Flush(context.Context) error { return nil }

// Close forgets the log: memory keeps nothing.
func (l *partitionLog) Close(context.Context) error {
	l.discard()
	l.engine.forget(l)
	return nil
}

func (l *partitionLog) discard() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone, l.segments = true, nil
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

var _ log.Log = (*partitionLog)(nil)
