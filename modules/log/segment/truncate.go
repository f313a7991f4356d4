package segment

import (
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// AdvanceStart moves the log start offset. The files below it go with the next retention pass, as in Kafka.
func (l *partitionLog) AdvanceStart(offset int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writable(); err != nil {
		return err
	}
	if offset > l.end() {
		return kafka.OffsetOutOfRange
	}
	l.start.Store(max(offset, l.start.Load()))
	return nil
}

// Truncate drops every batch that holds an offset >= to. What it did is durable when it returns: bytes of dropped batches
// must not come back behind new ones after a crash.
func (l *partitionLog) Truncate(to int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.writable(); err != nil {
		return err
	}
	if to >= l.end() {
		return nil
	}
	if err := l.truncate(max(to, 0)); err != nil {
		return l.fail(err)
	}
	return nil
}

func (l *partitionLog) truncate(to int64) error {
	v := l.view.Load()
	keep := v.holding(to)
	var last *segment
	var err error
	if to < v.segments[0].base {
		keep = 0
		last, err = l.create(to)
	} else {
		last, err = l.cut(v.segments[keep], to)
	}
	if err != nil {
		return err
	}
	l.truncated++
	gone := slices.Clone(v.segments[keep:])
	l.view.Store(newView(append(slices.Clone(v.segments[:keep]), last)))
	end := last.next.Load()
	l.start.Store(min(l.start.Load(), end))
	l.stable.Store(min(l.stable.Load(), end))
	l.recoveryPoint.Store(min(l.recoveryPoint.Load(), end))
	l.flusher.rolled = without(l.flusher.rolled, gone)
	if gone[0].base == last.base {
		gone[0].gone.Store(true) // its files go on under last
		gone[0].close()
		gone = gone[1:]
	}
	slices.Reverse(gone) // the newest first: a crash between leaves a log without holes
	if err := l.discard(gone...); err != nil {
		return err
	}
	if err := last.truncateFile(); err != nil {
		return err
	}
	if err := l.truncateSides(last, end); err != nil {
		return err
	}
	return l.engine.fs.SyncDir(*l.dir.Load())
}

// truncateSides removes the side files of what lay behind the last segment, which ends at an offset.
func (l *partitionLog) truncateSides(last *segment, end int64) error {
	if err := l.sides.remove(snapshotSuffix, func(offset int64) bool { return offset > end }); err != nil {
		return err
	}
	return l.sides.remove(txnIndexSuffix, func(offset int64) bool { return offset > last.base })
}

// cut returns a new view of a segment that ends with the last batch below an offset. The file is still as
// long as it was: truncateFile comes after the later segments are gone.
func (l *partitionLog) cut(s *segment, to int64) (*segment, error) {
	h, err := s.batches.acquire()
	if err != nil {
		return nil, err
	}
	defer h.Release()
	size := s.size.Load()
	if at, ok, err := s.find(h.file, to, size); err != nil {
		return nil, err
	} else if ok {
		size = at.pos
	}
	t := newSegment(l.engine.fs, &l.dir, s.base, "", l.settings.Load())
	t.created, t.jitter = s.created, s.jitter
	if err := t.offsets.copyFrom(&s.offsets, func(_, pos int64) bool { return pos < size }); err != nil {
		return nil, err
	}
	if err := t.times.copyFrom(&s.times, func(_, offset int64) bool { return offset < to-s.base }); err != nil {
		return nil, err
	}
	if err := t.loadTail(size); err != nil {
		return nil, err
	}
	return t, t.loadFirst()
}

// copyFrom takes over the entries of another index, in memory, up to the first that is not wanted.
func (x *index) copyFrom(old *index, want func(key, value int64) bool) error {
	if err := old.load(); err != nil {
		return err
	}
	backing := old.entries.Load()
	for i := range int(old.count.Load()) {
		entry := (*backing)[i*x.width : (i+1)*x.width]
		if !want(x.key(entry), x.value(entry)) {
			break
		}
		x.append(x.key(entry), x.value(entry))
	}
	return nil
}

// truncateFile makes the .log file end where the segment ends, durably.
func (s *segment) truncateFile() error {
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	if err := h.file.Truncate(s.size.Load()); err != nil {
		return err
	}
	return h.file.Sync()
}
