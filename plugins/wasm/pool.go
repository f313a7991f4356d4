package wasm

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap/zapcore"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// pool keeps the instances of one binding; the last one used is the next to be used. It never waits for an instance:
// turns, of which there are fewer than processors, bound how many there can be.
type pool struct {
	program  *program
	binding  plugin.Binding
	label    string // "name@digest12"
	stats    stats
	counters guestCounters
	standing *quarantine // of the digest
	closing  sync.Once
	users    atomic.Int64 // calls under way, and one until Close
	room     atomic.Int64 // bytes of input for several records; halved when the guest has no memory for so many

	mu   sync.Mutex
	free []*instance
}

func newPool(p *program, b plugin.Binding) *pool {
	pool := &pool{program: p, binding: b, label: b.Name + "@" + p.digest.Short(), free: make([]*instance, 0, runtime.GOMAXPROCS(0)), standing: p.quarantine}
	pool.users.Store(1)
	pool.room.Store(abi.MaxBatchBytes)
	return pool
}

// Binding returns what the pool was made for.
func (p *pool) Binding() plugin.Binding { return p.binding }

// Info describes the program.
func (p *pool) Info() plugin.Info { return p.program.info }

// Close lets the calls under way end and closes all instances.
func (p *pool) Close() { p.closing.Do(p.leave) }

// enter begins a call, unless the pool is closed or the plugin in quarantine.
func (p *pool) enter() error {
	if p.standing.active() {
		return &plugin.Failure{Plugin: p.label, Class: plugin.Quarantined, Reason: "it failed too often" + p.stats.lastReason()}
	}
	for {
		n := p.users.Load()
		if n == 0 {
			return p.notLoaded()
		}
		if p.users.CompareAndSwap(n, n+1) {
			return nil
		}
	}
}

// leave ends a call. The last one after Close closes the pool.
func (p *pool) leave() {
	if p.users.Add(-1) == 0 {
		p.trim()
		p.program.release(p)
	}
}

func (p *pool) notLoaded() *plugin.Failure {
	return &plugin.Failure{Plugin: p.label, Class: plugin.NotLoaded, Reason: "it is not loaded on this broker"}
}

// warm makes the first instance.
func (p *pool) warm(ctx context.Context) error {
	i, err := p.take(ctx, true)
	if err != nil {
		return err
	}
	p.give(i)
	return nil
}

// take waits for a turn and returns an instance, a new one if asked for. give has to follow.
func (p *pool) take(ctx context.Context, fresh bool) (*instance, error) {
	turns := p.program.engine.turns
	if err := turns.take(ctx); err != nil {
		return nil, err
	}
	if !fresh {
		if i := p.pop(); i != nil {
			return i, nil
		}
	}
	i, failure := newInstance(p)
	if failure != nil && failure.Class == plugin.Overloaded {
		p.program.engine.trim()
		i, failure = newInstance(p)
	}
	if failure != nil {
		turns.give()
		return nil, failure
	}
	p.stats.instances.Add(1)
	return i, nil
}

func (p *pool) pop() *instance {
	p.mu.Lock()
	defer p.mu.Unlock()
	last := len(p.free) - 1
	if last < 0 {
		return nil
	}
	i := p.free[last]
	p.free[last] = nil
	p.free = p.free[:last]
	return i
}

// give puts an instance back, or closes it, and ends the turn.
func (p *pool) give(i *instance) {
	if i.retired() || !p.push(i) {
		i.close()
		p.stats.instances.Add(-1)
	}
	p.program.engine.turns.give()
}

func (p *pool) push(i *instance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.free) == cap(p.free) {
		return false
	}
	p.free = append(p.free, i)
	return true
}

// trim closes the idle instances.
func (p *pool) trim() {
	for i := p.pop(); i != nil; i = p.pop() {
		i.close()
		p.stats.instances.Add(-1)
	}
}

// failed counts and logs a failed call.
func (p *pool) failed(f *plugin.Failure) {
	p.stats.failed(f)
	p.log(zapcore.WarnLevel, fmt.Appendf(nil, "failed: %s: %s", f.Class, f.Reason))
}

// noInstance counts the failure of a set-up for a call; other errors are the caller's own.
func (p *pool) noInstance(err error) error {
	if f, ok := errors.AsType[*plugin.Failure](err); ok {
		p.failed(f)
	}
	return err
}

// settled notes how a whole batch or assignment ended, which is what the quarantine looks at.
func (p *pool) settled(err error) {
	q := p.standing
	if err == nil {
		q.succeeded()
		return
	}
	if f, ok := errors.AsType[*plugin.Failure](err); ok && counts(f.Class) && q.failed(time.Now()) {
		p.log(zapcore.ErrorLevel, fmt.Appendf(nil, "quarantined until %s: it failed too often", q.ends().UTC().Format("15:04:05Z")))
	}
}
