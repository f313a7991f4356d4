package hostile_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// patience is how long a mutated request may wait on purpose: a Fetch with a wrong max.wait, a JoinGroup with a wrong
// timeout. The client then goes away.
const patience = 30 * time.Millisecond

// waits reports whether requests with a key may rightly take as long as they say.
func waits(key int16) bool {
	switch kmsg.Key(key) {
	case kmsg.Fetch, kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Produce:
		return true
	}
	return false
}

// sample is one request with what is wrong with it.
type sample struct {
	req  kmsg.Request
	body int // where the body begins in frame
	b    []byte
}

// mutate gives every form of wrong length that the request's body can have to yield, and stops when that says so. Each
// position is taken for each kind of length: a byte, INT16, INT32, a varint.
func (s *sample) mutate(yield func([]byte) bool) {
	for at := s.body; at < len(s.b); at++ {
		for _, v := range []byte{0, 1, 0x7f, 0x80, 0xff} {
			if v != s.b[at] && !yield(splice(s.b, at, 1, v)) {
				return
			}
		}
		for _, v := range []uint16{0x7fff, 0x8000, 0xffff} {
			if at+2 <= len(s.b) && !yield(splice(s.b, at, 2, binary.BigEndian.AppendUint16(nil, v)...)) {
				return
			}
		}
		for _, v := range []uint32{0x7fffffff, 0x80000000, 0xffffffff, 0x00ffffff, 0x7ffffff0} {
			if at+4 <= len(s.b) && !yield(splice(s.b, at, 4, binary.BigEndian.AppendUint32(nil, v)...)) {
				return
			}
		}
		for _, v := range []uint32{0xffffffff, 0x7fffffff, 1 << 24} {
			if !yield(splice(s.b, at, 1, kbin.AppendUvarint(nil, v)...)) {
				return
			}
		}
		if !yield(splice(s.b, at, 1, slices.Repeat([]byte{0xff}, 12)...)) || // a varint without end
			!yield(sized(s.b[4:at])) { // the request breaks off
			return
		}
	}
}

// splice replaces n bytes of a frame and corrects its size.
func splice(b []byte, at, n int, with ...byte) []byte {
	out := slices.Concat(b[:at], with, b[at+n:])
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out
}

// samples returns a valid request for every key and version.
func (tg *target) samples() []sample {
	id := tg.createVictim()
	var list []sample
	for _, k := range tg.supported() {
		for version := k.MinVersion; version <= k.MaxVersion; version++ {
			if k.ApiKey == int16(kmsg.Produce) && version < 3 {
				continue // listed for old clients' sake, not served
			}
			req := valid(k.ApiKey, version, id)
			if req.GetVersion() > req.MaxVersion() {
				continue // newer than what this client can encode
			}
			w := wire{correlation: 6}
			b := w.frame(req)
			list = append(list, sample{req: req, b: b, body: len(b) - len(req.AppendTo(nil))})
		}
	}
	return list
}

func TestValidRequestsAreAnswered(t *testing.T) {
	tg := attack(t)
	for _, s := range tg.samples() {
		w := tg.connect()
		w.correlation = 7
		w.send(s.b)
		if _, err := w.response(s.req); err != nil {
			t.Error(err)
		}
		_ = w.Close()
	}
}

// Every length field of every request in every version, wrong in every way. The small form takes some of them at random.
func TestWrongLengthsInEveryRequest(t *testing.T) {
	tg := attack(t, "auto.create.topics.enable=false")
	var requests [][]byte
	var of []sample
	for _, s := range tg.samples() {
		s.mutate(func(b []byte) bool {
			if full() || tg.rand.IntN(40) == 0 {
				requests, of = append(requests, b), append(of, s)
			}
			return true
		})
	}
	tg.sendAll(requests, of)
}

// Bits of whole requests, the header among them, are flipped at random.
func TestFlippedBits(t *testing.T) {
	tg := attack(t, "auto.create.topics.enable=false")
	var requests [][]byte
	var of []sample
	for _, s := range tg.samples() {
		for range scale(10, 400) {
			b := slices.Clone(s.b)
			for range 1 + tg.rand.IntN(3) {
				b[4+tg.rand.IntN(len(b)-4)] ^= 1 << tg.rand.IntN(8)
			}
			requests, of = append(requests, b), append(of, s)
		}
	}
	tg.sendAll(requests, of)
}

// Bytes at random behind a valid header.
func TestRandomBodies(t *testing.T) {
	tg := attack(t, "auto.create.topics.enable=false")
	var requests [][]byte
	var of []sample
	for _, s := range tg.samples() {
		for range scale(5, 200) {
			body := make([]byte, tg.rand.IntN(200))
			for i := range body {
				body[i] = byte(tg.rand.Uint32())
			}
			requests, of = append(requests, sized(slices.Concat(s.b[4:s.body], body))), append(of, s)
		}
	}
	tg.sendAll(requests, of)
}

// sendAll sends requests on a few connections at once and expects each to end.
func (tg *target) sendAll(requests [][]byte, of []sample) {
	tg.t.Helper()
	const senders = 8
	var running sync.WaitGroup
	var mu sync.Mutex
	ends := map[outcome]int{}
	for first := range senders {
		running.Go(func() {
			var w *wire
			defer func() {
				if w != nil {
					_ = w.Close()
				}
			}()
			for i := first; i < len(requests); i += senders {
				var end outcome
				var err error
				if w, end, err = tg.sendOne(w, requests[i], of[i]); err != nil {
					tg.t.Errorf("%s v%d, % x: %v", kmsg.NameForKey(of[i].req.Key()), of[i].req.GetVersion(), requests[i], err)
				}
				mu.Lock()
				ends[end]++
				mu.Unlock()
			}
		})
	}
	running.Wait()
	tg.t.Logf("%d requests: %d answered, %d closed, %d waiting", len(requests), ends[answered], ends[closed], ends[silent])
}

// sendOne sends a request, on a new connection if there is none, and returns the connection if it is still good.
func (tg *target) sendOne(w *wire, b []byte, s sample) (*wire, outcome, error) {
	if w == nil {
		var err error
		if w, err = tg.dial(); err != nil {
			return nil, closed, err
		}
	}
	w.send(b)
	key := int16(binary.BigEndian.Uint16(b[4:]))
	limit := hang
	if waits(key) || key == 22 {
		limit = patience
	}
	end, answer, err := w.receive(limit)
	switch {
	case err == nil && end == answered:
		err = checkAnswer(b, answer)
		return w, end, err
	case err == nil && end == silent && limit == hang:
		err = fmt.Errorf("no answer in %v", hang)
	}
	_ = w.Close()
	return nil, end, err
}

// checkAnswer decodes an answer by the key and version that the bytes of the request say.
func checkAnswer(request, answer []byte) error {
	key, version := int16(binary.BigEndian.Uint16(request[4:])), int16(binary.BigEndian.Uint16(request[6:]))
	req := kmsg.RequestForKey(key)
	if req == nil {
		return fmt.Errorf("an answer for the unknown key %d", key)
	}
	if key == 18 && (version < 0 || version > req.MaxVersion()) {
		version = 0 // what clients that are newer than the broker get
	}
	req.SetVersion(version)
	_, err := decode(req, int32(binary.BigEndian.Uint32(request[8:])), answer)
	return err
}
