package tcp_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

// server is a Listener on a free port, with routes of the test's own.
type server struct {
	*tcp.Listener
	addr     string
	registry *prometheus.Registry
	logs     *observer.ObservedLogs
}

func serve(tb testing.TB, cfg tcp.Config, routes ...api.Route) *server {
	tb.Helper()
	router, err := api.NewRouter(routes...)
	if err != nil {
		tb.Fatal(err)
	}
	core, logs := observer.New(zap.DebugLevel)
	s := &server{registry: prometheus.NewRegistry(), logs: logs}
	listeners := []config.Listener{{Name: "PLAINTEXT", Host: "127.0.0.1"}}
	if s.Listener, err = tcp.New(cfg, listeners, router, s.registry, zap.New(core)); err != nil {
		tb.Fatal(err)
	}
	if err := s.Bind(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	s.addr = s.Addrs()[0].Addr.String()
	return s
}

// metric returns the value of a gauge or counter.
func (s *server) metric(tb testing.TB, name string) float64 {
	tb.Helper()
	families, err := s.registry.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetGauge().GetValue() + m.GetCounter().GetValue()
		}
	}
	tb.Fatalf("no metric %s", name)
	return 0
}

// eventually waits for a condition that another goroutine brings about.
func eventually(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("did not happen: %s", what)
		}
	}
}

// client is a raw connection.
type client struct {
	t testing.TB
	net.Conn
}

func dial(tb testing.TB, addr string) *client {
	tb.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetDeadline(time.Now().Add(30 * time.Second)); err != nil { // a test that hangs must end
		tb.Fatal(err)
	}
	return &client{tb, nc}
}

// frame builds a request with client id "test".
func frame(key, version int16, correlationID int32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(correlationID))
	b = append(b, "\x00\x04test"...)
	if wire.LookupAPI(key).IsFlexible(version) {
		b = append(b, 0)
	}
	b = append(b, body...)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func (c *client) write(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) send(key, version int16, correlationID int32, body []byte) {
	c.t.Helper()
	c.write(frame(key, version, correlationID, body))
}

// receive returns what follows the size field of the next response.
func (c *client) receive() []byte {
	c.t.Helper()
	b, err := c.tryReceive()
	if err != nil {
		c.t.Fatal(err)
	}
	return b
}

func (c *client) tryReceive() ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(c, b)
	return b, err
}

// expect checks the next response: correlation id, then the rest of header and body.
func (c *client) expect(correlationID int32, rest []byte) {
	c.t.Helper()
	want := append(binary.BigEndian.AppendUint32(nil, uint32(correlationID)), rest...)
	if got := c.receive(); !bytes.Equal(got, want) {
		c.t.Fatalf("got %d bytes %.40x, want %d bytes %.40x", len(got), got, len(want), want)
	}
}

// expectClosed checks that the server closes the connection without another byte.
func (c *client) expectClosed() {
	c.t.Helper()
	rest, err := io.ReadAll(c)
	if len(rest) > 0 {
		c.t.Fatalf("got %d bytes %.40x, want the connection closed", len(rest), rest)
	}
	// A reset is as good: the server did not read all that was sent.
	if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
		c.t.Fatal("the connection was not closed")
	}
}

// echo answers the request's body.
func echo(key int16) api.Route {
	info := wire.LookupAPI(key)
	return api.Route{Key: key, Min: info.Min, Max: info.Max, Handle: func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, c.Body...)
	}}
}

// answer calls f for each request of a key.
func answer(key int16, f func(*api.Call)) api.Route {
	info := wire.LookupAPI(key)
	return api.Route{Key: key, Min: info.Min, Max: info.Max, Handle: f}
}
