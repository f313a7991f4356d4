package segment

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/jackdawmq/jackdaw/core/log/compact"
	"github.com/jackdawmq/jackdaw/core/record"
)

// maxBatchRecords bounds what compaction decompresses of one batch, in bytes.
const maxBatchRecords = 1 << 30

// compact reads the keys of the dirty segments, then rewrites all segments up to where the keys are known. It returns
// that offset and the bytes that are left.
func (c *cleaning) compact(ctx context.Context, keys *compact.KeyMap, limit *throttle) (end, after int64, err error) {
	if err := c.readMarkers(ctx, keys); err != nil {
		return 0, 0, err
	}
	if err := c.readKeys(ctx, keys, limit); err != nil {
		return 0, 0, err
	}
	end = keys.End()
	if end <= c.dirty {
		return 0, 0, errors.New("log.cleaner.dedupe.buffer.size is too small for the keys of a single batch")
	}
	settings := c.log.settings.Load()
	filter := &compact.Filter{
		Keys: keys, Now: time.Now(), DeleteRetention: settings.DeleteRetention, MaxBytes: maxBatchRecords,
		Needed: c.bounds.Needed, Upper: c.upper,
	}
	rest := c.segments
	for len(rest) > 0 && rest[0].base < end {
		n := groupSize(rest, end, settings.SegmentBytes)
		left, err := c.rewrite(ctx, rest[:n], filter, limit)
		if err != nil {
			return 0, 0, err
		}
		c.log.host.Forget(filter.Emptied)
		after += left
		rest = rest[n:]
	}
	after += sizeOf(rest)
	if len(rest) == 0 {
		end = max(end, c.upper) // behind the last batch there may be a gap
	}
	return end, after, nil
}

// readMarkers finds out how transactions ended. It looks at all headers of the log, the active segment's too: a transaction
// whose records may be compacted has ended, but maybe far behind them.
func (c *cleaning) readMarkers(ctx context.Context, keys *compact.KeyMap) error {
	for _, s := range c.log.view.Load().segments {
		if err := s.readMarkers(ctx, keys); err != nil {
			return err
		}
	}
	return nil
}

func (s *segment) readMarkers(ctx context.Context, keys *compact.KeyMap) error {
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	size, _ := s.extent()
	var sc scanner
	sc.begin(h.file, 0, size)
	defer sc.end()
	for err = sc.next(); err == nil; err = sc.next() {
		if sc.header.IsControl() {
			batch := make(record.Batch, sc.header.Size())
			if err := readFull(h.file, batch, sc.at); err != nil {
				return err
			}
			if err := keys.AddMarker(batch); err != nil {
				return err
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if errors.Is(err, errEnd) {
		return nil
	}
	return fmt.Errorf("%s: %w", s.path(logSuffix), err)
}

// readKeys fills the map from the dirty segments until they end or the map is full.
func (c *cleaning) readKeys(ctx context.Context, keys *compact.KeyMap, limit *throttle) error {
	for _, s := range c.segments {
		if s.next.Load() <= c.dirty {
			continue
		}
		full := false
		err := s.each(ctx, c.dirty, func(_ *record.Header, b record.Batch) (bool, error) {
			if err := limit.pay(ctx, len(b)); err != nil {
				return false, err
			}
			ok, err := keys.AddBatch(b, c.dirty, maxBatchRecords)
			full = !ok
			return ok, err
		})
		if err != nil || full {
			return err
		}
	}
	return nil
}

// groupSize tells how many segments, at least one, become one: as many as surely fit.
func groupSize(segments []*segment, end int64, segmentBytes int) int {
	size := segments[0].size.Load()
	for n := 1; n < len(segments); n++ {
		s := segments[n]
		size += s.size.Load()
		if s.base >= end || size > int64(segmentBytes) || s.next.Load()-segments[0].base > math.MaxInt32 {
			return n
		}
	}
	return len(segments)
}

// rewrite filters a group of segments into one and puts that in their place. It returns its size.
func (c *cleaning) rewrite(ctx context.Context, group []*segment, filter *compact.Filter, limit *throttle) (int64, error) {
	l := c.log
	out, err := c.create(group[0].base)
	if err != nil {
		return 0, err
	}
	err = c.copy(ctx, out, group, filter, limit)
	if err == nil {
		out.publish(out.size.Load(), group[len(group)-1].next.Load())
		out.created = group[len(group)-1].created
		err = c.complete(out, group, filter.Emptied)
	}
	if err == nil {
		err = l.replace(group, out, c.truncated)
	}
	if err != nil && *out.state.Load() == cleanedSuffix {
		out.close()
		for _, suffix := range []string{logSuffix, indexSuffix, timeIndexSuffix, txnIndexSuffix} {
			err = errors.Join(err, l.engine.fs.Remove(out.path(suffix)))
		}
	}
	return out.size.Load(), err
}

// create makes an empty .cleaned segment.
func (c *cleaning) create(base int64) (*segment, error) {
	l := c.log
	out := newSegment(l.engine.fs, &l.dir, base, cleanedSuffix, l.settings.Load())
	file, err := l.engine.fs.OpenFile(out.path(logSuffix), os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return nil, err
	}
	out.batches.adopt(file).Release()
	return out, nil
}

// cleanChunk is how much compaction gathers before it writes, in bytes.
const cleanChunk = 512 << 10

// copy writes what stays of the batches of a group.
func (c *cleaning) copy(ctx context.Context, out *segment, group []*segment, filter *compact.Filter, limit *throttle) error {
	interval := c.log.settings.Load().IndexIntervalBytes
	var chunk []byte
	flush := func() error {
		pos := out.size.Load()
		if err := out.write(chunk, pos); err != nil {
			return err
		}
		out.note(chunk, pos, interval)
		out.publish(pos+int64(len(chunk)), out.base)
		err := limit.pay(ctx, len(chunk))
		chunk = chunk[:0]
		return err
	}
	for _, s := range group {
		err := s.each(ctx, s.base, func(_ *record.Header, b record.Batch) (bool, error) {
			err := limit.pay(ctx, len(b))
			if err != nil {
				return false, err
			}
			if chunk, err = filter.Append(chunk, b); err == nil && len(chunk) >= cleanChunk {
				err = flush()
			}
			return true, err
		})
		if err != nil {
			return err
		}
	}
	return flush()
}

// complete writes the indexes of a compacted segment and makes it durable. It is without the aborted transactions whose
// markers are given.
func (c *cleaning) complete(out *segment, group []*segment, emptied []int64) error {
	if err := out.finish(); err != nil {
		return err
	}
	out.offsets.drop()
	out.times.drop()
	if err := out.sync(true); err != nil {
		return err
	}
	return c.log.compactAborted(out, group, emptied)
}

// replace puts a compacted segment in the place of those it was made from. The moment at which its .log file gets the
// suffix .swap decides what a crash leaves: before it the old ones, after it the new one.
func (l *partitionLog) replace(group []*segment, out *segment, truncated int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.view.Load()
	first := slices.Index(v.segments, group[0])
	if l.writable() != nil || l.truncated != truncated || first < 0 ||
		len(v.segments) < first+len(group) || !slices.Equal(v.segments[first:first+len(group)], group) {
		return errAborted
	}
	if err := l.swap(out); err != nil {
		return l.fail(err)
	}
	segments := slices.Concat(v.segments[:first], []*segment{out}, v.segments[first+len(group):])
	l.view.Store(newView(segments))
	l.flusher.rolled = without(l.flusher.rolled, group)
	if err := l.goLive(out, group); err != nil {
		return l.fail(err)
	}
	return nil
}

// swap commits a compacted segment.
func (l *partitionLog) swap(out *segment) error {
	txns := fileName(out.base, txnIndexSuffix)
	err := l.engine.fs.Rename(l.file(txns+cleanedSuffix), l.file(txns+swapSuffix))
	if err != nil && !isMissing(err) {
		return err
	}
	if err := out.rename(swapSuffix); err != nil {
		return err
	}
	return l.engine.fs.SyncDir(*l.dir.Load())
}

// goLive removes the old segments and gives the compacted one their name.
func (l *partitionLog) goLive(out *segment, group []*segment) error {
	if err := l.discard(group...); err != nil {
		return err
	}
	merged := func(offset int64) bool {
		return offset != out.base && slices.ContainsFunc(group, func(s *segment) bool { return s.base == offset })
	}
	if err := l.sides.remove(txnIndexSuffix, merged); err != nil {
		return err
	}
	if err := l.sides.remove(snapshotSuffix, merged); err != nil {
		return err
	}
	if err := l.sides.adopt(out.base); err != nil {
		return err
	}
	if err := out.rename(""); err != nil {
		return err
	}
	return l.engine.fs.SyncDir(*l.dir.Load())
}
