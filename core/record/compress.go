package record

import (
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// compress appends the compressed form of src to dst. level is the value of compression.<codec>.level, or DefaultLevel.
func compress(dst, src []byte, codec Codec, level int) ([]byte, error) {
	switch codec {
	case None:
		return append(dst, src...), nil
	case Gzip:
		return appendGzip(dst, src, level)
	case Snappy:
		return appendSnappy(dst, src), nil
	case LZ4:
		return appendLZ4(dst, src, level)
	case Zstd:
		return appendZstd(dst, src, level)
	}
	return dst, errCodec
}

// These pools, one per level, are caches of encoder memory without any state that a caller could observe.
var (
	gzipWriters  [gzip.BestCompression + 1]sync.Pool      // of *gzipWriter; 0 is the default level
	zstdEncoders [zstd.SpeedBestCompression + 1]sync.Pool // of *zstd.Encoder
)

type gzipWriter struct {
	*gzip.Writer
	out sliceWriter
}

func appendGzip(dst, src []byte, level int) ([]byte, error) {
	if level < gzip.BestSpeed || level > gzip.BestCompression {
		level = DefaultLevel
	}
	pool := &gzipWriters[level]
	w, _ := pool.Get().(*gzipWriter)
	if w == nil {
		libraryLevel := level
		if level == DefaultLevel {
			libraryLevel = gzip.DefaultCompression
		}
		library, err := gzip.NewWriterLevel(nil, libraryLevel)
		if err != nil {
			return dst, err
		}
		w = &gzipWriter{Writer: library}
	}
	dst, err := w.out.fill(w, dst, src)
	pool.Put(w)
	return dst, err
}

func appendZstd(dst, src []byte, level int) ([]byte, error) {
	if level == DefaultLevel {
		level = 3
	}
	speed := zstd.EncoderLevelFromZstd(level)
	pool := &zstdEncoders[speed]
	e, _ := pool.Get().(*zstd.Encoder)
	if e == nil {
		var err error
		e, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(1<<20))
		if err != nil {
			return dst, err
		}
	}
	defer pool.Put(e)
	return e.EncodeAll(src, dst), nil
}

// sliceWriter appends what is written to a slice.
type sliceWriter struct{ b []byte }

func (w *sliceWriter) Write(p []byte) (int, error) {
	w.b = append(w.b, p...)
	return len(p), nil
}

// encoder is a compressor of the libraries that writes to a stream.
type encoder interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// fill lets e append the compressed form of src to dst. w forgets dst, so that a pooled encoder does not keep it.
func (w *sliceWriter) fill(e encoder, dst, src []byte) ([]byte, error) {
	w.b = dst
	e.Reset(w)
	_, err := e.Write(src)
	if err == nil {
		err = e.Close()
	}
	dst, w.b = w.b, nil
	return dst, err
}
