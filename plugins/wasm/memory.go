package wasm

import (
	"sync/atomic"

	"github.com/tetratelabs/wazero/experimental"
)

// memoryBudget is what the memories of all instances may take together.
type memoryBudget struct {
	limit int64
	used  atomic.Int64
}

// take reserves n bytes, or nothing.
func (b *memoryBudget) take(n int64) bool {
	if b.used.Add(n) > b.limit {
		b.used.Add(-n)
		return false
	}
	return true
}

func (b *memoryBudget) give(n int64) { b.used.Add(-n) }

// linearMemory is the memory of one instance. It never moves, so that the host's views stay valid when it grows.
type linearMemory struct {
	budget *memoryBudget
	b      []byte // capacity: all it can become
	failed error  // why there is no address space
	denied bool   // the budget was spent
}

var (
	_ experimental.LinearMemory    = (*linearMemory)(nil)
	_ experimental.MemoryAllocator = (*linearMemory)(nil)
)

// Allocate reserves address space. wazero calls it once, when it makes the instance.
func (m *linearMemory) Allocate(_, max uint64) experimental.LinearMemory {
	b, err := reserve(max)
	m.b, m.failed = b[:0], err
	return m
}

// Reallocate makes the memory size bytes long; nil fails the guest's memory.grow.
func (m *linearMemory) Reallocate(size uint64) []byte {
	grown := int64(size) - int64(len(m.b))
	if size > uint64(cap(m.b)) || grown < 0 {
		return nil
	}
	if m.denied = !m.budget.take(grown); m.denied {
		return nil
	}
	m.b = m.b[:size]
	return m.b
}

// Free gives the memory back.
func (m *linearMemory) Free() {
	m.budget.give(int64(len(m.b)))
	release(m.b)
	m.b = nil
}
