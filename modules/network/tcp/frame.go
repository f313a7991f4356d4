package tcp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackdawmq/jackdaw/core/wire"
)

// errFrame says that what arrived is not the beginning of a Kafka request.
var errFrame = errors.New("not a Kafka request")

// frameReader reads frames from one connection. See the package's documentation for its rules about memory.
type frameReader struct {
	src        net.Conn
	requestMax int
	usual      *budget // frames up to hugeFrame
	huge       *budget
	pool       *pool
	progress   *progress

	small [smallFrame]byte
	r, w  int // small[r:w] was received and not used yet

	block *block // the current frame when it is not in small
	from  *budget
	claim *claim
	trust int // size of the largest frame that was delivered, at most maxTrust
}

// next returns the next frame without its size field. It is valid until release. io.EOF means that the client closed the
// connection between two frames.
func (f *frameReader) next(ctx context.Context) ([]byte, error) {
	if err := f.fill(4); err != nil {
		if f.w > f.r {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(f.small[f.r:])))
	if size < 8 || size > f.requestMax {
		return nil, describeFrame(f.small[f.r:f.r+4], size, f.requestMax)
	}
	f.progress.reading()
	f.r += 4
	if size <= smallFrame-4 {
		if err := f.fill(size); err != nil {
			return nil, err
		}
		frame := f.small[f.r : f.r+size : f.r+size]
		f.r += size
		return frame, nil
	}
	if err := f.fill(2); err != nil {
		return nil, err
	}
	key := int16(binary.BigEndian.Uint16(f.small[f.r:]))
	if wire.LookupAPI(key) == nil {
		return nil, fmt.Errorf("%w: unknown API key %d", errFrame, key)
	}
	if limit := frameMax(key, f.requestMax); size > limit {
		return nil, fmt.Errorf("%w: %d bytes for API key %d, at most %d are taken", errFrame, size, key, limit)
	}
	return f.large(ctx, size)
}

// fill receives until small holds n unused bytes.
func (f *frameReader) fill(n int) error {
	if f.r == f.w {
		f.r, f.w = 0, 0
	}
	if f.r+n > len(f.small) {
		f.w = copy(f.small[:], f.small[f.r:f.w])
		f.r = 0
	}
	for f.w-f.r < n {
		m, err := f.src.Read(f.small[f.w:])
		f.w += m
		f.progress.received(m)
		if err != nil && f.w-f.r < n {
			return err
		}
	}
	return nil
}

// large receives a frame of size bytes into a block that grows as they arrive.
func (f *frameReader) large(ctx context.Context, size int) ([]byte, error) {
	f.from = f.usual
	if size > hugeFrame {
		f.from = f.huge
	}
	if err := f.grow(ctx, min(size, max(firstStep, f.trust)), size, 0); err != nil {
		return nil, err
	}
	n := copy(f.block.b[:min(size, len(f.block.b))], f.small[f.r:f.w])
	f.r += n
	for n < size {
		if n == len(f.block.b) {
			if err := f.grow(ctx, min(size, 2*n), size, n); err != nil {
				return nil, err
			}
		}
		m, err := f.src.Read(f.block.b[n:min(size, len(f.block.b))])
		n += m
		f.progress.received(m)
		if err != nil && n < size {
			return nil, err
		}
	}
	f.trust = max(f.trust, min(size, maxTrust))
	return f.block.b[:size:size], nil
}

// grow makes the block hold want bytes, or the whole frame, keeping its first n bytes.
func (f *frameReader) grow(ctx context.Context, want, size, n int) error {
	f.progress.waiting()
	granted, err := f.from.take(ctx, f.claim, int64(blockSize(want)), int64(blockSize(size)))
	f.progress.reading()
	if err != nil {
		return err
	}
	old := f.block
	f.block = f.pool.get(int(granted))
	if old != nil {
		copy(f.block.b, old.b[:n])
		f.from.giveBack(f.claim, int64(len(old.b)))
		f.pool.put(old)
	}
	return nil
}

// release ends the use of the current frame.
func (f *frameReader) release() {
	if f.block != nil {
		f.pool.put(f.block)
		f.block = nil
	}
	if f.from != nil {
		f.from.release(f.claim)
		f.from = nil
	}
}

// describeFrame tells from the first four bytes what a client speaks that does not speak Kafka.
func describeFrame(first []byte, size, limit int) error {
	switch string(first) {
	case "GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE", "PATC", "CONN", "PRI ":
		return fmt.Errorf("%w: the client speaks HTTP", errFrame)
	}
	if first[0] == 0x16 && first[1] == 3 {
		return fmt.Errorf("%w: the client speaks TLS (security.protocol=SSL or SASL_SSL), the listener does not", errFrame)
	}
	if size < 8 {
		return fmt.Errorf("%w: size %d is less than a request header", errFrame, size)
	}
	return fmt.Errorf("%w: size %d is more than socket.request.max.bytes=%d", errFrame, size, limit)
}
