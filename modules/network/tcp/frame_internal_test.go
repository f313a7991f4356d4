package tcp

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"

	"github.com/jackdawmq/jackdaw/core/wire"
)

// chunked is a connection that delivers bytes in pieces of chosen sizes, over and over, and then ends.
type chunked struct {
	net.Conn
	rest  []byte
	sizes []byte
	turn  int
}

func (c *chunked) Read(b []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.EOF
	}
	n := len(c.rest)
	if len(c.sizes) > 0 {
		n = min(n, 1+int(c.sizes[c.turn%len(c.sizes)])*40)
		c.turn++
	}
	n = copy(b, c.rest[:n])
	c.rest = c.rest[n:]
	return n, nil
}

// wanted cuts a stream into frames the simple way: all of it is in memory.
func wanted(stream []byte, requestMax int) (frames [][]byte) {
	for len(stream) >= 4 {
		size := int(int32(binary.BigEndian.Uint32(stream)))
		if size < 8 || size > requestMax || len(stream) < 4+size {
			return frames
		}
		frame := stream[4 : 4+size]
		key := int16(binary.BigEndian.Uint16(frame))
		if 4+size > smallFrame && (wire.LookupAPI(key) == nil || size > frameMax(key, requestMax)) {
			return frames
		}
		frames = append(frames, frame)
		stream = stream[4+size:]
	}
	return frames
}

// FuzzFrames reads any stream, in any pieces, under a budget that is nearly nothing.
func FuzzFrames(f *testing.F) {
	stream := func(key int16, sizes ...int) (b []byte) {
		for i, n := range sizes {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
			b = binary.BigEndian.AppendUint16(b, uint16(key))
			b = append(b, bytes.Repeat([]byte{byte(i)}, n-2)...)
		}
		return b
	}
	f.Add(stream(0, 8, 4092, 4093, 8, 70_000, 300_000, 9), []byte{1, 200})
	f.Add(stream(3, 10, 4000, 4000, 4000), []byte{})
	f.Add(stream(200, 10, 5000), []byte{3})
	f.Add(stream(18, 70_000), []byte{0})
	f.Add([]byte("GET / HTTP/1.1"), []byte{9})
	f.Fuzz(func(t *testing.T, stream, sizes []byte) {
		const requestMax = 1 << 20
		l := &Listener{}
		r := frameReader{
			src: &chunked{rest: stream, sizes: sizes}, requestMax: requestMax, usual: newBudget(1), huge: newBudget(1),
			pool: &l.pool, progress: &progress{clock: &l.clock}, claim: newClaim(),
		}
		for i, want := range wanted(stream, requestMax) {
			got, err := r.next(context.Background())
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("frame %d: %d bytes, error %v, want %d bytes", i, len(got), err, len(want))
			}
			r.release()
		}
		if frame, err := r.next(context.Background()); err == nil {
			t.Fatalf("a frame of %d bytes too many", len(frame))
		}
		r.release()
		if r.usual.inUse.Load() != 0 || r.usual.overdraw {
			t.Fatalf("left over: %+v", r.usual)
		}
	})
}
