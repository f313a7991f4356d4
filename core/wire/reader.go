package wire

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// ErrMalformed says that bytes are not what they should be: too short, or with a length that cannot be. Kafka answers it
// by closing the connection without a byte.
var ErrMalformed = errors.New("wire: malformed message")

// maxString is the longest string of the protocol, in bytes, also in the compact form.
const maxString = math.MaxInt16

// Reader reads the protocol's primitive types one after the other. After the first failure every method returns a zero
// value, so that callers check Err once at the end. It never allocates: strings and bytes are views of the input.
//
// In a flexible version (KIP-482) lengths are unsigned varints one larger than the length, and structs end with tags.
type Reader struct {
	rest     []byte
	flexible bool
	failed   bool
}

// NewReader returns a Reader of b.
func NewReader(b []byte, flexible bool) Reader { return Reader{rest: b, flexible: flexible} }

// Err returns ErrMalformed when something could not be read.
func (r *Reader) Err() error {
	if r.failed {
		return ErrMalformed
	}
	return nil
}

// Rest returns the bytes that were not read yet.
func (r *Reader) Rest() []byte { return r.rest }

func (r *Reader) fail() {
	r.rest, r.failed = nil, true
}

// take returns the next n bytes, clipped so that appending to them cannot overwrite what follows.
func (r *Reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.fail()
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

// Int8 reads an INT8.
func (r *Reader) Int8() int8 {
	if len(r.rest) < 1 {
		r.fail()
		return 0
	}
	v := int8(r.rest[0])
	r.rest = r.rest[1:]
	return v
}

// Int16 reads an INT16.
func (r *Reader) Int16() int16 {
	if len(r.rest) < 2 {
		r.fail()
		return 0
	}
	v := int16(binary.BigEndian.Uint16(r.rest))
	r.rest = r.rest[2:]
	return v
}

// Int32 reads an INT32.
func (r *Reader) Int32() int32 {
	if len(r.rest) < 4 {
		r.fail()
		return 0
	}
	v := int32(binary.BigEndian.Uint32(r.rest))
	r.rest = r.rest[4:]
	return v
}

// Int64 reads an INT64.
func (r *Reader) Int64() int64 {
	if len(r.rest) < 8 {
		r.fail()
		return 0
	}
	v := int64(binary.BigEndian.Uint64(r.rest))
	r.rest = r.rest[8:]
	return v
}

// UUID reads a UUID.
func (r *Reader) UUID() (id kafka.TopicID) {
	copy(id[:], r.take(len(id)))
	return id
}

// Uvarint reads an UNSIGNED_VARINT: at most five bytes and no larger than the largest int32.
func (r *Reader) Uvarint() int {
	var v uint64
	for i, b := range r.rest[:min(5, len(r.rest))] {
		v |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if v > math.MaxInt32 {
				break
			}
			r.rest = r.rest[i+1:]
			return int(v)
		}
	}
	r.fail()
	return 0
}

// String reads a string that must not be null.
func (r *Reader) String() []byte {
	s := r.NullableString()
	if s == nil {
		r.fail()
	}
	return s
}

// NullableString reads a string; null is nil, and the empty string is not nil.
func (r *Reader) NullableString() []byte {
	var n int
	if r.flexible {
		n = r.Uvarint() - 1
	} else {
		n = int(r.Int16())
	}
	return r.nullable(n, maxString)
}

// NullableBytes reads bytes; null is nil, and no bytes are not nil.
func (r *Reader) NullableBytes() []byte {
	var n int
	if r.flexible {
		n = r.Uvarint() - 1
	} else {
		n = int(r.Int32())
	}
	return r.nullable(n, math.MaxInt32)
}

// nullable returns the next n bytes; every negative length means null, as in Kafka.
func (r *Reader) nullable(n, limit int) []byte {
	if r.failed || n < 0 {
		return nil
	}
	if n > limit {
		r.fail()
		return nil
	}
	return r.take(n)
}

// ArrayLen reads the length of an array that must not be null and whose elements take at least minSize bytes each. A
// length that the remaining bytes cannot hold is malformed.
func (r *Reader) ArrayLen(minSize int) int {
	var n int
	if r.flexible {
		n = r.Uvarint() - 1
	} else {
		n = int(r.Int32())
	}
	if r.failed || n < 0 || n > len(r.rest)/minSize {
		r.fail()
		return 0
	}
	return n
}

// nullableArrayLen is ArrayLen for an array that may be null, which has no elements.
func (r *Reader) nullableArrayLen(minSize int) int {
	var n int
	if r.flexible {
		n = r.Uvarint() - 1
	} else {
		n = int(r.Int32())
	}
	if n > len(r.rest)/minSize {
		r.fail()
	}
	if r.failed || n < 0 {
		return 0
	}
	return n
}

// Tags reads the number of tags that end a struct; each is then read by Tag. It is 0 in versions that are not flexible.
func (r *Reader) Tags() int {
	if !r.flexible {
		return 0
	}
	n := r.Uvarint()
	if n > len(r.rest)/2 { // a tag takes two bytes at least: its number and its size
		r.fail()
		return 0
	}
	return n
}

// Tag reads a tag and returns its number and a Reader of its value.
func (r *Reader) Tag() (tag int, value Reader) {
	tag = r.Uvarint()
	return tag, NewReader(r.take(r.Uvarint()), true)
}

// SkipTags skips the tags that end a struct; unknown ones are legal everywhere.
func (r *Reader) SkipTags() {
	for range r.Tags() {
		r.Uvarint()
		r.take(r.Uvarint())
	}
}
