package record

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// decompress appends the decompressed form of src to dst. It never lets the result of one call grow past limit bytes, by
// more than a block of the codec, whatever src announces: a larger one is errLimit. It returns dst, perhaps grown, with an
// error too, so that its memory can be used again.
func decompress(dst, src []byte, codec Codec, limit int) ([]byte, error) {
	limit = max(limit, 0)
	switch codec {
	case None:
		if len(src) > limit {
			return dst, errLimit
		}
		return append(dst, src...), nil
	case Gzip:
		return gunzip(dst, src, limit)
	case Snappy:
		return unsnappy(dst, src, limit)
	case LZ4:
		return unlz4(dst, src, limit)
	case Zstd:
		return unzstd(dst, src, limit)
	}
	return dst, errCodec
}

// These pools are caches of decoder memory without any state that a caller could observe.
var (
	gzipReaders  sync.Pool // of *gzipReader
	zstdDecoders sync.Pool // of *zstd.Decoder
)

type gzipReader struct {
	src bytes.Reader
	gzip.Reader
}

// gunzip decompresses all members of a gzip stream. What follows the last member is ignored, as in Java.
func gunzip(dst, src []byte, limit int) ([]byte, error) {
	r, _ := gzipReaders.Get().(*gzipReader)
	if r == nil {
		r = new(gzipReader)
	}
	defer func() {
		r.src.Reset(nil)
		gzipReaders.Put(r)
	}()
	r.src.Reset(src)
	start := len(dst)
	for member := 0; ; member++ {
		if err := r.Reset(&r.src); err != nil {
			if member == 0 {
				return dst[:start], errCompressed
			}
			return dst, nil
		}
		r.Multistream(false)
		var err error
		dst, err = readAll(r, dst, start, limit)
		if err != nil {
			return dst[:start], err
		}
		if r.src.Len() == 0 {
			return dst, nil
		}
	}
}

// unzstd lets the decoder write into dst only, in which it can't go past the capacity, and enlarges dst as needed: most
// batches do not say how large their records are.
func unzstd(dst, src []byte, limit int) ([]byte, error) {
	d, _ := zstdDecoders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return dst, err
		}
	}
	defer zstdDecoders.Put(d)
	start := len(dst)
	room := min(max(4*len(src), cap(dst)-start), limit)
	var header zstd.Header
	if header.Decode(src) == nil && header.HasFCS {
		if header.FrameContentSize > uint64(limit) {
			return dst, errLimit
		}
		room = max(room, int(header.FrameContentSize))
	}
	for {
		dst = slices.Grow(dst, room)
		out, err := d.DecodeAll(src, dst[:start:start+room])
		switch {
		case err == nil:
			return dst[:len(out)], nil
		case !errors.Is(err, zstd.ErrDecoderSizeExceeded):
			return dst[:start], errCompressed
		case room >= limit:
			return dst[:start], errLimit
		}
		room = min(2*room, limit)
	}
}

// readAll appends what r yields to dst, of which at most limit bytes may follow start.
func readAll(r io.Reader, dst []byte, start, limit int) ([]byte, error) {
	for {
		if len(dst) == cap(dst) {
			// Doubling leaves less garbage behind than what append does for large slices.
			dst = slices.Grow(dst, min(max(len(dst)-start, 4096), limit+1-(len(dst)-start)))
		}
		// One byte more than allowed tells a stream that is too long from one that just fits.
		room := min(cap(dst)-len(dst), limit+1-(len(dst)-start))
		n, err := r.Read(dst[len(dst) : len(dst)+room])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-start > limit:
			return dst, errLimit
		case err == io.EOF:
			return dst, nil
		case err != nil:
			return dst, errCompressed
		}
	}
}
