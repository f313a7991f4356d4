package partition

import (
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

type producers struct{}
type knownBatch struct {
	Duplicate                         bool
	BaseOffset, LastOffset, Timestamp int64
}

func (*producers) Restore([]byte, int64) error                      { return nil }
func (*producers) Replay(*record.Header, []byte) error              { return nil }
func (*producers) Snapshot() []byte                                 { return nil }
func (*producers) Check(*record.Header) (knownBatch, error)         { return knownBatch{}, nil }
func (*producers) Update(*record.Header, []byte)                    {}
func (*producers) FirstUnstable() int64                             { return noOffset }
func (p *Partition) lastSequence(id kafka.ProducerID, o int64) bool { return false }
func (s *Set) expireProducers()                                     {}

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
