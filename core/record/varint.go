package record

import "math/bits"

// Kafka's varints are zigzag and little-endian in groups of seven bits: at most 5 bytes for 32 bits and 10 for 64.
const (
	maxVarint  = 5
	maxVarlong = 10
)

// varint decodes a signed 32-bit varint at the start of b and returns its length, or 0 when there is none. Most varints of
// a record have one byte: these take no call.
func varint(b []byte) (value int32, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return int32(b[0]>>1) ^ -int32(b[0]&1), 1
	}
	return longVarint(b)
}

// longVarint is varint for more than one byte. Two hold the length of most values, and of most records.
func longVarint(b []byte) (value int32, n int) {
	if len(b) > 1 && b[1] < 0x80 {
		u := uint32(b[0]&0x7f) | uint32(b[1])<<7
		return int32(u>>1) ^ -int32(u&1), 2
	}
	u, n := uvarint(b, maxVarint)
	return int32(uint32(u)>>1) ^ -int32(u&1), n
}

// varlong decodes a signed 64-bit varint at the start of b and returns its length, or 0 when there is none.
func varlong(b []byte) (value int64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return int64(b[0]>>1) ^ -int64(b[0]&1), 1
	}
	u, n := uvarint(b, maxVarlong)
	return int64(u>>1) ^ -int64(u&1), n
}

// uvarint decodes at most limit bytes.
func uvarint(b []byte, limit int) (value uint64, n int) {
	for i, c := range b[:min(len(b), limit)] {
		value |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return value, i + 1
		}
	}
	return 0, 0
}

// appendVarint encodes v. A 32-bit and a 64-bit varint of the same number have the same bytes.
func appendVarint(dst []byte, v int64) []byte {
	u := uint64(v)<<1 ^ uint64(v>>63)
	for u >= 0x80 {
		dst = append(dst, byte(u)|0x80)
		u >>= 7
	}
	return append(dst, byte(u))
}

// varintSize returns the length of v's encoding.
func varintSize(v int64) int {
	u := uint64(v)<<1 ^ uint64(v>>63)
	return (bits.Len64(u|1) + 6) / 7
}
