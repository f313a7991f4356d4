package tcp

import (
	"time"

	"go.uber.org/zap"
)

const (
	stallGrace = 10 * time.Second // a request may take this long to arrive, whatever its size,
	stallRate  = 64 << 10         // and a second more for so many bytes, while others wait for its memory
	peerCheck  = time.Second      // how long a request runs before its client is looked after
	stuckLimit = 10 * time.Minute // for what is under way, where connections.max.idle.ms is -1
)

// sweep looks at all connections from time to time until the Listener is closed. It is the only one that reads a clock
// for them: deadlines per request would cost more than the small requests themselves.
func (l *Listener) sweep() {
	every := time.Second
	if idle := l.cfg.MaxIdle; idle > 0 {
		every = min(every, max(idle/4, time.Millisecond))
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case now := <-ticker.C:
			l.clock.Store(now.UnixNano())
			l.look(now.UnixNano())
		}
	}
}

// look closes connections whose client's turn it was for too long, and ends the context of requests whose client is gone.
func (l *Listener) look(now int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		p := &c.progress
		switch phase(p.phase.Load()) {
		case phaseIdle:
			closeIdle(c, now, l.cfg.MaxIdle)
		case phaseWriting:
			closeIdle(c, now, l.stuckLimit())
			if p.charged.Load() && l.decode.waiting.Load() > 0 {
				closeIdle(c, now, stallGrace)
			}
		case phaseReading:
			closeIdle(c, now, l.stuckLimit())
			if c.frames.holdsUp(now) {
				c.log.Debug("connection closed: its request arrives slowly while others wait for the memory",
					zap.Int64("received", p.bytes.Load()))
				_ = c.net.Close()
			}
		case phaseRunning:
			if now-p.began.Load() >= int64(peerCheck) && peerGone(c.net) {
				c.cancel()
			}
		case phaseWaiting:
		}
	}
}

// stuckLimit is how long nothing may move in the middle of a request or response.
func (l *Listener) stuckLimit() time.Duration {
	if l.cfg.MaxIdle < 0 {
		return stuckLimit
	}
	return l.cfg.MaxIdle
}

// closeIdle closes a connection on which nothing moved for longer than limit; a negative limit is none.
func closeIdle(c *conn, now int64, limit time.Duration) {
	if limit >= 0 && now-c.progress.moved.Load() > int64(limit) {
		c.log.Debug("connection closed: nothing moved", zap.Duration("limit", limit))
		_ = c.net.Close() // its goroutine sees that and ends
	}
}

// holdsUp reports whether others wait for memory while the frame arrives too slowly.
func (f *frameReader) holdsUp(now int64) bool {
	if f.usual.waiting.Load() == 0 && f.huge.waiting.Load() == 0 {
		return false
	}
	p := f.progress
	took := time.Duration(now - p.began.Load())
	return took > stallGrace+time.Duration(p.bytes.Load()/stallRate)*time.Second
}
