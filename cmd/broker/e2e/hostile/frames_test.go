package hostile_test

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func apiVersions(version int16) kmsg.Request {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "hostile", "1"
	req.SetVersion(version)
	return req
}

func TestFramesThatAreNoRequests(t *testing.T) {
	tg := attack(t)
	valid := new(wire).frame(apiVersions(3))
	frames := map[string][]byte{
		"HTTP":                []byte("GET / HTTP/1.1\r\nHost: kafka\r\n\r\n"),
		"SSH":                 []byte("SSH-2.0-OpenSSH_9.6\r\n"),
		"zeros":               make([]byte, 4096),
		"ones":                slices.Repeat([]byte{0xff}, 4096),
		"a header cut off":    sized(valid[4:11]),
		"client id too long":  sized([]byte{0, 18, 0, 0, 0, 0, 0, 1, 0x7f, 0xff, 'x'}),
		"a million tags":      sized([]byte{0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 0xc0, 0x84, 0x3d, 0, 0}),
		"a tag without end":   sized([]byte{0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff, 1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f}),
		"a varint of 11 byte": sized(append([]byte{0, 3, 0, 9, 0, 0, 0, 1, 0xff, 0xff}, slices.Repeat([]byte{0xff}, 11)...)),
	}
	for _, size := range []uint32{0, 1, 7, 1 << 31, math.MaxUint32, math.MaxInt32, 100<<20 + 1, 1 << 30} {
		lie := slices.Clone(valid)
		binary.BigEndian.PutUint32(lie, size)
		frames[fmt.Sprintf("a frame that says %d", size)] = lie
	}
	for _, key := range []uint16{4, 5, 6, 7, 99, 127, 128, 1000, 0x7fff, 0x8000, 0xffff} {
		b := slices.Clone(valid)
		binary.BigEndian.PutUint16(b[4:], key)
		frames[fmt.Sprint("an unknown key ", key)] = b
	}
	for _, version := range []uint16{99, 0x7fff, 0x8000, 0xffff} {
		b := slices.Clone(valid)
		binary.BigEndian.PutUint16(b[4:], 3)
		binary.BigEndian.PutUint16(b[6:], version)
		frames[fmt.Sprint("an unknown version of Metadata ", version)] = b
	}
	for _, name := range slices.Sorted(maps.Keys(frames)) {
		b := frames[name]
		w := tg.connect()
		w.send(b)
		tg.expectClosed(name, w)
	}
}

func TestTLSAgainstPlaintext(t *testing.T) {
	tg := attack(t)
	for range 10 {
		w := tg.connect()
		if err := tls.Client(w, &tls.Config{InsecureSkipVerify: true}).Handshake(); err == nil { //nolint:gosec // it must fail
			t.Error("a TLS handshake with a PLAINTEXT listener succeeded")
		}
	}
}

// A frame that says less than it holds makes garbage of what follows: the next frame's size.
func TestFrameThatSaysLessThanItHolds(t *testing.T) {
	tg := attack(t)
	for cut := 1; cut < 12; cut++ {
		w := tg.connect()
		b := w.frame(apiVersions(0)) // its body is empty: the frame stays whole when more follows
		b = append(b, slices.Repeat([]byte{0xff}, cut)...)
		w.send(b)
		if _, err := w.response(apiVersions(0)); err != nil {
			t.Fatal(err)
		}
		if cut >= 4 {
			tg.expectClosed("the garbage behind a request", w)
		}
	}
}

func TestFrameThatSaysMoreThanItHolds(t *testing.T) {
	tg := attack(t)
	for _, more := range []uint32{1, 1000, 1 << 20, 90 << 20} {
		w := tg.connect()
		b := w.frame(produceRequest(victimTopic, make([]byte, 100)))
		binary.BigEndian.PutUint32(b, binary.BigEndian.Uint32(b)+more)
		w.send(b)
		closeWrite(t, w)
		tg.expectClosed("a frame that is not whole when the client closes", w)
	}
}

func TestDribbledRequests(t *testing.T) {
	tg := attack(t)
	for _, version := range []int16{0, 3} {
		w := tg.connect()
		for _, b := range w.frame(apiVersions(version)) {
			w.send([]byte{b})
		}
		if _, err := w.response(apiVersions(version)); err != nil {
			t.Error(err)
		}
	}
}

// A client may close its side and still wants the answers of what it sent.
func TestHalfClosedConnectionGetsItsAnswers(t *testing.T) {
	tg := attack(t)
	w := tg.connect()
	var b []byte
	const requests = 50
	for range requests {
		b = append(b, w.frame(apiVersions(3))...)
	}
	w.send(b)
	closeWrite(t, w)
	w.correlation = 0
	for range requests {
		w.correlation++
		if _, err := w.response(apiVersions(3)); err != nil {
			t.Fatal(err)
		}
	}
	tg.expectClosed("after the last answer", w)
}

func TestCorrelationIDsComeBack(t *testing.T) {
	tg := attack(t)
	w := tg.connect()
	for _, id := range []int32{0, -1, math.MinInt32, math.MaxInt32, 7, 7, 7} {
		w.correlation = id - 1
		if _, err := w.request(apiVersions(2)); err != nil {
			t.Error(err)
		}
	}
}

// Connections that the client forgets in the middle of a request, of an answer, and of a long poll.
func TestAbandonedConnections(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	for i := range scale(200, 2000) {
		w, err := tg.dial()
		if err != nil {
			t.Fatal(err)
		}
		switch i % 4 {
		case 0:
			b := w.frame(apiVersions(3))
			w.send(b[:tg.rand.IntN(len(b))])
		case 1:
			for range 100 {
				w.send(w.frame(apiVersions(3)))
			}
		case 2:
			w.send(w.frame(fetchRequest(victimTopic, 0, math.MaxInt32, math.MaxInt32)))
		case 3:
			b := w.frame(produceRequest(victimTopic, make([]byte, 1<<20)))
			w.send(b[:tg.rand.IntN(len(b))])
		}
		_ = w.Close()
	}
}

func closeWrite(t *testing.T, w *wire) {
	t.Helper()
	half, ok := w.Conn.(interface{ CloseWrite() error })
	if !ok {
		t.Fatal("the connection cannot be closed by half")
	}
	if err := half.CloseWrite(); err != nil {
		t.Fatal(err)
	}
}
