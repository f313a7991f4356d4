package segment

import (
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
)

// retain deletes the segments that the log may let go: those below the log start offset, and with cleanup.policy=delete
// those that are too old or too many. A wholly expired active segment is rolled first.
func (l *partitionLog) retain(now time.Time) {
	if l.writable() != nil {
		return
	}
	bounds := l.host.Bounds() // before our lock: the partition may be appending
	start, moved, err := l.expire(now, bounds)
	if err != nil {
		_ = l.fail(err)
		return
	}
	if moved {
		l.host.StartMoved(start)
	}
}

// expire does the work of retain. It returns the log start offset and whether it moved.
func (l *partitionLog) expire(now time.Time, bounds log.Bounds) (start int64, moved bool, err error) {
	var producers []byte
	var at int64
	if bounds.ProducerState != nil {
		producers, at = bounds.ProducerState()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.writable() != nil {
		return 0, false, nil
	}
	v := l.view.Load()
	n := l.expired(v, now, bounds.HighWatermark)
	if n == 0 {
		return 0, false, nil
	}
	if n == len(v.segments) {
		end := l.end()
		if at != end {
			producers = nil // appended to meanwhile, or unknown: recovery replays from an older snapshot
		}
		if err := l.roll(end, producers); err != nil {
			return 0, false, err
		}
		v = l.view.Load()
	}
	gone := v.segments[:n]
	l.view.Store(newView(append([]*segment(nil), v.segments[n:]...)))
	l.flusher.rolled = without(l.flusher.rolled, gone)
	base := min(v.segments[n].base, l.end())
	if moved = base > l.start.Load(); moved {
		l.start.Store(base)
	}
	if err := l.discard(gone...); err != nil {
		return base, moved, err
	}
	l.logger.Info("deleted segments", zap.Int("segments", n), zap.Int64("below", base))
	return base, moved, l.dropSides(base)
}

// dropSides removes the side files of segments below a base offset; the newest snapshot stays, whatever its offset.
func (l *partitionLog) dropSides(base int64) error {
	if err := l.sides.remove(txnIndexSuffix, func(offset int64) bool { return offset < base }); err != nil {
		return err
	}
	newest := l.sides.newest(maxOffset)
	return l.sides.remove(snapshotSuffix, func(offset int64) bool { return offset < base && offset != newest })
}

// expired counts the segments, oldest first, that may go.
func (l *partitionLog) expired(v *view, now time.Time, highWatermark int64) int {
	settings := l.settings.Load()
	start := l.start.Load()
	total := int64(0)
	for _, s := range v.segments {
		total += s.size.Load()
	}
	for i, s := range v.segments {
		size, end := s.size.Load(), s.next.Load()
		last := i == len(v.segments)-1
		if last && size == 0 || end > highWatermark {
			return i
		}
		below := end <= start && !last
		tooMuch := settings.Delete && settings.RetentionBytes >= 0 && total-size >= settings.RetentionBytes
		tooOld := settings.Delete && settings.Retention >= 0 && s.older(now, settings.Retention)
		if !below && !tooMuch && !tooOld {
			return i
		}
		total -= size
	}
	return len(v.segments)
}

// older tells whether all records of a segment are older than an age. Records without timestamps are as old as the file.
func (s *segment) older(now time.Time, age time.Duration) bool {
	newest := s.maxTimestamp.Load()
	if newest >= 0 {
		return now.UnixMilli()-newest > age.Milliseconds()
	}
	info, err := s.fs.Stat(s.path(logSuffix))
	return err == nil && now.Sub(info.ModTime()) > age
}
