package segment

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// errNoBatch says that bytes are no batch: damage, or the torn end of a log that a crash left.
var errNoBatch = errors.New("not a record batch")

// errEnd says that there are no more batches where there should be none.
var errEnd = errors.New("end of the batches")

// readFull fills p. A file that ends before is shorter than it was, which is an error.
func readFull(file vfs.File, p []byte, off int64) error {
	n, err := file.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// scanBuffers hold what a scan reads at once: about one index interval.
var scanBuffers = sync.Pool{New: func() any { return new([4096]byte) }}

// scanner walks over batch headers in a file. The zero scanner is made ready by begin and given back by end.
type scanner struct {
	file   vfs.File
	pos    int64 // of the next header
	limit  int64 // where the batches end
	buffer *[4096]byte
	low    int64 // what the buffer holds: file bytes [low, low+have)
	have   int

	header record.Header // of the current batch
	at     int64         // where the current batch begins
}

func (s *scanner) begin(file vfs.File, pos, limit int64) {
	*s = scanner{file: file, pos: pos, limit: limit, buffer: scanBuffers.Get().(*[4096]byte)}
}

func (s *scanner) end() { scanBuffers.Put(s.buffer) }

// next moves to the next batch. At the limit it returns errEnd; where no batch is, an error that wraps errNoBatch.
func (s *scanner) next() error {
	if s.pos >= s.limit {
		return errEnd
	}
	if s.limit-s.pos < record.HeaderSize {
		return fmt.Errorf("%w: %d bytes remain", errNoBatch, s.limit-s.pos)
	}
	off := s.pos - s.low
	if s.have == 0 || off < 0 || off+record.HeaderSize > int64(s.have) {
		n := int(min(int64(len(s.buffer)), s.limit-s.pos))
		if err := readFull(s.file, s.buffer[:n], s.pos); err != nil {
			return err
		}
		s.low, s.have, off = s.pos, n, 0
	}
	if err := s.header.Parse(s.buffer[off:s.have]); err != nil {
		return err
	}
	if err := checkHeader(&s.header, s.limit-s.pos); err != nil {
		return err
	}
	s.at = s.pos
	s.pos += int64(s.header.Size())
	return nil
}

// checkHeader tells whether a header can be one: all that is known without the CRC.
func checkHeader(h *record.Header, room int64) error {
	switch {
	case h.Magic != 2:
		return fmt.Errorf("%w: magic %d", errNoBatch, h.Magic)
	case h.Length < record.HeaderSize-record.LogOverhead || int64(h.Length) > room-record.LogOverhead:
		return fmt.Errorf("%w: length %d with %d bytes left", errNoBatch, h.Length, room)
	case h.BaseOffset < 0 || h.LastOffsetDelta < 0 || h.LastOffset() < h.BaseOffset || h.LastOffset() == maxOffset:
		return fmt.Errorf("%w: offsets %d and delta %d", errNoBatch, h.BaseOffset, h.LastOffsetDelta)
	case h.Count < 0:
		return fmt.Errorf("%w: %d records", errNoBatch, h.Count)
	}
	return nil
}
