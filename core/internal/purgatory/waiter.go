package purgatory

import (
	"context"
	"errors"
	"time"
)

// ErrExpired says that a deadline passed before what was waited for.
var ErrExpired = errors.New("purgatory: deadline passed")

// Waiter blocks one goroutine until something that it watches changes. A connection makes one and uses it for request after
// request; only Wake of the watched queues may run at the same time as its methods.
type Waiter struct {
	woken   chan struct{} // holds one token: look again
	timer   *time.Timer   // nil until first needed
	watches []*watch      // those in use first, then ones to be used again
	used    int
}

// NewWaiter returns a waiter that watches nothing.
func NewWaiter() *Waiter { return &Waiter{woken: make(chan struct{}, 1)} }

// Watch makes q.Wake wake w, until Unwatch. Changes that happened before are not noticed: look after watching.
func (w *Waiter) Watch(q *Queue) {
	if w.used == len(w.watches) {
		w.watches = append(w.watches, &watch{waiter: w})
	}
	at := w.watches[w.used]
	w.used++
	at.queue = q
	q.add(at)
}

// Unwatch leaves every queue. The waiter is then as new.
func (w *Waiter) Unwatch() {
	for _, at := range w.watches[:w.used] {
		at.queue.remove(at)
		at.queue = nil
	}
	w.used = 0
	select {
	case <-w.woken: // too late for anybody
	default:
	}
}

// Wait blocks until a watched queue wakes w, also if that was since the last Wait (nil), the deadline passes (ErrExpired)
// or ctx ends (its error). The zero deadline never passes. A wake-up may come without a reason: look again.
func (w *Waiter) Wait(ctx context.Context, deadline time.Time) error {
	var expired <-chan time.Time
	if !deadline.IsZero() {
		left := time.Until(deadline)
		if left <= 0 {
			return ErrExpired // even when woken, or a busy partition could keep a request for ever
		}
		if w.timer == nil {
			w.timer = time.NewTimer(left)
		} else {
			w.timer.Reset(left)
		}
		defer w.timer.Stop()
		expired = w.timer.C
	}
	select {
	case <-w.woken:
		return nil
	case <-expired:
		return ErrExpired
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Await blocks until done reports true. It asks first, and again after each wake-up and at the deadline; everything that
// can make done true must be watched before. The errors are those of Wait.
func (w *Waiter) Await(ctx context.Context, deadline time.Time, done func() bool) error {
	for !done() {
		if err := w.Wait(ctx, deadline); err != nil {
			if errors.Is(err, ErrExpired) && done() {
				return nil
			}
			return err
		}
	}
	return nil
}

// wake leaves a token unless there is one.
func (w *Waiter) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}
