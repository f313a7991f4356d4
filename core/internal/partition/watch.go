package partition

import (
	"sync"
	"sync/atomic"
)

// Waiter is woken when something it watches changes.
type Waiter struct{ C chan struct{} }

// NewWaiter returns a waiter.
func NewWaiter() *Waiter { return &Waiter{C: make(chan struct{}, 1)} }

func (w *Waiter) wake() {
	select {
	case w.C <- struct{}{}:
	default:
	}
}

type watchers struct {
	mu   sync.Mutex
	n    atomic.Int32
	list []*Waiter
}

func (w *watchers) Wake() {
	if w.n.Load() == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, x := range w.list {
		x.wake()
	}
}

// Watch adds a waiter.
func (p *Partition) Watch(x *Waiter) {
	w := &p.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, x)
	w.n.Store(int32(len(w.list)))
}

// Unwatch takes it out.
func (p *Partition) Unwatch(x *Waiter) {
	w := &p.watchers
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.list {
		if w.list[i] == x {
			last := len(w.list) - 1
			w.list[i], w.list[last] = w.list[last], nil
			w.list = w.list[:last]
			break
		}
	}
	w.n.Store(int32(len(w.list)))
}
