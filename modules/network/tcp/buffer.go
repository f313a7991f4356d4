package tcp

import (
	"math/bits"
	"sync"
)

const (
	minBlockBits = 13 // 8 KiB
	maxBlockBits = 24 // 16 MiB; larger buffers are rare and left to the garbage collector
)

// block is a pooled buffer. Its owner is one connection.
type block struct{ b []byte }

// pool holds blocks by size: powers of two.
type pool struct {
	classes [maxBlockBits - minBlockBits + 1]sync.Pool
}

// class returns which class holds n bytes; it may be beyond the last.
func class(n int) int { return max(bits.Len(uint(n-1)), minBlockBits) - minBlockBits }

// blockSize returns the bytes that a block for n bytes takes.
func blockSize(n int) int {
	if c := class(n); c <= maxBlockBits-minBlockBits {
		return 1 << (c + minBlockBits)
	}
	return n
}

// get returns a block of blockSize(n) bytes, with any contents.
func (p *pool) get(n int) *block {
	if c := class(n); c < len(p.classes) {
		if b, ok := p.classes[c].Get().(*block); ok {
			return b
		}
	}
	return &block{make([]byte, blockSize(n))}
}

// put takes a block back.
func (p *pool) put(b *block) {
	if c := class(len(b.b)); c < len(p.classes) {
		p.classes[c].Put(b)
	}
}
