package purgatory

import (
	"sync"
	"sync/atomic"
)

// maxIdleSlots is the capacity above which a queue that became empty gives its memory back.
const maxIdleSlots = 64

// Queue is what waiters watch: the zero Queue is ready, and is small enough for every partition to hold some. It must not
// be copied.
type Queue struct {
	waiting atomic.Int32 // len(watches), to be read without the lock
	mu      sync.Mutex
	watches []*watch
}

// watch is the place of a waiter in a queue.
type watch struct {
	waiter *Waiter
	queue  *Queue
	index  int // in queue.watches; guarded by queue.mu
}

// Wake makes every waiter that watches q look again. Call it after the change that they wait for has been published, by an
// atomic or under a lock that they take as well. It never blocks and never allocates; without waiters it costs one atomic
// load.
func (q *Queue) Wake() {
	if q.waiting.Load() == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.watches {
		w.waiter.wake()
	}
}

// Len returns the number of waiters.
func (q *Queue) Len() int { return int(q.waiting.Load()) }

func (q *Queue) add(w *watch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	w.index = len(q.watches)
	q.watches = append(q.watches, w)
	q.waiting.Store(int32(len(q.watches)))
}

func (q *Queue) remove(w *watch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	last := len(q.watches) - 1
	moved := q.watches[last]
	q.watches[w.index], moved.index = moved, w.index
	q.watches[last] = nil
	q.watches = q.watches[:last]
	if last == 0 && cap(q.watches) > maxIdleSlots {
		q.watches = nil
	}
	q.waiting.Store(int32(last))
}
