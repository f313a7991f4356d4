package record

import (
	"encoding/binary"
	"io"
	"slices"
	"sync"

	"github.com/pierrec/lz4/v4"
)

const (
	lz4Magic       = 0x184D2204
	lz4Independent = 1 << 5 // flag: no block refers to an earlier one
	lz4BlockCRC    = 1 << 4
	lz4ContentSize = 1 << 3
	lz4ContentCRC  = 1 << 2
	lz4Dictionary  = 1 << 0
	lz4Stored      = 1 << 31 // in a block's length: it is not compressed
)

// lz4Frame is what the head of a frame says of it.
type lz4Frame struct {
	flags       byte
	blockSize   int // no block holds more
	contentSize uint64
}

// unlz4 decompresses the first frame of src. What follows is ignored, as in Java. The blocks are decompressed here and not
// by the library's reader, because that goes through a buffer of its own, of 4 MiB for most clients that are not Java.
func unlz4(dst, src []byte, limit int) ([]byte, error) {
	frame, rest, ok := cutLZ4Head(src)
	if !ok {
		return dst, errCompressed
	}
	start := len(dst)
	for {
		block, stored, ok := frame.cutBlock(&rest)
		switch {
		case !ok:
			return dst[:start], errCompressed
		case block == nil:
			if !frame.ends(dst[start:], rest) {
				return dst[:start], errCompressed
			}
			return dst, nil
		}
		var err error
		if dst, err = frame.appendBlock(dst, block, stored, limit-(len(dst)-start)); err != nil {
			return dst[:start], err
		}
	}
}

// cutLZ4Head reads the head of the frame at the start of src. It refuses frames whose blocks refer to earlier ones: Java
// consumers can't read them.
func cutLZ4Head(src []byte) (frame lz4Frame, rest []byte, ok bool) {
	const (
		version      = 1 << 6
		versionMask  = 3 << 6
		reserved     = 1 << 1
		sizeReserved = 0x8f // of the byte that holds the block size
	)
	if len(src) < 7 || binary.LittleEndian.Uint32(src) != lz4Magic {
		return lz4Frame{}, nil, false
	}
	flags, size, end := src[4], src[5], 6
	if flags&(versionMask|reserved|lz4Dictionary|lz4Independent) != version|lz4Independent || size&sizeReserved != 0 || size < 4<<4 {
		return lz4Frame{}, nil, false
	}
	frame = lz4Frame{flags: flags, blockSize: 1 << (8 + 2*(size>>4))} // 64 KiB to 4 MiB
	if flags&lz4ContentSize != 0 {
		if end += 8; len(src) <= end {
			return lz4Frame{}, nil, false
		}
		frame.contentSize = binary.LittleEndian.Uint64(src[6:])
	}
	return frame, src[end+1:], src[end] == byte(xxh32(src[4:end])>>8)
}

// cutBlock cuts the next block off rest and checks its checksum; nil is the mark behind the last one.
func (f *lz4Frame) cutBlock(rest *[]byte) (block []byte, stored, ok bool) {
	b := *rest
	if len(b) < 4 {
		return nil, false, false
	}
	word := binary.LittleEndian.Uint32(b)
	b = b[4:]
	if word == 0 {
		*rest = b
		return nil, false, true
	}
	size := int(word &^ lz4Stored)
	if size > f.blockSize || size > len(b) {
		return nil, false, false
	}
	block, b = b[:size:size], b[size:]
	if f.flags&lz4BlockCRC != 0 {
		if len(b) < 4 || binary.LittleEndian.Uint32(b) != xxh32(block) {
			return nil, false, false
		}
		b = b[4:]
	}
	*rest = b
	return block, word&lz4Stored != 0, true
}

// appendBlock appends what a block holds, at most limit bytes. The block does not say how much that is, so that a buffer
// that is too small for it only shows when it is full. One that limit cuts off is taken for too large, not for corrupt.
func (f *lz4Frame) appendBlock(dst, block []byte, stored bool, limit int) ([]byte, error) {
	if stored {
		if len(block) > limit {
			return dst, errLimit
		}
		return append(dst, block...), nil
	}
	const maxRatio = 255 // one byte stands for no more than this
	start, most := len(dst), min(f.blockSize, maxRatio*len(block))
	for room := min(max(cap(dst)-start, 4*len(block)), most, limit); ; room = min(2*room, most, limit) {
		if cap(dst)-start < room {
			// Doubling leaves less garbage behind than what append does for large slices.
			dst = slices.Grow(dst, max(room, min(start, limit)))
		}
		n, err := lz4.UncompressBlock(block, dst[start:start+room:start+room])
		switch {
		case err == nil:
			return dst[:start+n], nil
		case room == most:
			return dst, errCompressed
		case room == limit:
			return dst, errLimit
		}
	}
}

// ends checks the whole content against what the frame says of it; rest follows the last block.
func (f *lz4Frame) ends(content, rest []byte) bool {
	if f.flags&lz4ContentSize != 0 && f.contentSize != uint64(len(content)) {
		return false
	}
	return f.flags&lz4ContentCRC == 0 || len(rest) >= 4 && binary.LittleEndian.Uint32(rest) == xxh32(content)
}

// lz4Writers, one pool per level of the library, is a cache of encoder memory without any state that a caller could
// observe.
var lz4Writers [lz4Levels + 1]sync.Pool // of *lz4Writer; 0 is its fast compressor

const lz4Levels = 9

type lz4Writer struct {
	*lz4.Writer
	out sliceWriter
}

// appendLZ4 appends src as one frame of independent 64 KiB blocks, which is what the Java client writes.
func appendLZ4(dst, src []byte, level int) ([]byte, error) {
	level = lz4Level(level)
	pool := &lz4Writers[level]
	w, _ := pool.Get().(*lz4Writer)
	if w == nil {
		w = &lz4Writer{Writer: lz4.NewWriter(io.Discard)}
		options := []lz4.Option{lz4.BlockSizeOption(lz4.Block64Kb), lz4.ConcurrencyOption(1), lz4.ChecksumOption(false)}
		if level > 0 {
			options = append(options, lz4.CompressionLevelOption(1<<(8+level)))
		}
		if err := w.Apply(options...); err != nil {
			return dst, err
		}
	}
	dst, err := w.out.fill(w, dst, src)
	w.Reset(io.Discard)
	pool.Put(w)
	return dst, err
}

// lz4Level maps compression.lz4.level: Kafka's default, 9, is its fast compressor; the library knows nine other levels.
func lz4Level(level int) int {
	if level == DefaultLevel || level == 9 {
		return 0
	}
	return min(max(level, 1), lz4Levels)
}
