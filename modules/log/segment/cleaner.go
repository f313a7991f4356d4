package segment

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/compact"
)

// cleanState is what compaction keeps of a log.
type cleanState struct {
	busy   atomic.Bool // a thread is compacting it
	broken atomic.Bool // compaction failed: it is left alone until the next start, as in Kafka
}

// cleaner compacts one log after the other, the dirtiest first, until ctx ends.
func (e *Engine) cleaner(ctx context.Context) {
	threads := int64(max(e.cfg.CleanerThreads, 1))
	keys := compact.NewKeyMap(e.cfg.CleanerBuffer/threads, e.cfg.CleanerLoadFactor)
	limit := throttle{rate: e.cfg.CleanerRate / float64(threads)}
	pause := time.NewTimer(e.cfg.CleanerBackoff)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-pause.C:
		}
		for work := e.dirtiest(time.Now()); work != nil && ctx.Err() == nil; work = e.dirtiest(time.Now()) {
			work.run(ctx, keys, &limit)
			keys.Reset()
		}
		pause.Reset(max(e.cfg.CleanerBackoff, time.Millisecond))
	}
}

// cleaning is one compaction: a log, the closed segments that may be compacted, and from where they are dirty.
type cleaning struct {
	log       *partitionLog
	segments  []*segment
	dirty     int64 // offset up to which earlier compactions came
	upper     int64 // first offset that is not compacted
	bounds    log.Bounds
	truncated int

	ratio  float64 // of dirty bytes
	urgent bool    // max.compaction.lag.ms has passed
}

// dirtiest chooses the log that needs compaction most and reserves it; nil when none needs it.
func (e *Engine) dirtiest(now time.Time) *cleaning {
	var best *cleaning
	for _, l := range e.opened() {
		if !l.settings.Load().Compact || l.cleaning.broken.Load() || l.writable() != nil || l.cleaning.busy.Load() {
			continue
		}
		c := l.cleanable(now)
		if c == nil {
			continue
		}
		if best == nil || c.urgent && !best.urgent || c.urgent == best.urgent && c.ratio > best.ratio {
			best = c
		}
	}
	if best == nil || !best.log.cleaning.busy.CompareAndSwap(false, true) {
		return nil
	}
	return best
}

// cleanable describes the compaction that a log needs, or returns nil.
func (l *partitionLog) cleanable(now time.Time) *cleaning {
	bounds := l.host.Bounds()
	settings := l.settings.Load()
	l.mu.Lock()
	v, truncated := l.view.Load(), l.truncated
	l.mu.Unlock()
	c := &cleaning{log: l, bounds: bounds, truncated: truncated}
	first := v.segments[0].base
	c.dirty = l.root.checkpoint(cleanerOffsets, l.spec.TopicPartition, first)
	if c.dirty < first || c.dirty > v.active().base {
		c.dirty = first // retention has overtaken it, or the log is another one
	}
	limit := min(bounds.FirstUnstable, bounds.HighWatermark)
	var clean, dirty int64
	for i, s := range v.segments[:len(v.segments)-1] {
		end := v.segments[i+1].base
		if end > limit || settings.MinCompactionLag > 0 && !s.older(now, settings.MinCompactionLag) {
			break
		}
		if end <= c.dirty {
			clean += s.size.Load()
		} else {
			dirty += s.size.Load()
			c.urgent = c.urgent || s.overdue(now, settings.MaxCompactionLag)
		}
		c.segments, c.upper = v.segments[:i+1], end
	}
	if dirty == 0 {
		return nil
	}
	c.ratio = float64(dirty) / float64(clean+dirty)
	if c.ratio <= settings.MinDirtyRatio && !c.urgent {
		return nil
	}
	return c
}

// overdue tells whether the first record of a segment is older than max.compaction.lag.ms.
func (s *segment) overdue(now time.Time, lag time.Duration) bool {
	if lag <= 0 || lag == math.MaxInt64 {
		return false
	}
	if s.firstTimestamp.Load() < 0 && s.loadFirst() != nil {
		return false
	}
	first := s.firstTimestamp.Load()
	return first >= 0 && now.UnixMilli()-first > lag.Milliseconds()
}

// errAborted says that the log changed under a compaction, whose result is void.
var errAborted = errors.New("the log was changed meanwhile")

// run compacts and gives the log free again.
func (c *cleaning) run(ctx context.Context, keys *compact.KeyMap, limit *throttle) {
	l := c.log
	defer l.cleaning.busy.Store(false)
	begin, before := time.Now(), sizeOf(c.segments)
	end, after, err := c.compact(ctx, keys, limit)
	switch {
	case err == nil:
	case ctx.Err() != nil || errors.Is(err, errAborted) || isMissing(err) || l.writable() != nil:
		return
	default:
		l.cleaning.broken.Store(true)
		l.logger.Error("compaction failed; the log is not compacted until the next start", zap.Error(err))
		return
	}
	l.root.setCheckpoint(cleanerOffsets, l.spec.TopicPartition, end)
	if err := l.root.writeCheckpoint(cleanerOffsets); err != nil {
		_ = l.fail(err)
		return
	}
	l.logger.Info("compacted log", zap.Int64("up to", end), zap.Int("keys", keys.Len()),
		zap.Int64("bytes before", before), zap.Int64("bytes after", after), zap.Duration("took", time.Since(begin)))
}

func sizeOf(segments []*segment) (size int64) {
	for _, s := range segments {
		size += s.size.Load()
	}
	return size
}

// throttle keeps compaction, or verification, below a rate.
type throttle struct {
	rate float64 // bytes per second
	owed time.Duration
}

// pay accounts for bytes, and waits when enough time is owed.
func (t *throttle) pay(ctx context.Context, bytes int) error {
	seconds := float64(bytes) / t.rate
	t.owed += time.Duration(min(seconds, 60) * float64(time.Second))
	if t.owed < 10*time.Millisecond {
		return ctx.Err()
	}
	timer := time.NewTimer(t.owed)
	defer timer.Stop()
	t.owed = 0
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
