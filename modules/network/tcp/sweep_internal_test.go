package tcp

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
)

// sweptConn is a connection that nobody serves, so that a test can put it into any phase, and whether it was closed.
func sweptConn(t *testing.T, cfg Config) (c *conn, closed func() bool) {
	t.Helper()
	router, err := api.NewRouter()
	if err != nil {
		t.Fatal(err)
	}
	l, err := New(cfg, nil, router, prometheus.NewRegistry(), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _, _ = ours.Close(), theirs.Close() })
	c = newConn(l, ours, netip.AddrPort{}, "PLAINTEXT")
	t.Cleanup(c.cancel)
	l.conns[c] = struct{}{}
	return c, func() bool { return ours.SetDeadline(time.Time{}) != nil }
}

func TestSweepClosesByWhoseTurnItIs(t *testing.T) {
	idle := DefaultConfig().MaxIdle
	for name, tc := range map[string]struct {
		phase   phase
		after   time.Duration
		waiting int32 // others that wait for memory
		closed  bool
	}{
		"idle, not yet":                     {phaseIdle, idle, 0, false},
		"idle for too long":                 {phaseIdle, idle + 1, 0, true},
		"a response that nobody takes":      {phaseWriting, idle + 1, 0, true},
		"a request that stopped":            {phaseReading, idle + 1, 0, true},
		"a slow request":                    {phaseReading, idle, 0, false},
		"a slow request while others wait":  {phaseReading, stallGrace + 1, 3, true},
		"a young request while others wait": {phaseReading, stallGrace, 3, false},
		"a request that waits for memory":   {phaseWaiting, 10 * idle, 3, false},
		"a request that runs":               {phaseRunning, 10 * idle, 3, false},
	} {
		t.Run(name, func(t *testing.T) {
			c, closed := sweptConn(t, DefaultConfig())
			c.progress.enter(tc.phase)
			c.l.usual.waiting.Store(tc.waiting)
			c.l.look(c.l.clock.Load() + int64(tc.after))
			if closed() != tc.closed {
				t.Errorf("closed = %v", closed())
			}
		})
	}
}

func TestSweepWithoutIdleLimit(t *testing.T) {
	cfg := DefaultConfig()
	cfg.MaxIdle = -time.Millisecond
	c, closed := sweptConn(t, cfg)
	now := c.l.clock.Load()
	c.l.look(now + int64(24*time.Hour))
	if closed() {
		t.Error("an idle connection was closed")
	}
	c.progress.writing()
	c.l.look(now + int64(stuckLimit) + 1)
	if !closed() {
		t.Error("a connection whose client takes nothing was left open")
	}
}
