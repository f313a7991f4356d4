package wire

import (
	"encoding/binary"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// appender appends the protocol's primitive types to *body. Its callers embed it by value in the response writers.
type appender struct {
	body     *[]byte
	flexible bool
}

func (a appender) int16(v int16) { *a.body = binary.BigEndian.AppendUint16(*a.body, uint16(v)) }
func (a appender) int32(v int32) { *a.body = binary.BigEndian.AppendUint32(*a.body, uint32(v)) }
func (a appender) int64(v int64) { *a.body = binary.BigEndian.AppendUint64(*a.body, uint64(v)) }

func (a appender) uuid(id kafka.TopicID) { *a.body = append(*a.body, id[:]...) }

func (a appender) uvarint(v int) { *a.body = binary.AppendUvarint(*a.body, uint64(v)) }

// arrayLen appends the length of an array or of bytes; -1 is null.
func (a appender) arrayLen(n int) {
	if a.flexible {
		a.uvarint(n + 1)
	} else {
		a.int32(int32(n))
	}
}

// string appends a string, cut to what the protocol can express.
func (a appender) string(s string) {
	s = s[:min(len(s), maxString)]
	if a.flexible {
		a.uvarint(len(s) + 1)
	} else {
		a.int16(int16(len(s)))
	}
	*a.body = append(*a.body, s...)
}

func (a appender) nullableString(s *string) {
	switch {
	case s != nil:
		a.string(*s)
	case a.flexible:
		a.uvarint(0)
	default:
		a.int16(-1)
	}
}

// noTags ends a struct that has no tags.
func (a appender) noTags() {
	if a.flexible {
		*a.body = append(*a.body, 0)
	}
}

// tag begins a tag whose value takes size bytes.
func (a appender) tag(number, size int) {
	a.uvarint(number)
	a.uvarint(size)
}

// uvarintLen returns the number of bytes that a value takes as an unsigned varint.
func uvarintLen(v int) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}
