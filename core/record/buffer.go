package record

import "sync"

// maxPooled is the capacity in bytes above which a buffer is left to the garbage collector, so that one huge batch does
// not stay in memory for ever.
const maxPooled = 4 << 20

// buffers is a cache of scratch space without any state that a caller could observe.
var buffers = sync.Pool{New: func() any { return &buffer{b: make([]byte, 0, 64<<10)} }}

// buffer holds decompressed records.
type buffer struct{ b []byte }

func newBuffer() *buffer {
	s := buffers.Get().(*buffer)
	s.b = s.b[:0]
	return s
}

func (s *buffer) free() {
	if cap(s.b) <= maxPooled {
		buffers.Put(s)
	}
}
