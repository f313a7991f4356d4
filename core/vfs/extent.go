package vfs

import "io"

// Ref keeps what an Extent points to alive until it is released.
type Ref interface{ Release() }

// Extent is a run of readable bytes: a range of a file, or memory. It is how record batches travel from a log to a
// connection without being copied. Whoever holds an Extent calls Release exactly once, after the bytes were sent or when
// they are no longer wanted; until then the bytes stay readable even if the log deletes its segment.
// The zero Extent is empty and its Release does nothing.
type Extent struct {
	mem  []byte
	file File
	off  int64
	n    int
	ref  Ref
}

// FileExtent returns the n bytes of f that start at off. ref may be nil.
func FileExtent(f File, off int64, n int, ref Ref) Extent {
	return Extent{file: f, off: off, n: n, ref: ref}
}

// MemExtent returns b itself: the caller must not change it before Release. ref may be nil.
func MemExtent(b []byte, ref Ref) Extent { return Extent{mem: b, n: len(b), ref: ref} }

// Len returns the number of bytes.
func (e Extent) Len() int { return e.n }

// File returns the file and the offset in it, or nil when the bytes are in memory.
func (e Extent) File() (File, int64) { return e.file, e.off }

// Bytes returns the bytes when they are in memory, else nil. They are only valid until Release.
func (e Extent) Bytes() []byte { return e.mem }

// ReadAt reads from the extent; off counts from its first byte.
func (e Extent) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(e.n) {
		return 0, io.EOF
	}
	want := p[:min(int64(len(p)), int64(e.n)-off)]
	var n int
	var err error
	if e.file != nil {
		n, err = e.file.ReadAt(want, e.off+off)
	} else {
		n = copy(want, e.mem[off:])
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// Release gives the bytes back to their owner.
func (e Extent) Release() {
	if e.ref != nil {
		e.ref.Release()
	}
}
