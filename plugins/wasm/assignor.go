package wasm

import (
	"context"
	"math"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// assignor is a pool bound as an assignor.
type assignor struct{ *pool }

var _ plugin.Assignor = (*assignor)(nil)

// Assign computes a target assignment in one call.
func (s *assignor) Assign(ctx context.Context, g *plugin.Group, a *plugin.Assignment) error {
	p := s.pool
	if err := p.enter(); err != nil {
		return err
	}
	defer p.leave()
	a.Reset(len(g.Members))
	if len(g.Members) == 0 {
		return nil
	}
	err := s.attempt(ctx, g, a)
	p.settled(err)
	return err
}

// attempt makes one call, and a second one on a fresh instance if the first may have failed for what earlier calls left.
func (s *assignor) attempt(ctx context.Context, g *plugin.Group, a *plugin.Assignment) error {
	p := s.pool
	i, err := p.take(ctx, false)
	if err != nil {
		return p.noInstance(err)
	}
	served := i.calls > 0
	failure := i.assign(g, a)
	p.give(i)
	if failure == nil {
		return nil
	}
	p.failed(failure)
	if !served || !mayHeal(failure.Class, 1) {
		return failure
	}
	if i, err = p.take(ctx, true); err != nil {
		return p.noInstance(err)
	}
	failure = i.assign(g, a)
	p.give(i)
	if failure == nil {
		return nil
	}
	p.failed(failure)
	return failure
}

// assign makes the call.
func (i *instance) assign(g *plugin.Group, a *plugin.Assignment) (failure *plugin.Failure) {
	defer func() {
		if r := recover(); r != nil {
			failure = i.panicked(r)
		}
	}()
	start := time.Now()
	program := i.pool.program
	i.calls++
	i.brokerTime = 0
	l := layoutOf(g)
	if l.size > cap(i.linear.b)/2 {
		return i.fail(plugin.OutOfMemory, "the group takes %d bytes, more than half of its memory", l.size)
	}
	i.tank.fill(assignFuel(partitionsAndMembers(g), program.wasi), program.engine.config.AssignTimeout)
	area, failure := i.inputArea(l.size)
	if failure != nil {
		return failure
	}
	if area == nil {
		return i.fail(plugin.OutOfMemory, "it has no room for %d bytes of input", l.size)
	}
	l.encode(area, i.area, g)
	i.stack[0], i.stack[1] = uint64(i.area), uint64(l.size)
	r, failure := i.call(i.function[assign], 2)
	switch {
	case failure != nil:
		return failure
	case int64(r) < 0:
		return i.refused(int64(r))
	}
	memory, _ := i.memory.Read(0, i.memory.Size())
	if err := readAssignment(memory, int64(r), l.size, g, a); err != nil {
		return i.badOutput(err)
	}
	stats := &i.pool.stats
	stats.called(len(g.Members), l.size, i.tank.used())
	stats.busy.Add(int64(time.Since(start)))
	return nil
}

// partitionsAndMembers is what the budget of an assignment grows with.
func partitionsAndMembers(g *plugin.Group) int {
	n := len(g.Members)
	for i := range g.Topics {
		n += int(g.Topics[i].NumPartitions)
	}
	return min(n, math.MaxInt32)
}
