package hostile_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kbin"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// outcome is how a request ended.
type outcome int

const (
	closed   outcome = iota // the broker closed the connection
	answered                // a frame came back
	silent                  // nothing happened for as long as the client cared
)

// wire is a raw connection: bytes out, frames in.
type wire struct {
	net.Conn
	correlation int32
}

// dial connects to the broker.
func (tg *target) dial() (*wire, error) {
	nc, err := net.DialTimeout("tcp", tg.Addr, hang)
	if err != nil {
		return nil, fmt.Errorf("the broker takes no connection: %w", err)
	}
	return &wire{Conn: nc}, nil
}

// connect is dial for the goroutine of the test; the connection is closed when the test ends.
func (tg *target) connect() *wire {
	tg.t.Helper()
	w, err := tg.dial()
	if err != nil {
		tg.t.Fatal(err)
	}
	tg.t.Cleanup(func() { _ = w.Close() })
	return w
}

// frame encodes a request with its size, header and body.
func (w *wire) frame(req kmsg.Request) []byte {
	w.correlation++
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID("hostile")).AppendRequest(nil, req, w.correlation)
}

// sized puts the true size in front of the bytes of a request.
func sized(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// receive waits for what the broker does. The bytes are what follows the size. Any other end of a connection than an
// orderly one or a reset is an error.
func (w *wire) receive(limit time.Duration) (outcome, []byte, error) {
	if err := w.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return closed, nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(w, size[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return silent, nil, nil
		}
		return closed, nil, nil
	}
	n := int32(binary.BigEndian.Uint32(size[:]))
	if n < 4 || n > 256<<20 {
		return answered, nil, fmt.Errorf("an answer of %d bytes", n)
	}
	if err := w.SetReadDeadline(time.Now().Add(hang)); err != nil {
		return closed, nil, err
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(w, b); err != nil {
		return answered, nil, fmt.Errorf("an answer of %d bytes broke off: %w", n, err)
	}
	return answered, b, nil
}

// send writes bytes. That the broker has closed the connection already shows when the client receives.
func (w *wire) send(b []byte) {
	_ = w.SetWriteDeadline(time.Now().Add(hang))
	_, _ = w.Write(b)
}

// request sends a request and decodes its answer; it fails when there is none.
func (w *wire) request(req kmsg.Request) (kmsg.Response, error) {
	w.send(w.frame(req))
	return w.response(req)
}

// response receives the answer of the request that was sent last.
func (w *wire) response(req kmsg.Request) (kmsg.Response, error) {
	end, b, err := w.receive(hang)
	switch {
	case err != nil:
		return nil, err
	case end == closed:
		return nil, fmt.Errorf("%s v%d: %w", kmsg.NameForKey(req.Key()), req.GetVersion(), net.ErrClosed)
	case end == silent:
		return nil, fmt.Errorf("%s v%d: no answer in %v", kmsg.NameForKey(req.Key()), req.GetVersion(), hang)
	}
	return decode(req, w.correlation, b)
}

// decode checks an answer's correlation id and decodes its body.
func decode(req kmsg.Request, correlation int32, b []byte) (kmsg.Response, error) {
	name := fmt.Sprintf("%s v%d", kmsg.NameForKey(req.Key()), req.GetVersion())
	r := kbin.Reader{Src: b}
	if got := r.Int32(); got != correlation {
		return nil, fmt.Errorf("%s: an answer to request %d instead of %d", name, got, correlation)
	}
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	if resp.IsFlexible() && req.Key() != 18 {
		kmsg.SkipTags(&r)
	}
	if err := resp.ReadFrom(r.Src); err != nil {
		return nil, fmt.Errorf("%s: the answer does not decode: %w", name, err)
	}
	return resp, nil
}

// ask sends one request on a connection of its own and returns the decoded answer.
func (tg *target) ask(req kmsg.Request) kmsg.Response {
	tg.t.Helper()
	w, err := tg.dial()
	if err != nil {
		tg.t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	resp, err := w.request(req)
	if err != nil {
		tg.t.Fatal(err)
	}
	return resp
}

// expectClosed fails unless the broker closes the connection without a word.
func (tg *target) expectClosed(what string, w *wire) {
	tg.t.Helper()
	if end, b, err := w.receive(hang); end != closed || err != nil {
		tg.t.Errorf("%s: not closed, but %v with %d bytes, %v", what, end, len(b), err)
	}
}
