package segment

import (
	"encoding/binary"
	"fmt"
	"sync"
	"sync/atomic"
)

// Widths of index entries in bytes.
const (
	offsetEntry = 8  // relative offset int32 of a batch's last record, position int32 of the batch
	timeEntry   = 12 // timestamp int64, relative offset int32: no record before it has a larger timestamp
)

// index is the offset or the time index of a segment: entries of one width with ascending keys. The entries of an active
// segment are in memory, in the format of the file, and reach the file at a roll, at close and now and then. Those of a
// closed segment are only in the file. One goroutine appends; any number look up meanwhile.
type index struct {
	width int
	file  lazyFile
	max   int // entries that fit segment.index.bytes

	entries atomic.Pointer[[]byte] // backing array of the entries, or nil when they are only in the file
	count   atomic.Int32
	saved   int32 // entries that are in the file; only for the goroutine that appends
}

// key returns what entries are ordered by.
func (x *index) key(entry []byte) int64 {
	if x.width == timeEntry {
		return int64(binary.BigEndian.Uint64(entry))
	}
	return int64(int32(binary.BigEndian.Uint32(entry)))
}

// value returns the other field.
func (x *index) value(entry []byte) int64 {
	return int64(int32(binary.BigEndian.Uint32(entry[x.width-4:])))
}

// append adds an entry. Entries below count never change, so that readers need no lock.
func (x *index) append(key, value int64) {
	n := int(x.count.Load())
	backing := x.entries.Load()
	if backing == nil || len(*backing) < (n+1)*x.width {
		grown := make([]byte, max(64, 2*n)*x.width)
		if backing != nil {
			copy(grown, (*backing)[:n*x.width])
		}
		backing = &grown
		x.entries.Store(backing)
	}
	entry := (*backing)[n*x.width : (n+1)*x.width]
	if x.width == timeEntry {
		binary.BigEndian.PutUint64(entry, uint64(key))
	} else {
		binary.BigEndian.PutUint32(entry, uint32(key))
	}
	binary.BigEndian.PutUint32(entry[x.width-4:], uint32(value))
	x.count.Store(int32(n + 1))
}

// floor returns the last entry whose key is at most key. ok is false when there is none.
func (x *index) floor(key int64) (k, v int64, ok bool, err error) {
	n := int(x.count.Load()) // before entries: those hold at least as many
	if n == 0 {
		return 0, 0, false, nil
	}
	if backing := x.entries.Load(); backing != nil {
		k, v, ok = x.search(*backing, n, key)
		return k, v, ok, nil
	}
	return x.searchFile(n, key)
}

// search finds the floor among n entries in memory.
func (x *index) search(entries []byte, n int, key int64) (k, v int64, ok bool) {
	low, high := 0, n // the floor is before high, and at or after low-1
	for low < high {
		mid := (low + high) / 2
		if x.key(entries[mid*x.width:]) <= key {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low == 0 {
		return 0, 0, false
	}
	entry := entries[(low-1)*x.width : low*x.width]
	return x.key(entry), x.value(entry), true
}

// searchBlock is the number of entries that a look-up in a file reads at once.
const searchBlock = 256

// searchBuffers hold one block each.
var searchBuffers = sync.Pool{New: func() any { return new([searchBlock * timeEntry]byte) }}

// searchFile finds the floor by reading: single entries first, then the block that is left.
func (x *index) searchFile(n int, key int64) (k, v int64, ok bool, err error) {
	h, err := x.file.acquire()
	if err != nil {
		return 0, 0, false, err
	}
	defer h.Release()
	buffer := searchBuffers.Get().(*[searchBlock * timeEntry]byte)
	defer searchBuffers.Put(buffer)
	low, high := 0, n
	for high-low >= searchBlock {
		mid := (low + high) / 2
		if err := readFull(h.file, buffer[:x.width], int64(mid*x.width)); err != nil {
			return 0, 0, false, err
		}
		if x.key(buffer[:]) <= key {
			low = mid + 1
		} else {
			high = mid
		}
	}
	from := max(low-1, 0)
	block := buffer[:(high-from)*x.width]
	if len(block) == 0 {
		return 0, 0, false, nil
	}
	if err := readFull(h.file, block, int64(from*x.width)); err != nil {
		return 0, 0, false, err
	}
	k, v, ok = x.search(block, high-from, key)
	return k, v, ok, nil
}

// last returns the last entry.
func (x *index) last() (k, v int64, ok bool, err error) {
	n := int(x.count.Load())
	if n == 0 {
		return 0, 0, false, nil
	}
	if backing := x.entries.Load(); backing != nil {
		entry := (*backing)[(n-1)*x.width : n*x.width]
		return x.key(entry), x.value(entry), true, nil
	}
	h, err := x.file.acquire()
	if err != nil {
		return 0, 0, false, err
	}
	defer h.Release()
	entry := make([]byte, x.width)
	if err := readFull(h.file, entry, int64((n-1)*x.width)); err != nil {
		return 0, 0, false, err
	}
	return x.key(entry), x.value(entry), true, nil
}

// full reports whether the index may not grow; spare is the number of entries kept free for a roll.
func (x *index) full(spare int) bool { return int(x.count.Load()) >= x.max-spare }

// load brings the entries into memory, so that the index can grow again.
func (x *index) load() error {
	n := int(x.count.Load())
	if x.entries.Load() != nil || n == 0 {
		return nil
	}
	h, err := x.file.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	entries := make([]byte, n*x.width)
	if err := readFull(h.file, entries, 0); err != nil {
		return err
	}
	x.entries.Store(&entries)
	return nil
}

// cut drops the entries from n on. Nobody may look up meanwhile.
func (x *index) cut(n int) {
	x.count.Store(int32(n))
	x.saved = min(x.saved, int32(n))
}

// save writes what the file lacks and makes it exactly as long as the entries.
func (x *index) save() error {
	n := x.count.Load()
	h, err := x.file.create()
	if err != nil {
		return err
	}
	defer h.Release()
	if backing := x.entries.Load(); backing != nil && n > x.saved {
		from := int(x.saved) * x.width
		if _, err := h.file.WriteAt((*backing)[from:int(n)*x.width], int64(from)); err != nil {
			return err
		}
	}
	want := int64(n) * int64(x.width)
	size, err := h.file.Size()
	if err == nil && size != want {
		err = h.file.Truncate(want)
	}
	if err != nil {
		return err
	}
	x.saved = n
	return nil
}

// stored returns the entries of a closed segment as its file holds them.
func (x *index) stored() ([]byte, error) {
	entries := make([]byte, int(x.count.Load())*x.width)
	if len(entries) == 0 {
		return nil, nil
	}
	h, err := x.file.acquire()
	if err != nil {
		return nil, err
	}
	defer h.Release()
	return entries, readFull(h.file, entries, 0)
}

// drop forgets the copy in memory; save came first.
func (x *index) drop() {
	if x.saved != x.count.Load() {
		panic("BUG: index entries dropped before they were saved")
	}
	x.entries.Store(nil)
}

// check makes sure that the last entry of a file is possible in a segment: keys and values of a damaged file are not.
func (x *index) check(maxValue int64) error {
	k, v, ok, err := x.last()
	if err != nil {
		return err
	}
	if ok && (k < 0 || v < 0 || v >= maxValue) {
		return fmt.Errorf("last index entry is (%d, %d)", k, v)
	}
	return nil
}
