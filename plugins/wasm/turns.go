package wasm

import (
	"context"
	"sync/atomic"
)

// turns bounds how many calls run at a time, over all plugins. Who waits is served in order, and whoever runs lets others
// go first after each slice of fuel, so that a long assignment does not hold up records.
type turns struct {
	slots   chan struct{}
	waiting atomic.Int32
}

func newTurns(n int) *turns { return &turns{slots: make(chan struct{}, n)} }

// take waits for a turn; give ends it.
func (t *turns) take(ctx context.Context) error {
	select {
	case t.slots <- struct{}{}:
		return nil
	default: // a select with one case costs a third of one with two
	}
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	select {
	case t.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t *turns) give() { <-t.slots }

// yield lets those who wait go first. It reports whether there were any.
func (t *turns) yield() bool {
	if t.waiting.Load() == 0 {
		return false
	}
	t.give()
	t.slots <- struct{}{} // each of the others has its turn for a slice at most
	return true
}
