package wire

import (
	"encoding/binary"
	"fmt"
)

// RequestHeader is what every request begins with.
type RequestHeader struct {
	Key, Version  int16
	CorrelationID int32
	ClientID      []byte // a view of the frame; nil when the client sent null
}

// ParseRequestHeader reads the header of a frame, without the frame's size, and returns what follows it. The layout
// depends on key and version: header version 1 up to the last version that is not flexible, then 2, which adds tags; the
// client id is not compact in either. A key that Kafka does not know is an error, since nothing says how its header
// looks. A version that nobody knows is not: the Router refuses it, or ApiVersions answers it.
func ParseRequestHeader(frame []byte) (RequestHeader, []byte, error) {
	r := NewReader(frame, false)
	h := RequestHeader{Key: r.Int16(), Version: r.Int16(), CorrelationID: r.Int32()}
	if r.failed {
		return h, nil, fmt.Errorf("%w: %d bytes are no request header", ErrMalformed, len(frame))
	}
	info := LookupAPI(h.Key)
	if info == nil {
		return h, nil, fmt.Errorf("%w: unknown API key %d", ErrMalformed, h.Key)
	}
	h.ClientID = r.NullableString()
	if info.IsFlexible(h.Version) {
		r.flexible = true
		r.SkipTags()
	}
	if r.failed {
		return h, nil, fmt.Errorf("%w: header of %s version %d is cut short", ErrMalformed, info.Name, h.Version)
	}
	return h, r.rest, nil
}

// AppendResponseHeader appends the frame's size and a response header. bodySize is the number of bytes that follow the
// header. Header version 1, which ends with tags, belongs to flexible versions, except those of ApiVersions: a client
// reads that response before it knows what the broker understands.
func AppendResponseHeader(b []byte, correlationID int32, tags bool, bodySize int) []byte {
	size := 4 + bodySize
	if tags {
		size++
	}
	b = binary.BigEndian.AppendUint32(b, uint32(size))
	b = binary.BigEndian.AppendUint32(b, uint32(correlationID))
	if tags {
		b = append(b, 0)
	}
	return b
}

// ResponseHeaderHasTags reports whether responses to a key and version have a header with tags.
func ResponseHeaderHasTags(key, version int16) bool {
	info := LookupAPI(key)
	return info != nil && key != APIVersions && info.IsFlexible(version)
}
