package record

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/klauspost/compress/snappy"
)

// xerialMagic begins the framing of Java's snappy library: magic, version, lowest compatible version, then blocks, each
// behind its length. Other clients send one bare snappy block.
var xerialMagic = []byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0}

const (
	xerialHeaderSize = 16
	xerialBlockSize  = 32 << 10 // uncompressed bytes in a block, as Java writes them
)

// unsnappy accepts both forms, and several framed streams behind each other, as Java does.
func unsnappy(dst, src []byte, limit int) ([]byte, error) {
	if !bytes.HasPrefix(src, xerialMagic) {
		return unsnappyBlock(dst, src, limit)
	}
	start := len(dst)
	for len(src) > 0 {
		if bytes.HasPrefix(src, xerialMagic) && len(src) >= xerialHeaderSize {
			src = src[xerialHeaderSize:]
			continue
		}
		if len(src) < 4 {
			return dst[:start], errCompressed
		}
		size := binary.BigEndian.Uint32(src)
		if src = src[4:]; uint64(size) > uint64(len(src)) {
			return dst[:start], errCompressed
		}
		var err error
		dst, err = unsnappyBlock(dst, src[:size], limit-(len(dst)-start))
		if err != nil {
			return dst[:start], err
		}
		src = src[size:]
	}
	return dst, nil
}

// unsnappyBlock decodes one block. It is strict, because Java is: other decoders accept extensions of the format.
func unsnappyBlock(dst, src []byte, limit int) ([]byte, error) {
	size, err := snappy.DecodedLen(src)
	if err != nil {
		return dst, errCompressed
	}
	if size > limit {
		return dst, errLimit
	}
	dst = slices.Grow(dst, size)
	n := len(dst)
	if _, err := snappy.DecodeStrict(dst[n:n+size:n+size], src); err != nil {
		return dst, errCompressed
	}
	return dst[:n+size], nil
}

// appendSnappy appends src in Java's framing.
func appendSnappy(dst, src []byte) []byte {
	dst = append(dst, xerialMagic...)
	dst = append(dst, 0, 0, 0, 1, 0, 0, 0, 1)
	for block := range slices.Chunk(src, xerialBlockSize) {
		bound := snappy.MaxEncodedLen(len(block))
		dst = slices.Grow(dst, 4+bound)
		n := len(dst) + 4
		encoded := snappy.Encode(dst[n:n+bound], block)
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(encoded)))
		dst = dst[:n+len(encoded)]
	}
	return dst
}
