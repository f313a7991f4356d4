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
		c := cursor{b: r.headers}
		for range r.HeaderCount {
			if !yield(RecordHeader{Key: c.bytes(), Value: c.bytes()}) {
				return
			}
		}
	}
}

// parse decodes the record at the start of b and returns its length. It checks the structure to the last byte.
func (r *Record) parse(b []byte) (int, error) {
	size, n := varint(b)
	if n == 0 || size < 1 || int(size) > len(b)-n {
		return 0, ErrMalformed
	}
	end := n + int(size)
	c := cursor{b: b[n+1 : end : end]}
	r.Attributes = int8(b[n])
	r.TimestampDelta = c.varlong()
	r.OffsetDelta = c.varint()
	r.Key = c.bytes()
	r.Value = c.bytes()
	count := c.varint()
	r.HeaderCount, r.headers = int(count), c.b
	if count < 0 || int(count) > len(c.b)/2 {
		return 0, ErrMalformed // a header takes two bytes at least
	}
	for range count {
		if key := c.bytes(); key == nil {
			return 0, ErrMalformed
		}
		c.bytes()
	}
	if c.bad || len(c.b) != 0 {
		return 0, ErrMalformed
	}
	return end, nil
}

// cursor reads the fields of a record. After bytes that do not decode it is bad and yields zero values.
type cursor struct {
	b   []byte
	bad bool
}

func (c *cursor) varint() int32 {
	v, n := varint(c.b)
	if n == 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

func (c *cursor) varlong() int64 {
	v, n := varlong(c.b)
	if n == 0 {
		c.fail()
		return 0
	}
	c.b = c.b[n:]
	return v
}

// bytes reads a length and as many bytes. A negative length is null.
func (c *cursor) bytes() []byte {
	n := int(c.varint())
	if n < 0 || c.bad {
		return nil
	}
	if n > len(c.b) {
		c.fail()
		return nil
	}
	field := c.b[:n:n]
	c.b = c.b[n:]
	return field
}

func (c *cursor) fail() { c.b, c.bad = nil, true }
