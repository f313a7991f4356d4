package record

import (
	"bytes"
	"encoding/binary"
	"io"
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

// lz4Readers is a cache of decoder memory without any state that a caller could observe.
var lz4Readers sync.Pool // of *lz4Reader

type lz4Reader struct {
	src bytes.Reader
	*lz4.Reader
}

// unlz4 decompresses the first frame of src. What follows is ignored, as in Java.
func unlz4(dst, src []byte, limit int) ([]byte, error) {
	frame := lz4Frame(src)
	if frame == nil {
		return dst, errCompressed
	}
	r, _ := lz4Readers.Get().(*lz4Reader)
	if r == nil {
		r = &lz4Reader{Reader: lz4.NewReader(nil)}
		if err := r.Apply(lz4.ConcurrencyOption(1)); err != nil {
			return dst, err
		}
	}
	r.src.Reset(frame)
	r.Reset(&r.src)
	start := len(dst)
	dst, err := readAll(r, dst, start, limit)
	r.src.Reset(nil)
	r.Reset(nil)
	lz4Readers.Put(r)
	if err != nil {
		return dst[:start], err
	}
	return dst, nil
}

// lz4Frame finds the end of the frame at the start of src by its block lengths; it returns nil when there is no whole one.
// It refuses frames whose blocks refer to earlier ones: Java consumers can't read them, and a pooled reader would give
// them the end of the last frame that it read, which is somebody else's records.
func lz4Frame(src []byte) []byte {
	if len(src) < 7 || binary.LittleEndian.Uint32(src) != lz4Magic {
		return nil
	}
	flags, at := src[4], 7
	if flags&lz4Independent == 0 || flags&lz4Dictionary != 0 {
		return nil
	}
	if flags&lz4ContentSize != 0 {
		at += 8
	}
	for at+4 <= len(src) {
		size := binary.LittleEndian.Uint32(src[at:])
		at += 4
		if size == 0 {
			if flags&lz4ContentCRC != 0 {
				at += 4
			}
			if at > len(src) {
				return nil
			}
			return src[:at:at]
		}
		at += int(size &^ lz4Stored)
		if flags&lz4BlockCRC != 0 {
			at += 4
		}
	}
	return nil
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
