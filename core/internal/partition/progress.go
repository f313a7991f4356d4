package partition

import (
	"sync"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// progress holds the offsets of a partition and what they follow from. Offsets are read without a lock.
type progress struct {
	start   atomic.Int64 // log start offset
	durable atomic.Int64 // what the log reported as stable
	// end is the log end offset as everybody sees it. It moves together with the producer state, so that the high
	// watermark can't pass a transaction that the last stable offset does not know yet.
	end       atomic.Int64
	high      atomic.Int64 // high watermark
	stableEnd atomic.Int64 // last stable offset: up to high and the first open transaction, but never below start

	mu        sync.Mutex // guards producers; lets one goroutine move end, high and stableEnd
	producers producer.State
	aborted   abortedTxns

	notifyMu sync.Mutex // lets one goroutine call the functions of notify; guards notified
	notified int64
	notify   atomic.Pointer[[]*notification]
}

// notification is one function that wants to know the high watermark.
type notification struct{ f func(highWatermark int64) }

// opened sets the offsets of a log that was just opened. Its retention may have moved the log start already.
func (g *progress) opened(s log.Status) {
	raise(&g.start, s.StartOffset)
	raise(&g.durable, s.StableOffset)
	raise(&g.high, s.StartOffset)
	raise(&g.stableEnd, s.StartOffset)
	g.end.Store(s.EndOffset)
	g.aborted.truncateStart(s.StartOffset)
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

// check says what a batch is: see producer.State.Check.
func (g *progress) check(h *record.Header, origin producer.Origin) (producer.Appended, bool, error) {
	if !h.HasProducerID() || h.IsControl() {
		return producer.Appended{}, false, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.producers.Check(h, origin)
}

// takeOver brings the producer state up to a batch that the log has. It refuses nothing: the batch is there. The caller
// holds progress.mu, or is the only one who knows the partition.
func (p *Partition) takeOver(h *record.Header, batch record.Batch) {
	txn, ended, err := p.progress.producers.Replay(h, batch)
	if err != nil {
		p.logger().Warn("a control batch is unreadable; it ends no transaction", zap.Int64("offset", h.BaseOffset), zap.Error(err))
	}
	if ended && txn.Aborted {
		p.progress.aborted.add(txn)
	}
}

// appended takes over a batch that the log has just got, and moves the high watermark as far as it may go. It reports
// whether that moved.
func (p *Partition) appended(r *role, h *record.Header, batch record.Batch) bool {
	g := &p.progress
	// Logs that make every append durable at once need not report it.
	raise(&g.durable, p.log.Status().StableOffset)
	g.mu.Lock()
	defer g.mu.Unlock()
	p.takeOver(h, batch)
	g.end.Store(h.LastOffset() + 1)
	return p.moveHighWatermark(r)
}

// advance moves the high watermark and the last stable offset as far as they may go, and wakes whoever waits for that.
// Only a leader moves them: a follower is told.
func (p *Partition) advance() {
	r := p.role.Load()
	if r == nil || !r.leading {
		return
	}
	p.progress.mu.Lock()
	moved := p.moveHighWatermark(r)
	p.progress.mu.Unlock()
	if moved {
		p.tellMoved()
	}
}

// tellMoved wakes whoever waits for the high watermark or the last stable offset.
func (p *Partition) tellMoved() {
	p.watchers.Wake()
	p.progress.tell()
}

// moveHighWatermark reports whether the high watermark or the last stable offset moved. The caller holds progress.mu.
func (p *Partition) moveHighWatermark(r *role) bool {
	g := &p.progress
	high := p.set.Replicator.HighWatermark(p.replicationLeader(r), g.durable.Load())
	moved := raise(&g.high, min(high, g.end.Load()))
	high = g.high.Load()
	g.producers.AdvanceHighWatermark(high)
	if unstable, ok := g.producers.FirstUnstableOffset(); ok {
		high = min(high, unstable)
	}
	return raise(&g.stableEnd, high) || moved
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
