package segment

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// castagnoli is the polynomial of batch checksums.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crcStart is where the checksummed part of a batch begins.
const crcStart = 21

// batchBuffers hold what a batchReader reads at once.
var batchBuffers = sync.Pool{New: func() any {
	b := make([]byte, 256<<10)
	return &b
}}

// batchReader reads whole batches from a file, one after the other, and checks their CRC.
type batchReader struct {
	file  vfs.File
	pos   int64 // of the next batch
	limit int64

	pooled *[]byte
	buffer []byte // pooled, or larger for a batch that does not fit
	low    int64  // the buffer holds file bytes [low, low+have)
	have   int

	header record.Header
	batch  record.Batch // the current one; valid until the next call
	at     int64        // where it begins
}

func newBatchReader(file vfs.File, pos, limit int64) *batchReader {
	pooled := batchBuffers.Get().(*[]byte)
	return &batchReader{file: file, pos: pos, limit: limit, pooled: pooled, buffer: *pooled}
}

func (r *batchReader) close() { batchBuffers.Put(r.pooled) }

// next moves to the next batch. At the limit it returns errEnd; where no whole, valid batch is, an error that wraps
// errNoBatch. Other errors are those of the file.
func (r *batchReader) next() error {
	if r.pos >= r.limit {
		return errEnd
	}
	room := r.limit - r.pos
	if room < record.HeaderSize {
		return fmt.Errorf("%w: %d bytes remain", errNoBatch, room)
	}
	b, err := r.bytes(record.HeaderSize)
	if err != nil {
		return err
	}
	if err := r.header.Parse(b); err != nil {
		return err
	}
	if err := checkHeader(&r.header, room); err != nil {
		return err
	}
	size := r.header.Size()
	if size > len(r.buffer) {
		// The length may be damage: do not allocate for it before the checksum agrees.
		if err := r.checkLong(size); err != nil {
			return err
		}
		r.buffer, r.have = make([]byte, size), 0
	}
	if b, err = r.bytes(size); err != nil {
		return err
	}
	if crc32.Checksum(b[crcStart:], castagnoli) != r.header.CRC {
		return fmt.Errorf("%w: checksum differs", errNoBatch)
	}
	r.batch, r.at = b, r.pos
	r.pos += int64(size)
	return nil
}

// bytes returns the next n bytes of the file, which fit the buffer.
func (r *batchReader) bytes(n int) ([]byte, error) {
	off := r.pos - r.low
	if r.have == 0 || off < 0 || off+int64(n) > int64(r.have) {
		want := int(min(int64(len(r.buffer)), r.limit-r.pos))
		r.low, r.have, off = r.pos, 0, 0
		if err := readFull(r.file, r.buffer[:want], r.pos); err != nil {
			return nil, err
		}
		r.have = want
	}
	return r.buffer[off : int(off)+n : int(off)+n], nil
}

// checkLong computes the checksum of a batch that does not fit the buffer.
func (r *batchReader) checkLong(size int) error {
	sum := uint32(0)
	end := r.pos + int64(size)
	r.have = 0
	for at := r.pos + crcStart; at < end; {
		part := r.buffer[:min(int64(len(r.buffer)), end-at)]
		if err := readFull(r.file, part, at); err != nil {
			return err
		}
		sum = crc32.Update(sum, castagnoli, part)
		at += int64(len(part))
	}
	if sum != r.header.CRC {
		return fmt.Errorf("%w: checksum differs", errNoBatch)
	}
	return nil
}

// each calls f for every batch that ends at or after an offset, until f says that it wants no more. Header and batch are
// only valid for the call.
func (s *segment) each(ctx context.Context, from int64, f func(h *record.Header, b record.Batch) (more bool, err error)) error {
	if err := s.walk(ctx, from, f); err != nil {
		return fmt.Errorf("%s: %w", s.path(logSuffix), err)
	}
	return nil
}

func (s *segment) walk(ctx context.Context, from int64, f func(h *record.Header, b record.Batch) (more bool, err error)) error {
	h, err := s.batches.acquire()
	if err != nil {
		return err
	}
	defer h.Release()
	size := s.size.Load()
	at, ok, err := s.find(h.file, from, size)
	if err != nil || !ok {
		return err
	}
	r := newBatchReader(h.file, at.pos, size)
	defer r.close()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.next(); errors.Is(err, errEnd) {
			return nil
		} else if err != nil {
			return err
		}
		if more, err := f(&r.header, r.batch); err != nil || !more {
			return err
		}
	}
}

// legacyFormat tells whether a file begins with a message of Kafka's formats 0 or 1, which Jackdaw can't read but must
// not take for damage either.
func legacyFormat(file vfs.File, size int64) bool {
	const overhead, crcEnd, magicAt = 12, 16, 16
	head := make([]byte, overhead+5)
	if size < int64(len(head)) {
		return false
	}
	if err := readFull(file, head, 0); err != nil || head[magicAt] > 1 {
		return false
	}
	length := int64(head[8])<<24 | int64(head[9])<<16 | int64(head[10])<<8 | int64(head[11])
	if length < 14 || length > min(size-overhead, 1<<20) {
		return false
	}
	body := make([]byte, length)
	if err := readFull(file, body, overhead); err != nil {
		return false
	}
	stored := uint32(body[0])<<24 | uint32(body[1])<<16 | uint32(body[2])<<8 | uint32(body[3])
	return crc32.ChecksumIEEE(body[crcEnd-overhead:]) == stored
}
