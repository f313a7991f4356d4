package logdump

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Verified says what the check of one partition's directory found.
type Verified struct {
	Directory string    `json:"directory"`
	Segments  int       `json:"segments"`
	Batches   int       `json:"batches"`
	Records   int64     `json:"records"`
	Bytes     int64     `json:"bytes"`
	Problems  []Problem `json:"problems"`
}

// Problem is one thing that is wrong with a file.
type Problem struct {
	File     string `json:"file"`
	Position int64  `json:"position"` // in the .log file; -1 where there is none
	Offset   int64  `json:"offset"`   // of a record; -1 where there is none
	Problem  string `json:"problem"`
}

// Partitions returns the directories at and below a path that hold segments: that of one partition, or those of a
// directory of log.dirs. Logs of deleted topics are left out.
func Partitions(path string) ([]string, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(entries, isSegment) {
		return []string{path}, nil
	}
	var found []string
	for _, e := range entries {
		if !e.IsDir() || strings.HasSuffix(e.Name(), "-delete") {
			continue
		}
		dir := filepath.Join(path, e.Name())
		inside, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(inside, isSegment) {
			found = append(found, dir)
		}
	}
	return found, nil
}

func isSegment(e fs.DirEntry) bool {
	_, err := BaseOffset(e.Name())
	return err == nil && !e.IsDir() && filepath.Ext(e.Name()) == ".log"
}

// Verify reads a partition's directory: the CRC of every batch, the order of offsets within and between segments, and what
// the indexes say of them. progress, which may be nil, is told after each batch how many bytes it had. The error is that
// of a file that can't be read; damage is no error.
func Verify(dir string, progress func(bytes int)) (Verified, error) {
	v := verifier{Verified: Verified{Directory: dir, Problems: []Problem{}}, progress: progress}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return v.Verified, err
	}
	var bases []int64
	for _, e := range entries {
		if isSegment(e) {
			base, err := BaseOffset(e.Name())
			if err != nil {
				return v.Verified, err
			}
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	for i, base := range bases {
		if base < v.next {
			v.problem(v.file(base, ".log"), -1, base, "the segment before reaches up to offset %d", v.next-1)
		}
		if err := v.segment(base, i == len(bases)-1); err != nil {
			return v.Verified, err
		}
	}
	return v.Verified, nil
}

// verifier goes through the segments of one directory.
type verifier struct {
	Verified
	progress func(int)
	next     int64 // offset behind the last batch
}

func (v *verifier) file(base int64, suffix string) string {
	return filepath.Join(v.Directory, fmt.Sprintf("%020d%s", base, suffix))
}

func (v *verifier) problem(file string, position, offset int64, format string, args ...any) {
	v.Problems = append(v.Problems, Problem{filepath.Base(file), position, offset, fmt.Sprintf(format, args...)})
}

// segment checks one segment. The last one may lack its indexes: they are written when it closes.
func (v *verifier) segment(base int64, last bool) error {
	v.Segments++
	v.next = base
	ix := indexes{v: v, base: base}
	if err := ix.load(last); err != nil {
		return err
	}
	path, position := v.file(base, ".log"), int64(0)
	for batch, err := range Batches(path) {
		if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
			return err
		}
		if err != nil {
			v.problem(path, position, v.next, "%v", errors.Unwrap(err))
			return nil // what follows can't be told apart, and the indexes point into it
		}
		position = batch.Position + int64(batch.Size)
		v.batch(path, &batch)
		ix.batch(&batch)
	}
	ix.end()
	return nil
}

func (v *verifier) batch(path string, b *Batch) {
	v.Batches++
	v.Records += int64(b.Count)
	v.Bytes += int64(b.Size)
	if v.progress != nil {
		v.progress(b.Size)
	}
	if b.Fault != "" {
		v.problem(path, b.Position, b.BaseOffset, "%s", b.Fault)
	}
	if b.BaseOffset < v.next || b.LastOffset < b.BaseOffset {
		v.problem(path, b.Position, b.BaseOffset, "the batch has offsets %d to %d, where %d is due", b.BaseOffset, b.LastOffset, v.next)
	}
	v.next = max(v.next, b.LastOffset+1)
}

// indexes compares the two indexes of a segment with its batches, which come one after the other.
type indexes struct {
	v       *verifier
	base    int64
	offsets []IndexEntry
	times   []TimeEntry
	largest int64 // timestamp so far
}

func (x *indexes) load(last bool) error {
	x.largest = -1
	var err error
	name := x.v.file(x.base, ".index")
	if x.offsets, err = Index(name); x.unusable(name, last, err) {
		return err
	}
	if i := unordered(x.offsets, func(e IndexEntry) int64 { return e.Offset }); i > 0 {
		x.v.problem(name, int64(x.offsets[i].Position), x.offsets[i].Offset, "offset %d follows %d", x.offsets[i].Offset, x.offsets[i-1].Offset)
		x.offsets = nil
	}
	name = x.v.file(x.base, ".timeindex")
	if x.times, err = TimeIndex(name); x.unusable(name, last, err) {
		return err
	}
	if i := unordered(x.times, func(e TimeEntry) int64 { return e.Timestamp }); i > 0 {
		x.v.problem(name, -1, x.times[i].Offset, "timestamp %d follows %d", x.times[i].Timestamp, x.times[i-1].Timestamp)
		x.times = nil
	}
	return nil
}

// unusable notes what is wrong with an index file. It reports whether it can't be read at all.
func (x *indexes) unusable(name string, last bool, err error) bool {
	switch pathErr := (*fs.PathError)(nil); {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist):
		if !last {
			x.v.problem(name, -1, -1, "the file is missing; the next start writes it again")
		}
	case errors.As(err, &pathErr):
		return true
	default:
		x.v.problem(name, -1, -1, "%v", err)
	}
	return false
}

// unordered returns the index of the first entry whose key is not above the one before it, or -1.
func unordered[E any](list []E, key func(E) int64) int {
	for i := 1; i < len(list); i++ {
		if cmp.Compare(key(list[i-1]), key(list[i])) >= 0 {
			return i
		}
	}
	return -1
}

// batch compares what the indexes say up to the end of a batch with it.
func (x *indexes) batch(b *Batch) {
	name := x.v.file(x.base, ".index")
	for len(x.offsets) > 0 && int64(x.offsets[0].Position) <= b.Position {
		e := x.offsets[0]
		x.offsets = x.offsets[1:]
		switch {
		case int64(e.Position) < b.Position:
			x.v.problem(name, int64(e.Position), e.Offset, "no batch begins at this position")
		case e.Offset < b.LastOffset: // Kafka's entries may stand for several batches that came together
			x.v.problem(name, b.Position, e.Offset, "the batch at this position ends with offset %d", b.LastOffset)
		}
	}
	for len(x.times) > 0 && x.times[0].Offset <= b.LastOffset {
		x.time(x.times[0], b)
		x.times = x.times[1:]
	}
	x.largest = max(x.largest, b.MaxTimestamp)
}

// time compares an entry of the time index with the batch that holds its offset: nothing before may have a larger timestamp,
// and something in the batch must have it.
func (x *indexes) time(e TimeEntry, b *Batch) {
	name := x.v.file(x.base, ".timeindex")
	switch {
	case e.Timestamp < x.largest:
		x.v.problem(name, -1, e.Offset, "timestamp %d is entered, but %d came before", e.Timestamp, x.largest)
	case e.Offset < b.BaseOffset || e.Timestamp > b.MaxTimestamp:
		x.v.problem(name, -1, e.Offset, "no record there has the timestamp %d", e.Timestamp)
	}
}

// end notes entries that point behind the last batch.
func (x *indexes) end() {
	for _, e := range x.offsets {
		x.v.problem(x.v.file(x.base, ".index"), int64(e.Position), e.Offset, "no batch begins at this position")
	}
	for _, e := range x.times {
		x.v.problem(x.v.file(x.base, ".timeindex"), -1, e.Offset, "the segment ends with offset %d", x.v.next-1)
	}
}
