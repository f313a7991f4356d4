package memory

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
)

// Truncate drops every batch that holds an offset >= to.
func (l *partitionLog) Truncate(to int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return l.errGone()
	}
	if to >= l.end.Load() {
		return nil
	}
	end := to
	if i := l.segmentOf(to); i < len(l.segments) {
		s := l.segments[i]
		n := s.find(to)
		end = min(end, s.batches[n].base)
		l.segments = l.segments[:i:i]
		if n > 0 {
			l.segments = append(l.segments, s.cut(n))
		}
		if len(l.segments) > 0 {
			end = l.segments[len(l.segments)-1].last() + 1
		}
	}
	l.end.Store(end)
	l.start.Store(min(l.start.Load(), end))
	l.compacted = min(l.compacted, end)
	l.measure()
	return nil
}

// measure computes what Status tells about the segments.
func (l *partitionLog) measure() {
	size, largest := int64(0), int64(-1)
	for _, s := range l.segments {
		size += int64(len(s.data))
		largest = max(largest, s.maxTimestamp())
	}
	l.size.Store(size)
	l.count.Store(int64(len(l.segments)))
	l.maxTimestamp.Store(largest)
}

// AdvanceStart moves the log start offset; segments that lie wholly below it go at once.
func (l *partitionLog) AdvanceStart(offset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return l.errGone()
	}
	if offset > l.end.Load() {
		return kafka.OffsetOutOfRange
	}
	if offset > l.start.Load() {
		l.start.Store(offset)
		l.drop(l.segmentOf(offset))
	}
	return nil
}

// drop forgets the oldest n segments.
func (l *partitionLog) drop(n int) {
	if n > 0 {
		l.segments = append([]*segment(nil), l.segments[n:]...)
		l.measure()
	}
}

// retain drops the segments that are too old or too many, oldest first.
func (l *partitionLog) retain(now time.Time) {
	settings := *l.settings.Load()
	if !settings.Delete {
		return
	}
	limit := l.host.Bounds().HighWatermark
	if start, moved := l.expire(now, settings, limit); moved {
		l.host.StartMoved(start)
	}
}

func (l *partitionLog) expire(now time.Time, settings log.Settings, limit int64) (int64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	size, n := l.size.Load(), 0
	for _, s := range l.segments {
		age := now.UnixMilli() - s.maxTimestamp()
		old := settings.Retention >= 0 && s.maxTimestamp() >= 0 && age > settings.Retention.Milliseconds()
		tooMuch := settings.RetentionBytes >= 0 && size-int64(len(s.data)) >= settings.RetentionBytes
		if s.last() >= limit || !old && !tooMuch {
			break
		}
		size -= int64(len(s.data))
		n++
	}
	if n == 0 {
		return 0, false
	}
	start := l.segments[n-1].last() + 1
	l.drop(n)
	if start <= l.start.Load() {
		return 0, false
	}
	l.start.Store(start)
	return start, true
}
