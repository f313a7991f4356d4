package partition

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/log"
)

// noOffset stands for "no open transaction" in firstUnstable.
const noOffset = math.MaxInt64

// progress holds the offsets of a partition. They are read without a lock.
type progress struct {
	start atomic.Int64 // log start offset
	// end is the log end offset as readers may see it: it moves after the producer state of an append is known, so that
	// the high watermark can't pass a transaction that the last stable offset does not know yet.
	end       atomic.Int64
	durable   atomic.Int64 // what the log reported as stable
	high      atomic.Int64 // high watermark
	unstable  atomic.Int64 // first offset of the oldest open transaction, or noOffset; moves before end does
	stableEnd atomic.Int64 // last stable offset: min(high, unstable), but never below start

	mu       sync.Mutex // lets one goroutine move high and stableEnd
	notified int64      // guarded by notifyMu
	notifyMu sync.Mutex // lets one goroutine call watchers of the high watermark
	notify   atomic.Pointer[[]*notification]
}

// notification is one function that wants to know the high watermark.
type notification struct{ f func(highWatermark int64) }

// opened sets the offsets of a log that was just opened.
func (g *progress) opened(s log.Status, unstable int64) {
	g.start.Store(s.StartOffset)
	g.durable.Store(s.StableOffset)
	g.unstable.Store(unstable)
	g.high.Store(s.StartOffset)
	g.stableEnd.Store(s.StartOffset)
	g.end.Store(s.EndOffset)
}

// raise moves an offset forward and reports whether it moved.
func raise(a *atomic.Int64, to int64) bool {
	for {
		old := a.Load()
		if to <= old {
			return false
		}
		if a.CompareAndSwap(old, to) {
			return true
		}
	}
}

// advance moves the high watermark and the last stable offset as far as they may go, and wakes whoever waits for that. It
// must not be called with mu of the partition held: it calls watchers.
func (p *Partition) advance() {
	if p.moveHighWatermark() {
		p.watchers.Wake()
		p.progress.tell()
	}
}

// moveHighWatermark reports whether the high watermark or the last stable offset moved. Only a leader moves them: a
// follower is told.
func (p *Partition) moveHighWatermark() bool {
	r := p.role.Load()
	if r == nil || !r.leading {
		return false
	}
	g := &p.progress
	g.mu.Lock()
	defer g.mu.Unlock()
	high := p.set.Replicator.HighWatermark(p.replicationLeader(r), g.durable.Load())
	moved := raise(&g.high, min(high, g.end.Load()))
	return raise(&g.stableEnd, min(g.high.Load(), g.unstable.Load())) || moved
}

// tell calls the functions that want to know the high watermark, with growing values.
func (g *progress) tell() {
	list := g.notify.Load()
	if list == nil || len(*list) == 0 {
		return
	}
	g.notifyMu.Lock()
	defer g.notifyMu.Unlock()
	high := g.high.Load()
	if high <= g.notified {
		return
	}
	g.notified = high
	for _, n := range *g.notify.Load() {
		n.f(high)
	}
}

// watch adds a function that tell calls; the returned function takes it out again.
func (g *progress) watch(f func(int64)) (cancel func()) {
	n := &notification{f}
	g.edit(func(l []*notification) []*notification { return append(l, n) })
	return func() {
		g.edit(func(l []*notification) []*notification {
			for i := range l {
				if l[i] == n {
					return append(l[:i], l[i+1:]...)
				}
			}
			return l
		})
	}
}

// edit replaces the list of functions by an edited copy.
func (g *progress) edit(f func([]*notification) []*notification) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var list []*notification
	if old := g.notify.Load(); old != nil {
		list = append(list, *old...)
	}
	list = f(list)
	g.notify.Store(&list)
}
