package segment

import (
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// view is the list of a log's segments at one moment, ascending, at least one. It never changes; the writer swaps it for
// another one.
type view struct {
	segments []*segment

	// What Status tells of all segments but the active one.
	closedBytes        int64
	closedMaxTimestamp int64
}

func newView(segments []*segment) *view {
	v := &view{segments: segments, closedMaxTimestamp: -1}
	for _, s := range segments[:len(segments)-1] {
		v.closedBytes += s.size.Load()
		v.closedMaxTimestamp = max(v.closedMaxTimestamp, s.maxTimestamp.Load())
	}
	return v
}

// active returns the segment that appends go to.
func (v *view) active() *segment { return v.segments[len(v.segments)-1] }

// closed returns all segments but the active one.
func (v *view) closed() []*segment { return v.segments[:len(v.segments)-1] }

// holding returns the index of the segment that an offset falls into: the last one that begins at or before it.
func (v *view) holding(offset int64) int {
	i, exact := slices.BinarySearchFunc(v.segments, offset, func(s *segment, o int64) int {
		switch {
		case s.base < o:
			return -1
		case s.base > o:
			return 1
		}
		return 0
	})
	if !exact {
		i = max(i-1, 0)
	}
	return i
}

// Read returns a range of a .log file. It takes no lock that an append holds.
func (l *partitionLog) Read(r log.ReadRequest) (vfs.Extent, error) {
	if err := l.readable(); err != nil {
		return vfs.Extent{}, err
	}
	for {
		v := l.view.Load()
		e, err := l.readView(v, r)
		if err != nil && l.view.Load() != v {
			continue // the segment went, or was cut, while we looked into its file
		}
		if err != nil && kafka.CodeOf(err) == kafka.UnknownServerError {
			return e, l.readFailed(err)
		}
		return e, err
	}
}

func (l *partitionLog) readView(v *view, r log.ReadRequest) (vfs.Extent, error) {
	_, end := v.active().extent()
	if r.Offset < l.start.Load() || r.Offset > end {
		return vfs.Extent{}, kafka.OffsetOutOfRange
	}
	if r.Offset >= min(r.Before, end) {
		return vfs.Extent{}, nil
	}
	for _, s := range v.segments[v.holding(r.Offset):] {
		if s.base >= r.Before {
			break
		}
		if e, ok, err := s.read(r); ok || err != nil {
			return e, err
		}
	}
	return vfs.Extent{}, nil
}

// read returns what a segment has for a request. ok is false when the segment ends before the offset.
func (s *segment) read(r log.ReadRequest) (e vfs.Extent, ok bool, err error) {
	size, next := s.extent()
	if next <= r.Offset || size == 0 {
		return vfs.Extent{}, false, nil
	}
	h, err := s.batches.acquire()
	if err != nil {
		return vfs.Extent{}, false, err
	}
	at, length, ok, err := s.bounds(h.file, r, size, next)
	if err != nil || length == 0 {
		h.Release()
		return vfs.Extent{}, ok, err
	}
	return vfs.FileExtent(h.file, at, length, h), true, nil
}

// bounds returns where the answer to a request begins and how long it is; ok is false when no batch is there.
func (s *segment) bounds(file vfs.File, r log.ReadRequest, size, next int64) (pos int64, length int, ok bool, err error) {
	first, ok, err := s.find(file, r.Offset, size)
	if !ok || err != nil {
		return 0, 0, ok, err
	}
	stop := size
	if r.Before < next {
		bound, ok, err := s.find(file, r.Before, size)
		if err != nil {
			return 0, 0, false, err
		}
		if ok {
			stop = bound.pos
		}
	}
	available := stop - first.pos
	if available <= int64(r.MaxBytes) {
		return first.pos, int(max(available, 0)), true, nil
	}
	if first.size == 0 {
		if first.size, err = batchSize(file, first.pos, size); err != nil {
			return 0, 0, false, err
		}
	}
	if first.size <= r.MaxBytes {
		return first.pos, r.MaxBytes, true, nil
	}
	if r.MinOne {
		return first.pos, first.size, true, nil
	}
	return first.pos, 0, true, nil
}

// batchSize reads the length of the batch at pos.
func batchSize(file vfs.File, pos, size int64) (int, error) {
	var sc scanner
	sc.begin(file, pos, size)
	defer sc.end()
	if err := sc.next(); err != nil {
		return 0, err
	}
	return sc.header.Size(), nil
}
