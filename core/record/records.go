package record

import "errors"

// Records iterates over the records of one batch:
//
//	records, err := batch.Records(limit)
//	...
//	defer records.Close()
//	for records.Next(&r) {
//	}
//	err = records.Err()
//
// It allocates nothing, but for what a codec needs when pools are cold.
type Records struct {
	all     []byte // uncompressed records of the whole batch
	rest    []byte
	count   int32
	left    int32
	scratch *buffer
	place   chan struct{} // occupied because the records are large; nil when they are not
	err     error
}

// largeBatches lets few goroutines at a time hold the records of a batch that do not fit into a pooled buffer: many small
// requests with huge contents then cost time, not memory. Whoever holds a place does not wait for another one.
var largeBatches = make(chan struct{}, 4)

// Open is Records for what clients sent: a goroutine may have to wait for a place until others have closed records that
// are large when they are decompressed. Places may be nil, for those that all batches share.
func (b Batch) Open(limit int, places chan struct{}) (Records, error) {
	records, err := b.Records(min(limit, maxPooled))
	if limit <= maxPooled || !errors.Is(err, errLimit) {
		return records, err
	}
	if places == nil {
		places = largeBatches
	}
	places <- struct{}{}
	if records, err = b.Records(limit); err != nil {
		<-places
		return Records{}, err
	}
	records.place = places
	return records, nil
}

// Records returns an iterator over the batch's records. Compressed records are decompressed at once, into a pooled buffer
// that Close gives back. The error is MESSAGE_TOO_LARGE when they take more than limit bytes, CORRUPT_MESSAGE when they
// can't be decompressed, and INVALID_RECORD for a codec that does not exist.
func (b Batch) Records(limit int) (Records, error) {
	h := b.Header()
	rs := Records{all: b[HeaderSize:], count: h.Count}
	if codec := h.Codec(); codec != None {
		rs.scratch = newBuffer()
		var err error
		rs.scratch.b, err = decompress(rs.scratch.b, rs.all, codec, limit)
		if err != nil {
			rs.Close()
			return Records{}, err
		}
		rs.all = rs.scratch.b
	}
	rs.Rewind()
	return rs, nil
}

// Next decodes the next record into r and reports whether there was one. After the last record it makes sure that nothing
// follows.
func (rs *Records) Next(r *Record) bool {
	if rs.left <= 0 || rs.err != nil {
		if rs.err == nil && len(rs.rest) > 0 {
			rs.err = errManyRecords
		}
		return false
	}
	if len(rs.rest) == 0 {
		rs.err = errFewRecords
		return false
	}
	n, err := r.parse(rs.rest)
	if err != nil {
		rs.err = err
		return false
	}
	rs.rest = rs.rest[n:]
	rs.left--
	return true
}

// Err returns why Next stopped, or nil when the batch holds exactly the records that it counts.
func (rs *Records) Err() error { return rs.err }

// Close gives the buffer of decompressed records back. Records that came from it are then invalid.
func (rs *Records) Close() {
	if rs.scratch != nil {
		rs.scratch.free()
	}
	if rs.place != nil {
		<-rs.place
	}
	*rs = Records{}
}

// Rewind starts again at the first record.
func (rs *Records) Rewind() { rs.rest, rs.left, rs.err = rs.all, rs.count, nil }
