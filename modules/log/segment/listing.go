package segment

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"go.uber.org/zap"
)

// listing is what a partition directory holds when its log is opened.
type listing struct {
	segments map[int64]*listed // by base offset; those with a .log file
	bases    []int64           // their keys, ascending
}

// listed is one segment in a listing. Sizes are -1 for files that are not there.
type listed struct {
	log, index, times int64
	modified          time.Time
}

// list reads the directory. It removes what a crash left half done, completes what compaction had finished, and notes
// snapshots and lists of aborted transactions.
func (l *partitionLog) list() (*listing, error) {
	dir := *l.dir.Load()
	if err := l.tidy(dir); err != nil {
		return nil, err
	}
	entries, err := l.engine.fs.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	found := map[int64]*listed{}
	for _, entry := range entries {
		base, suffix, state, ok := parseFileName(entry.Name())
		if !ok || state != "" {
			continue
		}
		if suffix == snapshotSuffix || suffix == txnIndexSuffix {
			l.sides.note(base, suffix)
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		if found[base] == nil {
			found[base] = &listed{log: -1, index: -1, times: -1}
		}
		found[base].note(suffix, info)
	}
	for base, s := range found {
		if s.log < 0 { // indexes of nothing
			delete(found, base)
			if err := l.removeFiles(base, indexSuffix, timeIndexSuffix); err != nil {
				return nil, err
			}
		}
	}
	return &listing{segments: found, bases: slices.Sorted(maps.Keys(found))}, nil
}

// note takes one of the segment's files over.
func (s *listed) note(suffix string, info fs.FileInfo) {
	switch suffix {
	case logSuffix:
		s.log, s.modified = info.Size(), info.ModTime()
	case indexSuffix:
		s.index = info.Size()
	case timeIndexSuffix:
		s.times = info.Size()
	}
}

// removeFiles deletes files of a segment that is not open.
func (l *partitionLog) removeFiles(base int64, suffixes ...string) error {
	for _, suffix := range suffixes {
		if err := l.engine.fs.Remove(l.file(fileName(base, suffix))); err != nil {
			return err
		}
	}
	return nil
}

// tidy removes .deleted and .cleaned files and puts .swap files in the place of what they were made from. Every step may
// be repeated after another crash.
func (l *partitionLog) tidy(dir string) error {
	entries, err := l.engine.fs.ReadDir(dir)
	if err != nil {
		return err
	}
	var swaps, live []int64
	swapped := map[string]bool{}
	for _, entry := range entries {
		base, suffix, state, ok := parseFileName(entry.Name())
		switch {
		case !ok:
		case state == deletedSuffix || state == cleanedSuffix:
			if err := l.engine.fs.Remove(path.Join(dir, entry.Name())); err != nil {
				return err
			}
		case state == swapSuffix:
			swapped[fileName(base, suffix)] = true
			if suffix == logSuffix {
				swaps = append(swaps, base)
			}
		case suffix == logSuffix:
			live = append(live, base)
		}
	}
	for _, base := range swaps {
		if err := l.completeSwap(base, live, swapped); err != nil {
			return err
		}
	}
	for name := range swapped { // indexes whose .log file was not renamed in time
		if err := l.engine.fs.Remove(path.Join(dir, name+swapSuffix)); err != nil {
			return err
		}
	}
	if len(swaps) > 0 {
		return l.engine.fs.SyncDir(dir)
	}
	return nil
}

// completeSwap replaces the live segments that a compacted one covers. It takes the names that it handles from swapped.
func (l *partitionLog) completeSwap(base int64, live []int64, swapped map[string]bool) error {
	settings := l.settings.Load()
	s := newSegment(l.engine.fs, &l.dir, base, swapSuffix, settings)
	defer s.close()
	size, err := s.fileSize()
	if err == nil {
		err = s.loadTail(size)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.path(logSuffix), err)
	}
	for _, old := range live {
		if old >= base && old < s.next.Load() {
			if err := l.removeFiles(old, logSuffix, indexSuffix, timeIndexSuffix); err != nil {
				return err
			}
		}
	}
	for _, suffix := range []string{indexSuffix, timeIndexSuffix, txnIndexSuffix, logSuffix} {
		name := fileName(base, suffix)
		if !swapped[name] {
			continue
		}
		delete(swapped, name)
		if err := l.engine.fs.Rename(l.file(name+swapSuffix), l.file(name)); err != nil {
			return err
		}
	}
	l.logger.Info("completed a compaction that a crash had interrupted", zap.Int64("base", base))
	return nil
}

// fileSize returns the length of the .log file.
func (s *segment) fileSize() (int64, error) {
	h, err := s.batches.acquire()
	if err != nil {
		return 0, err
	}
	defer h.Release()
	return h.file.Size()
}
