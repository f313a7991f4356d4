package segment

import (
	"os"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// handle is an open file that closes when its last user releases it.
type handle struct {
	file vfs.File
	refs atomic.Int32
}

// retain takes a reference unless the file is closed already.
func (h *handle) retain() bool {
	for {
		n := h.refs.Load()
		if n == 0 {
			return false
		}
		if h.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives a reference back. The last one closes the file; nothing is lost by an error then, for whoever wrote has
// synced before.
func (h *handle) Release() {
	if h.refs.Add(-1) == 0 {
		_ = h.file.Close()
	}
}

// lazyFile opens its file when it is first used, and again after rest gave the descriptor back: idle files take none.
type lazyFile struct {
	fs   vfs.FS
	path func() string // may change when a directory or file is renamed

	mu   sync.Mutex // guards opening
	open atomic.Pointer[handle]
	used atomic.Bool // since the last call of rest
}

// acquire returns the open file. The caller releases it.
func (f *lazyFile) acquire() (*handle, error) {
	if !f.used.Load() {
		f.used.Store(true)
	}
	if h := f.open.Load(); h != nil && h.retain() {
		return h, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if h := f.open.Load(); h != nil && h.retain() {
		return h, nil
	}
	file, err := f.fs.OpenFile(f.path(), os.O_RDWR)
	if err != nil {
		return nil, err
	}
	return f.adopt(file), nil
}

// create is acquire for a file that may not exist yet.
func (f *lazyFile) create() (*handle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used.Store(true)
	if h := f.open.Load(); h != nil && h.retain() {
		return h, nil
	}
	file, err := f.fs.OpenFile(f.path(), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	return f.adopt(file), nil
}

// adopt makes an open file the current one and returns it with a reference for the caller. Called with mu held, or
// before anybody else knows f.
func (f *lazyFile) adopt(file vfs.File) *handle {
	h := &handle{file: file}
	h.refs.Store(2) // f's and the caller's
	f.open.Store(h)
	return h
}

// rest closes the file if nobody used it since the last call.
func (f *lazyFile) rest() {
	if !f.used.Swap(false) {
		f.close()
	}
}

// close gives the descriptor back as soon as its last user is done. The file opens again when it must.
func (f *lazyFile) close() {
	if h := f.open.Swap(nil); h != nil {
		h.Release()
	}
}
