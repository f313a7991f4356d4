package record

import "iter"

// Record is one record of a batch. Its slices point into the batch, or into the buffer of the Records that decoded it:
// they are valid as long as those are.
type Record struct {
	Attributes     int8  // unused by Kafka; whatever the client sent
	TimestampDelta int64 // milliseconds after the batch's BaseTimestamp: see Header.RecordTimestamp
	OffsetDelta    int32 // see Header.RecordOffset
	Key            []byte
	Value          []byte // nil is null, a tombstone on compacted topics; an empty value is not nil
	HeaderCount    int
	headers        []byte // encoded; parse checked them
}

// RecordHeader is one header of a record. Keys may repeat; a nil value is null.
type RecordHeader struct {
	Key, Value []byte
}

// Headers iterates over the record's headers in their order.
func (r *Record) Headers() iter.Seq[RecordHeader] {
	return func(yield func(RecordHeader) bool) {
		rest := r.headers
		for range r.HeaderCount {
			var h RecordHeader
			h.Key, rest, _ = field(rest)
			h.Value, rest, _ = field(rest)
			if !yield(h) {
				return
			}
		}
	}
}

// parse decodes the record at the start of b and returns its length. It checks the structure to the last byte.
func (r *Record) parse(b []byte) (int, error) {
	size, n := varint(b)
	if n == 0 || size < 1 || int(size) > len(b)-n {
		return 0, errMalformed
	}
	end := n + int(size)
	r.Attributes = int8(b[n])
	rest := b[n+1 : end : end]
	timestamp, n := varlong(rest)
	if n == 0 {
		return 0, errMalformed
	}
	rest = rest[n:]
	offset, n := varint(rest)
	if n == 0 {
		return 0, errMalformed
	}
	r.TimestampDelta, r.OffsetDelta = timestamp, offset
	key, rest, keyOK := field(rest[n:])
	value, rest, valueOK := field(rest)
	count, n := varint(rest)
	if !keyOK || !valueOK || n == 0 || count < 0 || int(count) > len(rest)/2 { // a header takes two bytes at least
		return 0, errMalformed
	}
	r.Key, r.Value, r.HeaderCount, r.headers = key, value, int(count), rest[n:]
	if (count > 0 || len(r.headers) > 0) && !validHeaders(r.headers, int(count)) {
		return 0, errMalformed
	}
	return end, nil
}

// validHeaders reports whether b holds exactly count headers, none with a null key.
func validHeaders(b []byte, count int) bool {
	for range count {
		key, value, _ := field(b)
		_, rest, ok := field(value)
		if key == nil || !ok {
			return false
		}
		b = rest
	}
	return len(b) == 0
}

// field decodes a length and as many bytes at the start of b, and returns what follows. A negative length is null.
func field(b []byte) (value, rest []byte, ok bool) {
	size, n := varint(b)
	if n == 0 {
		return nil, nil, false
	}
	b = b[n:]
	if size < 0 {
		return nil, b, true
	}
	if int(size) > len(b) {
		return nil, nil, false
	}
	return b[:size:size], b[size:], true
}
