package binary

import (
	"fmt"
	"unicode/utf8"
)

// MalformedError says where a module breaks the binary format.
type MalformedError struct {
	Offset int    // byte offset in the module
	Reason string // what is wrong there
}

func (e *MalformedError) Error() string {
	return fmt.Sprintf("the module is malformed at byte %d: %s", e.Offset, e.Reason)
}

// FeatureError says that a module uses a WebAssembly proposal that is not part of WebAssembly 2.0 (wazero's CoreFeaturesV2).
type FeatureError struct {
	Offset  int    // byte offset in the module of the first use
	Feature string // the proposal's usual name, such as "threads"
}

func (e *FeatureError) Error() string {
	return fmt.Sprintf("the module uses %s (at byte %d), which plugins can't use: only WebAssembly 2.0 is supported", e.Feature, e.Offset)
}

// reader is a cursor over a part of a module. The first error sticks, and after it every read returns zero. It reads LEB128
// numbers as strictly as the specification wants, so that no other reader of the same bytes can see another instruction.
type reader struct {
	data []byte
	pos  int
	base int // offset of data in the module
	err  error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = &MalformedError{Offset: r.base + r.pos, Reason: fmt.Sprintf(format, args...)}
		r.pos = len(r.data)
	}
}

func (r *reader) unsupported(feature string) {
	if r.err == nil {
		r.err = &FeatureError{Offset: r.base + r.pos, Feature: feature}
		r.pos = len(r.data)
	}
}

func (r *reader) remaining() int { return len(r.data) - r.pos }

func (r *reader) byte() byte {
	if r.pos >= len(r.data) {
		r.fail("unexpected end")
		return 0
	}
	b := r.data[r.pos]
	r.pos++
	return b
}

// bytes returns the next n bytes, not copied.
func (r *reader) bytes(n uint32) []byte {
	if uint64(n) > uint64(r.remaining()) {
		r.fail("%d bytes are declared and %d are left", n, r.remaining())
		return nil
	}
	b := r.data[r.pos : r.pos+int(n) : r.pos+int(n)]
	r.pos += int(n)
	return b
}

func (r *reader) u32() uint32 {
	if r.pos < len(r.data) && r.data[r.pos] < 0x80 { // nearly all of them
		r.pos++
		return uint32(r.data[r.pos-1])
	}
	return uint32(r.unsigned())
}

func (r *reader) unsigned() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := r.byte()
		if shift == 28 && b > 0x0f {
			r.fail("a number does not fit 32 bits")
			return 0
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v
		}
	}
}

// signed reads a signed LEB128 number of 32, 33 or 64 bits.
func (r *reader) signed(bits int) int64 {
	var v int64
	for shift := 0; ; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if left := bits - shift; left < 7 {
			// The bits above the number must repeat its sign, and there must be no further byte.
			if sign := int8(b<<1) >> left; b >= 0x80 || sign != 0 && sign != -1 {
				r.fail("a number does not fit %d bits", bits)
				return 0
			}
		}
		if b < 0x80 {
			if shift+7 < 64 && b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

// count reads the length of a vector whose elements take at least size bytes each, so that what a caller allocates for it is
// bounded by the input.
func (r *reader) count(size int) int {
	n := r.u32()
	if uint64(n)*uint64(size) > uint64(r.remaining()) {
		r.fail("a list of %d entries does not fit the %d bytes that are left", n, r.remaining())
		return 0
	}
	return int(n)
}

func (r *reader) name() string {
	b := r.bytes(r.u32())
	if !utf8.Valid(b) {
		r.fail("a name is not valid UTF-8")
		return ""
	}
	return string(b)
}
