package segment

import (
	"fmt"
	"path"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// maxSideFile bounds what is read of a side file: a snapshot takes some 50 bytes per producer.
const maxSideFile = 1 << 30

// sideFiles are the files of a partition directory that hold the partition's state.
type sideFiles struct {
	fs  vfs.FS
	dir *atomic.Pointer[string]

	mu        sync.Mutex
	snapshots []int64 // offsets of the .snapshot files, ascending
	aborted   []int64 // base offsets of the .txnindex files, ascending
}

// SaveEpochs stores the list of leader epochs in Kafka's place for it.
func (l *partitionLog) SaveEpochs(data []byte) error {
	if err := l.writable(); err != nil {
		return err
	}
	if err := replaceFile(l.engine.fs, l.file(leaderEpochFile), data); err != nil {
		return l.fail(err)
	}
	return nil
}

// LoadEpochs reads it.
func (l *partitionLog) LoadEpochs() ([]byte, error) { return readEpochs(l.engine.fs, *l.dir.Load()) }

// readEpochs reads the list of leader epochs in a partition directory, or nil when there is none.
func readEpochs(fsys vfs.FS, dir string) ([]byte, error) {
	data, err := readFile(fsys, path.Join(dir, leaderEpochFile), maxSideFile)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("leader epochs in %s: %w", dir, err)
	}
	return data, nil
}

// list returns where the offsets of a kind of file are kept.
func (f *sideFiles) list(suffix string) *[]int64 {
	if suffix == txnIndexSuffix {
		return &f.aborted
	}
	return &f.snapshots
}

// newest returns the offset of the newest snapshot up to an offset, or -1.
func (f *sideFiles) newest(limit int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	i, exact := slices.BinarySearch(f.snapshots, limit)
	if exact {
		return limit
	}
	if i == 0 {
		return -1
	}
	return f.snapshots[i-1]
}

// writeSnapshot stores a snapshot; it need not be durable before the next sync unless asked for.
func (f *sideFiles) writeSnapshot(offset int64, data []byte, durable bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := writeFile(f.fs, path.Join(*f.dir.Load(), fileName(offset, snapshotSuffix)), data, durable); err != nil {
		return err
	}
	f.note(offset, snapshotSuffix)
	return nil
}

// note remembers that a file exists. Called with mu held.
func (f *sideFiles) note(offset int64, suffix string) {
	offsets := f.list(suffix)
	if i, ok := slices.BinarySearch(*offsets, offset); !ok {
		*offsets = slices.Insert(*offsets, i, offset)
	}
}

// sync makes the snapshot at an offset durable. One that is not there needs nothing.
func (f *sideFiles) sync(offset int64) error {
	err := syncFile(f.fs, path.Join(*f.dir.Load(), fileName(offset, snapshotSuffix)))
	if isMissing(err) {
		return nil
	}
	return err
}

// remove deletes the files of a kind whose offset matches.
func (f *sideFiles) remove(suffix string, match func(offset int64) bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	offsets := f.list(suffix)
	for i := len(*offsets) - 1; i >= 0; i-- { // newest first: a crash between leaves a prefix
		if !match((*offsets)[i]) {
			continue
		}
		if err := f.fs.Remove(path.Join(*f.dir.Load(), fileName((*offsets)[i], suffix))); err != nil {
			return err
		}
		*offsets = slices.Delete(*offsets, i, i+1)
	}
	return nil
}

// prune deletes the snapshots that nobody needs, as Kafka does: those of no segment, but for the newest.
func (f *sideFiles) prune(segments []*segment) error {
	newest := f.newest(maxOffset)
	return f.remove(snapshotSuffix, func(offset int64) bool {
		return offset != newest && !slices.ContainsFunc(segments, func(s *segment) bool { return s.base == offset })
	})
}

// adopt takes the list of aborted transactions of a compacted segment over.
func (f *sideFiles) adopt(base int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	name := path.Join(*f.dir.Load(), fileName(base, txnIndexSuffix))
	err := f.fs.Rename(name+swapSuffix, name)
	if isMissing(err) {
		return nil
	}
	if err == nil {
		f.note(base, txnIndexSuffix)
	}
	return err
}
