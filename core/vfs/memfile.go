package vfs

import (
	"io"
	"io/fs"
	"sync"
	"syscall"
	"time"
)

// memFile is the contents of a file: as they are now, and as the last Sync left them.
type memFile struct {
	mu       sync.RWMutex
	now      []byte
	durable  []byte
	dirtyLow int // everything below is equal in both; a Sync copies only what lies above
	modTime  time.Time
}

func (f *memFile) writeAt(p []byte, off int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	end := int(off) + len(p)
	if end > len(f.now) {
		f.now = append(f.now, make([]byte, end-len(f.now))...)
	}
	copy(f.now[off:], p)
	f.dirtyLow = min(f.dirtyLow, int(off))
	f.modTime = time.Now()
}

func (f *memFile) truncate(size int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if int(size) <= len(f.now) {
		f.now = f.now[:size]
	} else {
		f.now = append(f.now, make([]byte, int(size)-len(f.now))...)
	}
	f.dirtyLow = min(f.dirtyLow, int(size))
	f.modTime = time.Now()
}

func (f *memFile) sync() {
	f.mu.Lock()
	defer f.mu.Unlock()
	keep := min(f.dirtyLow, len(f.durable), len(f.now))
	f.durable = append(f.durable[:keep], f.now[keep:]...)
	f.dirtyLow = len(f.now)
}

// memHandle is an open memFile.
type memHandle struct {
	f        *memFile
	name     string
	writable bool
	mu       sync.RWMutex
	closed   bool
}

func (h *memHandle) check(op string, write bool) error {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.closed {
		return pathError(op, h.name, fs.ErrClosed)
	}
	if write && !h.writable {
		return pathError(op, h.name, fs.ErrPermission)
	}
	return nil
}

// ReadAt reads; io.EOF tells that the file ends before p is full.
func (h *memHandle) ReadAt(p []byte, off int64) (int, error) {
	if err := h.check("read", false); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, pathError("read", h.name, fs.ErrInvalid)
	}
	h.f.mu.RLock()
	defer h.f.mu.RUnlock()
	if off >= int64(len(h.f.now)) {
		return 0, io.EOF
	}
	n := copy(p, h.f.now[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// WriteAt writes; a gap between the old end and off reads as zeros.
func (h *memHandle) WriteAt(p []byte, off int64) (int, error) {
	if err := h.check("write", true); err != nil {
		return 0, err
	}
	if off < 0 {
		return 0, pathError("write", h.name, fs.ErrInvalid)
	}
	h.f.writeAt(p, off)
	return len(p), nil
}

// Size returns the length.
func (h *memHandle) Size() (int64, error) {
	if err := h.check("stat", false); err != nil {
		return 0, err
	}
	h.f.mu.RLock()
	defer h.f.mu.RUnlock()
	return int64(len(h.f.now)), nil
}

// Truncate changes the length.
func (h *memHandle) Truncate(size int64) error {
	if err := h.check("truncate", true); err != nil {
		return err
	}
	if size < 0 {
		return pathError("truncate", h.name, fs.ErrInvalid)
	}
	h.f.truncate(size)
	return nil
}

// Sync makes the contents durable.
func (h *memHandle) Sync() error {
	if err := h.check("sync", false); err != nil {
		return err
	}
	h.f.sync()
	return nil
}

// Close gives the handle up.
func (h *memHandle) Close() error {
	if err := h.check("close", false); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	return nil
}

// SyscallConn returns ErrNoDescriptor.
func (h *memHandle) SyscallConn() (syscall.RawConn, error) { return nil, ErrNoDescriptor }

var _ File = (*memHandle)(nil)
