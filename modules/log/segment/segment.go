package segment

import (
	"errors"
	"path"
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// segment is one segment of a log: batches in a .log file, and two indexes. The log's writer appends to the active one,
// which is the last; the others do not change. Readers may use a segment at any time, even when it has left the log.
type segment struct {
	base  int64
	fs    vfs.FS
	dir   *atomic.Pointer[string] // of the log: it changes when the topic is deleted
	state atomic.Pointer[string]  // what stands behind the file names: deletedSuffix, cleanedSuffix, swapSuffix or empty

	batches lazyFile
	offsets index
	times   index

	// version guards size and next as a pair: it is odd while they change.
	version atomic.Uint32
	size    atomic.Int64 // bytes of whole batches in the .log file
	next    atomic.Int64 // offset behind the last batch; for an empty segment where the log ends

	maxTimestamp   atomic.Int64 // largest timestamp of the records, -1 when none carries one
	firstTimestamp atomic.Int64 // max timestamp of the first batch, from which its age counts; -1 when there is none
	lastOfMax      int64        // last offset of the first batch that has maxTimestamp; for the writer only
	sinceIndex     int          // bytes appended since the last index entry; for the writer only
	created        time.Time    // when the file was last changed before it was opened, or created
	jitter         time.Duration
	places         places
	verified       bool        // the verifier has read it; for that only
	gone           atomic.Bool // it has left the log; its files are going
}

// newSegment describes a segment whose files are named with a state; it does no I/O.
func newSegment(fsys vfs.FS, dir *atomic.Pointer[string], base int64, state string, settings *log.Settings) *segment {
	s := &segment{base: base, fs: fsys, dir: dir, lastOfMax: -1}
	s.state.Store(&state)
	s.maxTimestamp.Store(-1)
	s.firstTimestamp.Store(-1)
	s.next.Store(base)
	s.batches = lazyFile{fs: fsys, path: func() string { return s.path(logSuffix) }}
	limit := max(settings.SegmentIndexBytes, 2*timeEntry)
	s.offsets = index{width: offsetEntry, max: limit / offsetEntry,
		file: lazyFile{fs: fsys, path: func() string { return s.path(indexSuffix) }}}
	s.times = index{width: timeEntry, max: limit / timeEntry,
		file: lazyFile{fs: fsys, path: func() string { return s.path(timeIndexSuffix) }}}
	return s
}

// path returns the name of one of the segment's files as it is now.
func (s *segment) path(suffix string) string {
	return path.Join(*s.dir.Load(), fileName(s.base, suffix)+*s.state.Load())
}

// rename changes what stands behind the names of the segment's files, the .log file's last: that is what counts. Nobody
// opens a file meanwhile. An index that was never written is no error.
func (s *segment) rename(state string) error {
	for _, f := range []*lazyFile{&s.batches, &s.offsets.file, &s.times.file} {
		f.mu.Lock()
		defer f.mu.Unlock()
	}
	for _, suffix := range []string{indexSuffix, timeIndexSuffix, logSuffix} {
		to := path.Join(*s.dir.Load(), fileName(s.base, suffix)+state)
		if err := s.fs.Rename(s.path(suffix), to); err != nil && (suffix == logSuffix || !isMissing(err)) {
			return err
		}
	}
	s.state.Store(&state)
	return nil
}

// extent returns the size in bytes and the offset behind the last batch, as one append left them.
func (s *segment) extent() (size, next int64) {
	for {
		version := s.version.Load()
		size, next = s.size.Load(), s.next.Load()
		if version&1 == 0 && s.version.Load() == version {
			return size, next
		}
	}
}

// publish makes appended bytes visible to readers.
func (s *segment) publish(size, next int64) {
	s.version.Add(1)
	s.size.Store(size)
	s.next.Store(next)
	s.version.Add(1)
}

// note indexes batches that lie at pos, by Kafka's rules, so that the files come out the same: before a batch, when more
// than interval bytes were appended since the last entry, the offset index gets the batch's last offset and position, and
// the time index the largest timestamp up to and with that batch. b holds whole batches.
func (s *segment) note(b []byte, pos int64, interval int) {
	var h record.Header
	for len(b) > 0 {
		if h.Parse(b) != nil {
			return // Append has checked that there are whole batches only
		}
		s.noteBatch(&h, pos, interval)
		pos += int64(h.Size())
		b = b[h.Size():]
	}
}

// noteBatch indexes one batch.
func (s *segment) noteBatch(h *record.Header, pos int64, interval int) {
	if pos == 0 {
		s.firstTimestamp.Store(h.MaxTimestamp)
	}
	if h.MaxTimestamp > s.maxTimestamp.Load() {
		s.lastOfMax = h.LastOffset()
		s.maxTimestamp.Store(h.MaxTimestamp)
	}
	if s.sinceIndex > interval {
		s.offsets.append(h.LastOffset()-s.base, pos)
		s.noteTime()
		s.sinceIndex = 0
	}
	s.sinceIndex += h.Size()
}

// noteTime adds the largest timestamp to the time index, whose timestamps only rise.
func (s *segment) noteTime() {
	timestamp := s.maxTimestamp.Load()
	if last, _, ok, err := s.times.last(); err == nil && timestamp >= 0 && (!ok || timestamp > last) {
		s.times.append(timestamp, s.lastOfMax-s.base)
	}
}

// finish completes the indexes, as Kafka does when a segment is closed, and writes them.
func (s *segment) finish() error {
	s.noteTime()
	if err := s.offsets.save(); err != nil {
		return err
	}
	return s.times.save()
}

// finished tells whether finish would have nothing to do.
func (s *segment) finished() bool {
	last, _, _, err := s.times.last()
	return err == nil && last >= s.maxTimestamp.Load() &&
		s.offsets.saved == s.offsets.count.Load() && s.times.saved == s.times.count.Load()
}

// sync makes the segment's files durable.
func (s *segment) sync(withIndexes bool) error {
	files := []*lazyFile{&s.batches}
	if withIndexes {
		files = append(files, &s.offsets.file, &s.times.file)
	}
	for _, f := range files {
		h, err := f.acquire()
		if err != nil {
			return err
		}
		err = h.file.Sync()
		h.Release()
		if err != nil {
			return err
		}
	}
	return nil
}

// rest gives the descriptors of idle files back.
func (s *segment) rest() {
	s.batches.rest()
	s.offsets.file.rest()
	s.times.file.rest()
}

// close gives all descriptors back.
func (s *segment) close() {
	s.batches.close()
	s.offsets.file.close()
	s.times.file.close()
}

// found is where a batch lies in a segment.
type found struct {
	pos  int64
	size int // of the batch, or 0 when the header was not looked at
}

// find returns the first batch that ends at or after an offset, among the first size bytes. ok is false when there is
// none. file is the .log file.
func (s *segment) find(file vfs.File, offset, size int64) (at found, ok bool, err error) {
	if pos, hit := s.places.get(offset); hit && pos < size {
		return found{pos: pos}, true, nil
	}
	key, pos, indexed, err := s.offsets.floor(offset - s.base)
	if err != nil {
		return found{}, false, err
	}
	if !indexed || pos < 0 || pos >= size {
		return s.scan(file, 0, maxOffset, offset, size)
	}
	at, ok, err = s.scan(file, pos, s.base+key, offset, size)
	if errors.Is(err, errNoBatch) { // a damaged index costs time, not records
		return s.scan(file, 0, maxOffset, offset, size)
	}
	return at, ok, err
}

// scan looks for the batch from pos on, where a batch begins that ends at or before an offset that the index knows.
func (s *segment) scan(file vfs.File, pos, known, offset, size int64) (at found, ok bool, err error) {
	var sc scanner
	sc.begin(file, pos, size)
	defer sc.end()
	for {
		if err := sc.next(); errors.Is(err, errEnd) {
			return found{}, false, nil
		} else if err != nil {
			return found{}, false, err
		}
		if sc.at == pos && sc.header.LastOffset() > known {
			return found{}, false, errNoBatch
		}
		if sc.header.LastOffset() >= offset {
			if sc.header.BaseOffset == offset {
				s.places.put(offset, sc.at)
			}
			return found{pos: sc.at, size: sc.header.Size()}, true, nil
		}
	}
}

// loadTail reads what follows the last index entry: it learns where the segment ends and its largest timestamp.
func (s *segment) loadTail(size int64) error {
	_, pos, _, err := s.offsets.last()
	if err != nil {
		return err
	}
	if last, offset, ok, err := s.times.last(); err != nil {
		return err
	} else if ok {
		s.lastOfMax = s.base + offset
		s.maxTimestamp.Store(last)
	}
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	var sc scanner
	sc.begin(h.file, min(max(pos, 0), size), size)
	defer sc.end()
	next := s.next.Load()
	for {
		err := sc.next()
		if errors.Is(err, errEnd) {
			s.publish(size, next)
			return nil
		}
		if err != nil {
			return err
		}
		if sc.header.MaxTimestamp > s.maxTimestamp.Load() {
			s.lastOfMax = sc.header.LastOffset()
			s.maxTimestamp.Store(sc.header.MaxTimestamp)
		}
		next = sc.header.LastOffset() + 1
	}
}

// loadFirst reads the timestamp of the first batch.
func (s *segment) loadFirst() error {
	size := s.size.Load()
	if size == 0 {
		return nil
	}
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	var sc scanner
	sc.begin(h.file, 0, size)
	defer sc.end()
	if err := sc.next(); err != nil {
		return err
	}
	s.firstTimestamp.Store(sc.header.MaxTimestamp)
	return nil
}
