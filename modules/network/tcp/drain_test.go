package tcp_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDrainEndsIdleConnectionsAndLetsRequestsFinish(t *testing.T) {
	running, proceed := make(chan struct{}), make(chan struct{})
	s := serve(t, tcp.DefaultConfig(), echo(wire.Metadata), answer(wire.Produce, func(c *api.Call) {
		close(running)
		<-proceed
		c.Response.Body = append(c.Response.Body, "stored"...)
	}))
	idle, half, busy := dial(t, s.addr), dial(t, s.addr), dial(t, s.addr)
	idle.send(wire.Metadata, 1, 1, nil)
	idle.expect(1, nil)
	half.write([]byte{0, 0, 0, 50, 0, 3})
	busy.send(wire.Produce, 3, 7, []byte("records"))
	<-running

	drained := make(chan error, 1)
	go func() { drained <- s.Drain(t.Context()) }()
	idle.expectClosed()
	half.expectClosed()
	if nc, err := net.Dial("tcp", s.addr); err == nil {
		_ = nc.Close()
		t.Error("a draining listener accepted a connection")
	}
	close(proceed)
	busy.expect(7, []byte("stored"))
	busy.expectClosed()
	if err := <-drained; err != nil {
		t.Error(err)
	}
}

func TestDrainEndsLongPollsInTheMiddleOfItsTime(t *testing.T) {
	running := make(chan struct{})
	s := serve(t, tcp.DefaultConfig(), answer(wire.Fetch, func(c *api.Call) {
		close(running)
		<-c.Context().Done()
		c.Response.Body = append(c.Response.Body, "nothing new"...)
	}))
	c := dial(t, s.addr)
	c.send(wire.Fetch, 4, 7, nil)
	<-running
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Drain(ctx); err != nil {
		t.Error(err)
	}
	c.expect(7, []byte("nothing new"))
}

func TestDrainGivesUpWhenItsTimeIsOver(t *testing.T) {
	running, proceed := make(chan struct{}), make(chan struct{})
	s := serve(t, tcp.DefaultConfig(), answer(wire.Fetch, func(*api.Call) {
		close(running)
		<-proceed
	}))
	c := dial(t, s.addr)
	c.send(wire.Fetch, 4, 7, nil)
	<-running
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Drain(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	close(proceed)
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestDrainOfAnUnusedListener(t *testing.T) {
	if err := serve(t, tcp.DefaultConfig()).Drain(t.Context()); err != nil {
		t.Error(err)
	}
}

func newListener(t *testing.T, listeners ...config.Listener) *tcp.Listener {
	t.Helper()
	router, err := api.NewRouter()
	if err != nil {
		t.Fatal(err)
	}
	l, err := tcp.New(tcp.DefaultConfig(), listeners, router, prometheus.NewRegistry(), zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestBindNamesEveryAddressThatItCannotHave(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := int32(taken.Addr().(*net.TCPAddr).Port)
	l := newListener(t,
		config.Listener{Name: "PLAINTEXT", Host: "127.0.0.1", Port: port},
		config.Listener{Name: "FREE", Host: "127.0.0.1"},
		config.Listener{Name: "ELSEWHERE", Host: "192.0.2.1", Port: 9092})
	err = l.Bind(t.Context())
	if err == nil {
		t.Fatal("bound")
	}
	for _, part := range []string{
		"PLAINTEXT://127.0.0.1:" + strconv.Itoa(int(port)), "another process has this port", "ELSEWHERE://192.0.2.1:9092",
		"this machine has no such address",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	if len(l.Addrs()) != 0 {
		t.Errorf("still bound: %v", l.Addrs())
	}
	if l.Serve() == nil {
		t.Error("serves without addresses")
	}
}

func TestSeveralListeners(t *testing.T) {
	l := newListener(t, config.Listener{Name: "INTERNAL", Host: "127.0.0.1"}, config.Listener{Name: "EXTERNAL", Host: "::1"})
	if err := l.Bind(t.Context()); err != nil {
		t.Fatal(err)
	}
	addrs := l.Addrs()
	if len(addrs) != 2 || addrs[0].Listener != "INTERNAL" || addrs[1].Listener != "EXTERNAL" {
		t.Errorf("addresses %v", addrs)
	}
	if l.Name() != "tcp" {
		t.Errorf("name %q", l.Name())
	}
}

func TestConfigValidation(t *testing.T) {
	if err := tcp.DefaultConfig().Validate(); err != nil {
		t.Error(err)
	}
	bad := tcp.Config{QueuedMaxBytes: 5, MaxConnections: -1, MaxConnectionsPerIP: -1}
	err := bad.Validate()
	for _, key := range []string{
		"socket.request.max.bytes", "queued.max.request.bytes", "connections.max.idle.ms", "max.connections:",
		"max.connections.per.ip", "socket.send.buffer.bytes", "socket.receive.buffer.bytes",
	} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("error %v does not name %s", err, key)
		}
	}
}
