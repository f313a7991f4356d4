package tcp_test

import (
	"bytes"
	"runtime"
	"sync"
	"testing"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/wire"
	"github.com/jackdawmq/jackdaw/modules/network/tcp"
)

const memoryMetric = "jackdaw_network_request_memory_bytes"

// announce opens a connection whose Produce frame says n bytes, of which it sends sent.
func announce(t *testing.T, s *server, n, sent int) *client {
	t.Helper()
	c := dial(t, s.addr)
	b := frame(wire.Produce, 3, 1, make([]byte, sent))
	b[0], b[1], b[2], b[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n)
	c.write(b)
	return c
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestAnnouncedFramesCostNothing(t *testing.T) {
	s := serve(t, tcp.DefaultConfig(), echo(wire.Produce), echo(wire.Metadata))
	before := heap()
	for range 30 {
		announce(t, s, 90<<20, 1000)
	}
	eventually(t, "30 frames began", func() bool { return s.metric(t, memoryMetric) == 30*64<<10 })
	if grown := int64(heap()) - int64(before); grown > 10<<20 {
		t.Errorf("30 announced frames of 90 MB took %d bytes", grown)
	}
	c := dial(t, s.addr)
	body := make([]byte, 3<<20)
	go c.send(wire.Produce, 3, 5, body)
	c.expect(5, body)
}

func TestHonestFramesBeyondTheBudgetAllArrive(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.QueuedMaxBytes = 8 << 20
	s := serve(t, cfg, answer(wire.Produce, func(c *api.Call) {
		c.Response.Body = append(c.Response.Body, c.Body[:8]...)
	}))
	var wg sync.WaitGroup
	for i := range 20 {
		c := dial(t, s.addr)
		size := 9 << 20 // more than the whole budget
		if i%2 == 0 {
			size = 1 << 20
		}
		body := bytes.Repeat([]byte{byte(i)}, size)
		wg.Go(func() {
			for range 3 {
				go c.send(wire.Produce, 3, 1, body)
				if got, err := c.tryReceive(); err != nil || !bytes.Equal(got[4:], body[:8]) {
					t.Errorf("client %d: %v, error %v", i, got, err)
					return
				}
			}
		})
	}
	wg.Wait()
	if used := s.metric(t, memoryMetric); used != 0 {
		t.Errorf("%v bytes are still charged", used)
	}
}

func TestSmallRequestsPassWhenTheBudgetIsSpent(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.QueuedMaxBytes = 1 << 20
	s := serve(t, cfg, echo(wire.Produce), echo(wire.Metadata))
	var stuck []*client
	for range 40 { // half of the budget is 8 frames of 64 KiB, and one may go over the limit
		stuck = append(stuck, announce(t, s, 1<<20, 60<<10))
	}
	eventually(t, "the budget is spent", func() bool { return s.metric(t, memoryMetric) >= 512<<10 })
	c := dial(t, s.addr)
	c.send(wire.Metadata, 1, 1, []byte("small"))
	c.expect(1, []byte("small"))
	for _, c := range stuck {
		_ = c.Close()
	}
	eventually(t, "the memory of clients that left is back", func() bool { return s.metric(t, memoryMetric) == 0 })
}

func TestDecodingIsChargedAndGivenBack(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.QueuedMaxBytes = 1 << 20
	running, proceed := make(chan struct{}, 10), make(chan struct{})
	s := serve(t, cfg, answer(wire.CreateTopics, func(c *api.Call) {
		running <- struct{}{}
		<-proceed
	}))
	for range 3 { // 64 KiB x 64 is over the budget for decoding: one at a time
		dial(t, s.addr).send(wire.CreateTopics, 2, 1, make([]byte, 64<<10))
	}
	<-running
	close(proceed)
	<-running
	<-running
}

func TestGroupRequestsAreRefusedInsteadOfWaitingForEachOther(t *testing.T) {
	cfg := tcp.DefaultConfig()
	cfg.QueuedMaxBytes = 1 << 20
	joined, proceed := make(chan struct{}), make(chan struct{})
	s := serve(t, cfg, answer(wire.JoinGroup, func(c *api.Call) {
		close(joined)
		<-proceed
		c.Response.Body = append(c.Response.Body, "joined"...)
	}))
	first, second := dial(t, s.addr), dial(t, s.addr)
	first.send(wire.JoinGroup, 2, 1, make([]byte, 90<<10))
	<-joined
	second.send(wire.JoinGroup, 2, 2, make([]byte, 90<<10))
	second.expectClosed()
	close(proceed)
	first.expect(1, []byte("joined"))
	if s.logs.FilterMessageSnippet("queued.max.request.bytes").Len() != 1 {
		t.Error("nothing tells the operator what to do")
	}
}
