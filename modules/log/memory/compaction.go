package memory

import (
	"bytes"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/compact"
	"github.com/jackdawmq/jackdaw/core/record"
)

const (
	// keyBytes bounds the memory for the keys of one compaction: some 600,000 keys.
	keyBytes = 16 << 20
	// recordBytes bounds what is decompressed of one batch.
	recordBytes = 1 << 30
)

// compact removes from all but the newest segment the records whose key has a later one. Reads and appends go on; the
// result takes the place of what it was made from unless that has changed meanwhile.
func (l *partitionLog) compact(now time.Time) {
	settings := *l.settings.Load()
	if !settings.Compact {
		return
	}
	bounds := l.host.Bounds()
	l.mu.RLock()
	old := slices.Clone(l.segments)
	from := l.compacted
	l.mu.RUnlock()
	old, upper, due := cleanable(old, from, now, settings, min(bounds.FirstUnstable, bounds.HighWatermark))
	if !due {
		return
	}
	keys := compact.NewKeyMap(keyBytes, 0.9)
	if err := l.readMarkers(keys); err != nil {
		l.engine.logger.Error("compaction failed", zap.Stringer("log", l.spec.TopicPartition), zap.Error(err))
		return
	}
	filter := &compact.Filter{
		Keys: keys, Now: now, DeleteRetention: settings.DeleteRetention, MaxBytes: recordBytes,
		Needed: bounds.Needed, Upper: upper,
	}
	fresh, err := rewrite(old, from, keys, filter)
	if err != nil {
		l.engine.logger.Error("compaction failed", zap.Stringer("log", l.spec.TopicPartition), zap.Error(err))
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone || len(l.segments) < len(old) || !slices.Equal(l.segments[:len(old)], old) {
		return
	}
	l.segments = slices.Concat(fresh, l.segments[len(old):])
	l.compacted = keys.End()
	l.measure()
	l.host.Forget(filter.Emptied)
}

// readMarkers finds out how transactions ended, in the newest segment too.
func (l *partitionLog) readMarkers(keys *compact.KeyMap) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return eachBatch(l.segments, func(b record.Batch) error {
		if h := b.Header(); h.IsControl() {
			return keys.AddMarker(b)
		}
		return nil
	})
}

// cleanable returns the segments that may be compacted and the offset behind them. due tells whether it is time: enough of
// them is dirty, or a record waits for longer than max.compaction.lag.ms.
func cleanable(segments []*segment, from int64, now time.Time, settings log.Settings, limit int64) (list []*segment, upper int64, due bool) {
	var clean, dirty int
	for i, s := range segments[:max(len(segments)-1, 0)] {
		young := now.UnixMilli()-s.maxTimestamp() < settings.MinCompactionLag.Milliseconds()
		if s.last() >= limit || settings.MinCompactionLag > 0 && young {
			break
		}
		if s.last() < from {
			clean += len(s.data)
		} else {
			dirty += len(s.data)
			age := now.UnixMilli() - s.batches[0].maxTimestamp
			due = due || settings.MaxCompactionLag > 0 && age > settings.MaxCompactionLag.Milliseconds()
		}
		list, upper = segments[:i+1], s.last()+1
	}
	if dirty == 0 {
		return nil, 0, false
	}
	return list, upper, due || float64(dirty)/float64(clean+dirty) > settings.MinDirtyRatio
}

// rewrite passes segments through a filter; those that lose nothing stay as they are.
func rewrite(old []*segment, from int64, keys *compact.KeyMap, filter *compact.Filter) ([]*segment, error) {
	full := false
	err := eachBatch(old, func(b record.Batch) (err error) {
		if h := b.Header(); !full && h.LastOffset() >= from {
			var ok bool
			ok, err = keys.AddBatch(b, from, recordBytes)
			full = !ok
		}
		return err
	})
	var fresh []*segment
	for _, s := range old {
		var left []byte
		if err == nil {
			err = eachBatch([]*segment{s}, func(b record.Batch) (err error) {
				left, err = filter.Append(left, b)
				return err
			})
		}
		if err != nil {
			return nil, err
		}
		switch {
		case bytes.Equal(left, s.data):
			fresh = append(fresh, s)
		case len(left) > 0:
			c := newSegment(len(left))
			if err := c.append(left); err != nil {
				return nil, err
			}
			fresh = append(fresh, c)
		}
	}
	return fresh, nil
}

// eachBatch calls f for every batch of some segments until it fails.
func eachBatch(segments []*segment, f func(record.Batch) error) error {
	for _, s := range segments {
		for _, b := range s.batches {
			if err := f(s.data[b.at : b.at+b.size : b.at+b.size]); err != nil {
				return err
			}
		}
	}
	return nil
}
