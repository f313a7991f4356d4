package tcp

import (
	"context"
	"time"
)

// Drain stops accepting, closes connections that have no request in work and lets the others finish the one they have. In
// the middle of the time that ctx leaves, the contexts of the requests that still run end, so that long polls answer in
// what is left. It returns ctx's error when connections remain.
func (l *Listener) Drain(ctx context.Context) error {
	l.mu.Lock()
	l.draining.Store(true)
	l.closeSockets()
	for c := range l.conns {
		// Reading ends at once, also for connections that are about to begin; writing goes on.
		_ = c.net.SetReadDeadline(time.Unix(1, 0))
	}
	l.checkEmpty()
	l.mu.Unlock()

	var half <-chan time.Time
	if deadline, ok := ctx.Deadline(); ok {
		t := time.NewTimer(time.Until(deadline) / 2)
		defer t.Stop()
		half = t.C
	}
	for {
		select {
		case <-l.empty:
			return nil
		case <-half:
			half = nil
			l.cancelRequests()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (l *Listener) cancelRequests() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.cancel()
	}
}

// Close drops all connections and waits until their goroutines ended.
func (l *Listener) Close() error {
	l.cancel()
	l.mu.Lock()
	l.draining.Store(true)
	l.closeSockets()
	for c := range l.conns {
		_ = c.net.Close()
	}
	l.mu.Unlock()
	l.running.Wait()
	return nil
}

// closeSockets stops accepting. l.mu is held.
func (l *Listener) closeSockets() {
	for _, s := range l.sockets {
		_ = s.Close() // closed already: nothing to do
	}
}
