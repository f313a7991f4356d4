package shard

import (
	"container/heap"
	"time"
)

// Timers keeps one deadline for each key: what a State needs to answer Deadline and Tick. Equal deadlines are due in the
// order in which they were scheduled. The zero Timers is empty and ready.
type Timers[K comparable] struct {
	heap  timerHeap[K]
	byKey map[K]*timer[K]
	count uint64
}

type timer[K comparable] struct {
	key   K
	at    time.Time
	order uint64
	index int
}

// Schedule sets the deadline of a key, in place of the one it had.
func (t *Timers[K]) Schedule(key K, at time.Time) {
	t.count++
	if old := t.byKey[key]; old != nil {
		old.at, old.order = at, t.count
		heap.Fix(&t.heap, old.index)
		return
	}
	if t.byKey == nil {
		t.byKey = make(map[K]*timer[K])
	}
	added := &timer[K]{key: key, at: at, order: t.count}
	t.byKey[key] = added
	heap.Push(&t.heap, added)
}

// Cancel forgets a key. It does nothing when the key has no deadline.
func (t *Timers[K]) Cancel(key K) {
	if old := t.byKey[key]; old != nil {
		delete(t.byKey, key)
		heap.Remove(&t.heap, old.index)
	}
}

// Scheduled reports whether a key has a deadline.
func (t *Timers[K]) Scheduled(key K) bool { return t.byKey[key] != nil }

// Next returns the earliest deadline, or the zero time when there is none.
func (t *Timers[K]) Next() time.Time {
	if len(t.heap) == 0 {
		return time.Time{}
	}
	return t.heap[0].at
}

// Due removes the earliest deadline that is not after now and returns its key.
func (t *Timers[K]) Due(now time.Time) (key K, ok bool) {
	if len(t.heap) == 0 || t.heap[0].at.After(now) {
		return key, false
	}
	first := heap.Pop(&t.heap).(*timer[K])
	delete(t.byKey, first.key)
	return first.key, true
}

// timerHeap implements heap.Interface.
type timerHeap[K comparable] []*timer[K]

func (h timerHeap[K]) Len() int { return len(h) }

func (h timerHeap[K]) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}

func (h timerHeap[K]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *timerHeap[K]) Push(x any) {
	t := x.(*timer[K])
	t.index = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap[K]) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return t
}
