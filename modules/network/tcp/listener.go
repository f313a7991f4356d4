package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/network"
)

// Listener serves the Kafka protocol on the addresses of all Kafka listeners.
type Listener struct {
	cfg       Config
	listeners []config.Listener
	router    *api.Router
	log       *zap.Logger
	metrics   *metrics

	pool   pool
	usual  *budget // frames up to hugeFrame
	huge   *budget
	decode *budget // what requests decode to, and their answers

	answers answers
	clock   atomic.Int64 // the sweeper's, Unix nanoseconds

	ctx      context.Context //nolint:containedctx // of all connections; it ends with Close
	cancel   context.CancelFunc
	running  sync.WaitGroup
	draining atomic.Bool

	mu      sync.Mutex
	sockets []socket
	conns   map[*conn]struct{}
	perIP   map[netip.Addr]int32
	empty   chan struct{} // closed when draining and no connection is left
}

// socket is a bound address.
type socket struct {
	listener string
	net.Listener
}

// New returns a Listener that is not bound yet. The metrics are registered with reg.
func New(cfg Config, listeners []config.Listener, router *api.Router, reg prometheus.Registerer, log *zap.Logger) (*Listener, error) {
	memory := cfg.QueuedMaxBytes
	if memory < 0 {
		memory = automaticBudget(machineMemory())
	}
	l := &Listener{
		cfg: cfg, listeners: listeners, router: router, log: log,
		usual: newBudget(memory / 2), huge: newBudget(memory / 2), decode: newBudget(memory),
		conns: map[*conn]struct{}{}, perIP: map[netip.Addr]int32{}, empty: make(chan struct{}),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.clock.Store(time.Now().UnixNano())
	var err error
	l.metrics, err = newMetrics(reg, router, func() float64 {
		return float64(l.usual.inUse.Load() + l.huge.inUse.Load())
	})
	if err != nil {
		return nil, fmt.Errorf("network/tcp: metrics: %w", err)
	}
	return l, nil
}

// Name returns "tcp".
func (l *Listener) Name() string { return "tcp" }

// Bind opens all addresses, or none: the error names each one that cannot be had.
func (l *Listener) Bind(ctx context.Context) error {
	var sockets []socket
	var errs []error
	for _, k := range l.listeners {
		s, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(k.Host, strconv.Itoa(int(k.Port))))
		if err != nil {
			errs = append(errs, fmt.Errorf("listeners: %s://%s:%d: %w%s", k.Name, k.Host, k.Port, err, advice(err)))
			continue
		}
		sockets = append(sockets, socket{k.Name, s})
	}
	if len(errs) > 0 {
		for _, s := range sockets {
			_ = s.Close()
		}
		return errors.Join(errs...)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sockets = sockets
	return nil
}

// advice says what to do about an address that cannot be bound.
func advice(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "; another process has this port: stop it, or choose another port"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return "; this machine has no such address: bind one that it has, or 0.0.0.0, and put what clients use into advertised.listeners"
	case errors.Is(err, syscall.EACCES):
		return "; ports below 1024 need privileges: choose a higher one"
	}
	return ""
}

// Addrs returns the bound addresses.
func (l *Listener) Addrs() []network.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	addrs := make([]network.Addr, 0, len(l.sockets))
	for _, s := range l.sockets {
		addrs = append(addrs, network.Addr{Listener: s.listener, Addr: s.Addr()})
	}
	return addrs
}

// Serve accepts connections until Drain or Close.
func (l *Listener) Serve() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.sockets) == 0 {
		return errors.New("network/tcp: not bound")
	}
	for _, s := range l.sockets {
		l.running.Go(func() { l.accept(s) })
	}
	l.running.Go(l.sweep)
	return nil
}

func (l *Listener) accept(s socket) {
	const longest = time.Second
	pause := 5 * time.Millisecond
	for {
		nc, err := s.Accept()
		switch {
		case err == nil:
			pause = 5 * time.Millisecond
			l.admit(nc, s.listener)
		case errors.Is(err, net.ErrClosed):
			return
		default: // such as too many open files: others must close some first
			l.log.Warn("cannot accept a connection; it is tried again", zap.String("listener", s.listener), zap.Error(err))
			select {
			case <-time.After(pause):
				pause = min(2*pause, longest)
			case <-l.ctx.Done():
				return
			}
		}
	}
}

// admit starts serving a connection, or closes it when there are too many.
func (l *Listener) admit(nc net.Conn, listener string) {
	addr := addrPort(nc.RemoteAddr())
	l.mu.Lock()
	defer l.mu.Unlock()
	reason := ""
	switch {
	case l.draining.Load():
		reason = "the broker stops"
	case len(l.conns) >= int(l.cfg.MaxConnections):
		reason = "max.connections"
	case l.perIP[addr.Addr()] >= l.cfg.MaxConnectionsPerIP:
		reason = "max.connections.per.ip"
	}
	if reason != "" {
		l.metrics.refused.Inc()
		l.log.Debug("connection refused", zap.Stringer("client", addr), zap.String("listener", listener), zap.String("reason", reason))
		_ = nc.Close()
		return
	}
	l.setBuffers(nc)
	l.metrics.accepted.Inc()
	l.metrics.connections.Inc()
	c := newConn(l, nc, addr, listener)
	l.conns[c] = struct{}{}
	l.perIP[addr.Addr()]++
	l.running.Go(c.serve)
}

// setBuffers sets the socket's buffer sizes. A size that the operating system does not take is left as it is.
func (l *Listener) setBuffers(nc net.Conn) {
	tcp, ok := nc.(*net.TCPConn)
	if !ok {
		return
	}
	if n := l.cfg.SendBufferBytes; n > 0 {
		_ = tcp.SetWriteBuffer(int(n))
	}
	if n := l.cfg.ReceiveBufferBytes; n > 0 {
		_ = tcp.SetReadBuffer(int(n))
	}
}

// addrPort returns the address without IPv4-in-IPv6 form.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// forget is called by a connection that ended.
func (l *Listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	ip := c.addr.Addr()
	if l.perIP[ip]--; l.perIP[ip] <= 0 {
		delete(l.perIP, ip)
	}
	l.metrics.connections.Dec()
	l.checkEmpty()
}

// checkEmpty wakes Drain. l.mu is held.
func (l *Listener) checkEmpty() {
	if !l.draining.Load() || len(l.conns) > 0 {
		return
	}
	select {
	case <-l.empty:
	default:
		close(l.empty)
	}
}

var _ network.Listener = (*Listener)(nil)
