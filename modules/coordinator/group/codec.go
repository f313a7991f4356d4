package group

import (
	"encoding/binary"
	"errors"
	"math"
)

// errMalformed says that the bytes of a record end early or hold impossible lengths.
var errMalformed = errors.New("group: malformed record")

// decoder reads the big-endian fields of a record. After bytes that do not decode it is bad and yields zero values.
// Strings are copies, byte slices are not.
type decoder struct {
	b        []byte
	flexible bool // strings, arrays and bytes are compact, and structs end with tagged fields (KIP-482)
	bad      bool
}

func (d *decoder) take(n int) []byte {
	if n < 0 || n > len(d.b) {
		d.b, d.bad = nil, true
		return nil
	}
	taken := d.b[:n:n]
	d.b = d.b[n:]
	return taken
}

func (d *decoder) int16() int16 {
	if b := d.take(2); b != nil {
		return int16(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (d *decoder) int32() int32 {
	if b := d.take(4); b != nil {
		return int32(binary.BigEndian.Uint32(b))
	}
	return 0
}

func (d *decoder) int64() int64 {
	if b := d.take(8); b != nil {
		return int64(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (d *decoder) uvarint() int {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || v > math.MaxInt32 {
		d.b, d.bad = nil, true
		return 0
	}
	d.b = d.b[n:]
	return int(v)
}

// length reads the length of a string, in short form or compact; -1 is null.
func (d *decoder) length() int {
	if d.flexible {
		return d.uvarint() - 1
	}
	return int(d.int16())
}

// longLength reads the length of bytes or an array; -1 is null.
func (d *decoder) longLength() int {
	if d.flexible {
		return d.uvarint() - 1
	}
	return int(d.int32())
}

func (d *decoder) string() string { return string(d.take(d.length())) }

func (d *decoder) nullableString() *string {
	n := d.length()
	if n == -1 {
		return nil
	}
	s := string(d.take(n))
	return &s
}

func (d *decoder) bytes() []byte { return d.take(d.longLength()) }

// tags reads the tagged fields at the end of a struct and gives each to f.
func (d *decoder) tags(f func(tag int, value []byte)) {
	if !d.flexible {
		return
	}
	for n := d.uvarint(); n > 0 && !d.bad; n-- {
		tag := d.uvarint()
		value := d.take(d.uvarint())
		if f != nil && !d.bad {
			f(tag, value)
		}
	}
}

func (d *decoder) err() error {
	if d.bad {
		return errMalformed
	}
	return nil
}

func appendInt16(b []byte, v int16) []byte { return binary.BigEndian.AppendUint16(b, uint16(v)) }
func appendInt32(b []byte, v int32) []byte { return binary.BigEndian.AppendUint32(b, uint32(v)) }
func appendInt64(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }

// appendString appends a string that is at most 32767 bytes long; requests with longer ones were refused.
func appendString(b []byte, s string) []byte { return append(appendInt16(b, int16(len(s))), s...) }

func appendNullableString(b []byte, s *string) []byte {
	if s == nil {
		return appendInt16(b, -1)
	}
	return appendString(b, *s)
}

func appendBytes(b, v []byte) []byte { return append(appendInt32(b, int32(len(v))), v...) }
