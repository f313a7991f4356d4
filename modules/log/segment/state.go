package segment

import (
	"fmt"
	"path"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/log"
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

// suffixOf returns the file name suffix of a kind.
func suffixOf(kind log.StateKind) string {
	if kind == log.AbortedTxns {
		return txnIndexSuffix
	}
	return snapshotSuffix
}

// SaveState stores a side file in Kafka's place for it.
func (l *partitionLog) SaveState(kind log.StateKind, offset int64, data []byte) error {
	if err := l.writable(); err != nil {
		return err
	}
	var err error
	if kind == log.LeaderEpochs {
		err = replaceFile(l.engine.fs, l.file(leaderEpochFile), data)
	} else {
		err = l.sides.write(offset, suffixOf(kind), data, kind == log.AbortedTxns)
	}
	if err != nil {
		return l.fail(err)
	}
	return nil
}

// LoadState reads the newest side file of a kind.
func (l *partitionLog) LoadState(kind log.StateKind) ([]byte, int64, error) {
	name, offset := l.file(leaderEpochFile), int64(0)
	if kind != log.LeaderEpochs {
		offset = l.sides.newest(kind)
		if offset < 0 {
			return nil, -1, nil
		}
		name = l.file(fileName(offset, suffixOf(kind)))
	}
	data, err := readFile(l.engine.fs, name, maxSideFile)
	if isMissing(err) {
		return nil, -1, nil
	}
	if err != nil {
		return nil, -1, fmt.Errorf("log %s: %w", l.spec.TopicPartition, err)
	}
	return data, offset, nil
}

// list returns where the offsets of a kind of file are kept.
func (f *sideFiles) list(suffix string) *[]int64 {
	if suffix == txnIndexSuffix {
		return &f.aborted
	}
	return &f.snapshots
}

// newest returns the offset of the newest file of a kind, or -1.
func (f *sideFiles) newest(kind log.StateKind) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	offsets := *f.list(suffixOf(kind))
	if len(offsets) == 0 {
		return -1
	}
	return offsets[len(offsets)-1]
}

// write stores a file; it need not be durable before the next sync unless asked for.
func (f *sideFiles) write(offset int64, suffix string, data []byte, durable bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := writeFile(f.fs, path.Join(*f.dir.Load(), fileName(offset, suffix)), data, durable); err != nil {
		return err
	}
	f.note(offset, suffix)
	return nil
}

// note remembers that a file exists. Called with mu held.
func (f *sideFiles) note(offset int64, suffix string) {
	offsets := f.list(suffix)
	if i, ok := slices.BinarySearch(*offsets, offset); !ok {
		*offsets = slices.Insert(*offsets, i, offset)
	}
}

// sync makes the files at an offset durable. One that is not there needs nothing.
func (f *sideFiles) sync(offset int64) error {
	for _, suffix := range []string{snapshotSuffix, txnIndexSuffix} {
		err := syncFile(f.fs, path.Join(*f.dir.Load(), fileName(offset, suffix)))
		if err != nil && !isMissing(err) {
			return err
		}
	}
	return nil
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
	newest := f.newest(log.ProducerSnapshot)
	return f.remove(snapshotSuffix, func(offset int64) bool {
		return offset != newest && !slices.ContainsFunc(segments, func(s *segment) bool { return s.base == offset })
	})
}

// merge joins the lists of aborted transactions of several segments, whose entries have one length, in a new file. Without
// any there is no file.
func (f *sideFiles) merge(group []*segment, name string) error {
	var all []byte
	for _, s := range group {
		data, err := readFile(f.fs, path.Join(*f.dir.Load(), fileName(s.base, txnIndexSuffix)), maxSideFile)
		if err != nil && !isMissing(err) {
			return err
		}
		all = append(all, data...)
	}
	if len(all) == 0 {
		return nil
	}
	return writeFile(f.fs, name, all, true)
}

// adopt takes a merged list of aborted transactions over from compaction.
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
