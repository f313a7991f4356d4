package binding

import (
	"time"

	"go.uber.org/zap"
)

// load makes a goroutine load what a binding asks for. The caller holds mu.
func (b *Bindings) load(t *binding) {
	t.generation++
	if t.loading {
		t.wake()
		return
	}
	t.loading = true
	if b.untried > 0 {
		t.untried = true
		b.untried++
	}
	b.tasks.Go(func() { b.loadUntilDone(t) })
}

// wakeAll makes bindings that wait for a plugin try again: it may be there now.
func (b *Bindings) wakeAll() {
	for _, t := range b.topics {
		t.wake()
	}
	for _, g := range b.groups {
		g.wake()
	}
}

// wake ends a pause of the binding's goroutine.
func (t *binding) wake() {
	select {
	case t.again <- struct{}{}:
	default: // awake already
	}
}

// The pauses between two attempts to load a plugin double.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 10 * time.Second
)

// loadUntilDone loads what a binding asks for until that is in force, or it is sure that it never can be.
func (b *Bindings) loadUntilDone(t *binding) {
	pause, last := firstPause, 0
	for {
		b.mu.Lock()
		if t.dropped {
			b.ended(t)
			b.mu.Unlock()
			return
		}
		wanted := *t
		b.mu.Unlock()
		if wanted.generation != last {
			pause, last = firstPause, wanted.generation
		}
		made := b.make(&wanted)
		b.mu.Lock()
		done := b.put(t, &made, wanted.generation)
		if done {
			b.ended(t)
		} else {
			b.attempted(t)
		}
		b.mu.Unlock()
		if done {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-t.again:
		case <-b.ctx.Done():
		}
		timer.Stop()
		pause = min(2*pause, maxPause)
	}
}

// ended notes that no goroutine has the binding any more. The caller holds mu.
func (b *Bindings) ended(t *binding) {
	t.loading = false
	b.attempted(t)
}

// attempted tells Settled of a binding's first attempt. The caller holds mu.
func (b *Bindings) attempted(t *binding) {
	if t.untried {
		t.untried = false
		b.tried()
	}
}

// put makes what was loaded the plugins in force and reports whether there is nothing left to do. The caller holds mu.
func (b *Bindings) put(t *binding, m *made, generation int) bool {
	if t.dropped || b.ctx.Err() != nil {
		m.discard()
		return true
	}
	if t.generation != generation {
		m.discard()
		t.wake()
		return false
	}
	news := !equal(t.problem, m.problem) || !equal(t.shadowProblem, m.shadowProblem)
	if news && (m.problem != nil || m.shadowProblem != nil) {
		b.Log.Warn("a plugin can't run", zap.String("binding", t.name), zap.Errors("reasons", m.reasons()), zap.Bool("tried_again", m.again))
	}
	t.problem, t.shadowProblem = m.problem, m.shadowProblem
	// Rather the plugins that there were than none; and a chain that fails as the one in force does is no better.
	if m.waits() && t.whole || !news && t.inForce == generation {
		m.discard()
		return !m.again
	}
	t.whole, t.inForce = m.problem == nil, generation
	if m.assignor != nil || t.assignor != nil {
		old := t.assignor
		if t.assignor = m.assignor; old != nil {
			old.Close()
		}
	}
	if m.chain != nil {
		t.chain = m.chain
		b.Partitions.SetChain(t.id, m.chain)
	}
	if t.whole {
		b.Log.Info("plugins are in force", zap.String("binding", t.name))
	}
	return !m.again
}
