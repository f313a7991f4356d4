package record

import (
	"encoding/binary"
	"math/bits"
)

// The primes of XXH32.
const (
	xxhPrime1 uint32 = 0x9E3779B1
	xxhPrime2 uint32 = 0x85EBCA77
	xxhPrime3 uint32 = 0xC2B2AE3D
	xxhPrime4 uint32 = 0x27D4EB2F
	xxhPrime5 uint32 = 0x165667B1
)

// xxh32 is XXH32 with the seed 0, the checksum of LZ4 frames. The library keeps its own to itself.
func xxh32(b []byte) uint32 {
	sum, size := xxhPrime5, uint32(len(b))
	if len(b) >= 16 {
		sum, b = xxhLanes(b)
	}
	sum += size
	for ; len(b) >= 4; b = b[4:] {
		sum = bits.RotateLeft32(sum+binary.LittleEndian.Uint32(b)*xxhPrime3, 17) * xxhPrime4
	}
	for _, c := range b {
		sum = bits.RotateLeft32(sum+uint32(c)*xxhPrime5, 11) * xxhPrime1
	}
	sum = (sum ^ sum>>15) * xxhPrime2
	sum = (sum ^ sum>>13) * xxhPrime3
	return sum ^ sum>>16
}

// xxhLanes takes 16 bytes at a time, as four numbers that do not wait for each other, and returns what is left of b.
func xxhLanes(b []byte) (sum uint32, rest []byte) {
	one, two := xxhPrime1, xxhPrime2 // variables may overflow
	v1, v2, v3, v4 := one+two, two, uint32(0), -one
	round := func(lane uint32, b []byte) uint32 {
		return bits.RotateLeft32(lane+binary.LittleEndian.Uint32(b)*xxhPrime2, 13) * xxhPrime1
	}
	// Twice in a turn: the loop itself would take a fifth of the time.
	for ; len(b) >= 32; b = b[32:] {
		turn := (*[32]byte)(b)
		v1, v2, v3, v4 = round(v1, turn[:]), round(v2, turn[4:]), round(v3, turn[8:]), round(v4, turn[12:])
		v1, v2, v3, v4 = round(v1, turn[16:]), round(v2, turn[20:]), round(v3, turn[24:]), round(v4, turn[28:])
	}
	if len(b) >= 16 {
		v1, v2, v3, v4 = round(v1, b), round(v2, b[4:]), round(v3, b[8:]), round(v4, b[12:])
		b = b[16:]
	}
	return bits.RotateLeft32(v1, 1) + bits.RotateLeft32(v2, 7) + bits.RotateLeft32(v3, 12) + bits.RotateLeft32(v4, 18), b
}
