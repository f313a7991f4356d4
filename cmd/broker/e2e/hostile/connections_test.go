package hostile_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// descriptors raises the limit of open files of this process, which the broker inherits, and returns how many connections
// of want both can have.
func descriptors(t *testing.T, want int) int {
	t.Helper()
	const others = 500 // files of both that are no connections
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		t.Logf("RLIMIT_NOFILE cannot be raised: %v", err)
	}
	if room := int(min(limit.Max, 1<<20)) - others; room < want {
		t.Logf("%d connections instead of %d: RLIMIT_NOFILE is %d", room, want, limit.Max)
		return room
	}
	return want
}

// flood opens n connections and sends each what first returns.
func (tg *target) flood(n int, first func(w *wire, i int) []byte) []*wire {
	tg.t.Helper()
	tg.connections = max(tg.connections, n)
	list := make([]*wire, n)
	for i := range list {
		list[i] = tg.connect()
		if b := first(list[i], i); len(b) > 0 {
			list[i].send(b)
		}
	}
	return list
}

func TestIdleConnections(t *testing.T) {
	n := descriptors(t, scale(500, 10_000))
	tg := attack(t)
	// Some have never sent anything, others have been told much before.
	asked := describeBroker(1)
	tg.flood(n, func(w *wire, i int) []byte {
		if i%4 == 0 {
			if _, err := w.request(asked); err != nil {
				t.Fatal(err)
			}
		}
		return nil
	})
	if open := tg.metric("jackdaw_network_connections"); open < float64(n) {
		t.Errorf("%v connections of %d are open", open, n)
	}
}

// announce returns the beginning of a Produce frame that says size bytes, of which sent are there.
func announce(w *wire, size, sent int) []byte {
	b := w.frame(produceRequest(victimTopic, make([]byte, sent)))
	binary.BigEndian.PutUint32(b, uint32(size))
	return b
}

// Connections that each announce a large frame, send a part of it, and hold on to that.
func TestConnectionsThatHoldLargeFrames(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	n := scale(150, 1000)
	sizes := []int{64 << 10, 1 << 20, 10 << 20, 90 << 20}
	conns := tg.flood(n, func(w *wire, i int) []byte { return announce(w, sizes[i%len(sizes)], 60<<10) })
	// Beside them, honest requests of every size still get through.
	for _, size := range []int{1 << 10, 100 << 10, 1_000_000} {
		b := newBatch()
		b.Records = make([]byte, size)
		if resp, err := tg.connect().request(produceRequest(victimTopic, encode(b))); err != nil {
			t.Errorf("a request of %d bytes beside them: %v", size, err)
		} else if produceCode(resp) == 0 {
			t.Error("zeros are no records")
		}
	}
	for _, w := range conns {
		_ = w.Close()
	}
}

// Clients that announce 90 MB and send them bit by bit, all at the same time, over the whole of the budget.
func TestSlowLargeFrames(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	const size = 90 << 20
	conns := tg.flood(scale(10, 30), func(w *wire, _ int) []byte { return announce(w, size, 1) })
	var running sync.WaitGroup
	for _, w := range conns {
		running.Go(func() {
			chunk := make([]byte, 64<<10)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for sent := 0; sent < scale(4<<20, 80<<20); sent += len(chunk) {
				<-tick.C
				_ = w.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
				if _, err := w.Write(chunk); err != nil {
					return // the broker does not read, or has closed the connection: both are right
				}
			}
		})
	}
	running.Wait()
	for _, w := range conns {
		_ = w.Close()
	}
}

// Connections that come and go as fast as they can, some with a reset.
func TestConnectionStorm(t *testing.T) {
	tg := attack(t)
	var running sync.WaitGroup
	for i := range 8 {
		random := rand.New(rand.NewPCG(tg.rand.Uint64(), uint64(i)))
		running.Go(func() {
			for range scale(100, 3000) {
				w, err := tg.dial()
				if err != nil {
					t.Error(err)
					return
				}
				if random.IntN(2) == 0 {
					w.send(w.frame(apiVersions(0)))
				}
				if tcp, ok := w.Conn.(interface{ SetLinger(int) error }); ok && random.IntN(2) == 0 {
					_ = tcp.SetLinger(0)
				}
				_ = w.Close()
			}
		})
	}
	running.Wait()
}

func produceCode(resp kmsg.Response) int16 {
	return resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0].ErrorCode
}
