package stage

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// The limits of a chunk. They keep the memory that decoding takes near that of the records themselves: a compressed batch
// of a megabyte can announce ten million records, or one record with as many headers.
const (
	maxChunkRecords = 4096
	maxChunkBytes   = 1 << 20
	maxChunkHeaders = 1 << 16
)

// chunk is a run of records on its way through the chain.
type chunk struct {
	transforms bool // some slot may rewrite records: originals are kept apart

	first   int32           // index in the batch of originals[0]
	next    int32           // index in the batch of the record that the next chunk begins with
	records []plugin.Record // what is left, as it is now
	at      []int32         // index in the batch of each of records

	originals []plugin.Record // as decoded; records is a copy when the chain transforms, else the same memory
	copied    []plugin.Record
	headers   []record.RecordHeader
	held      *record.Record // decoded, but it did not fit into the chunk before
	holding   record.Record
}

// emptied returns the chunk's memory for another batch, without what it points to.
func (c *chunk) emptied() chunk {
	clear(c.originals)
	clear(c.copied)
	clear(c.headers)
	if cap(c.headers) > maxChunkRecords {
		c.headers = nil
	}
	return chunk{originals: c.originals[:0], copied: c.copied[:0], headers: c.headers[:0], at: c.at[:0]}
}

// decode fills the chunk with the next records of a batch and reports whether there were any.
func (c *chunk) decode(records *record.Records, h *record.Header) (bool, error) {
	c.first, c.originals, c.headers, c.at = c.next, c.originals[:0], c.headers[:0], c.at[:0]
	size := 0
	for len(c.originals) < maxChunkRecords {
		r := &c.holding
		if c.held == nil && !records.Next(r) {
			break
		}
		c.held = nil
		if r.HeaderCount > maxChunkHeaders {
			return false, kafka.Errorf(kafka.InvalidRecord, "Record %d has %d headers, more than the %d that plugins can take",
				c.next, r.HeaderCount, maxChunkHeaders)
		}
		size += len(r.Key) + len(r.Value)
		if len(c.originals) > 0 && (size > maxChunkBytes || len(c.headers)+r.HeaderCount > maxChunkHeaders) {
			c.held = r
			break
		}
		c.originals = append(c.originals, plugin.Record{
			Key: r.Key, Value: r.Value, Headers: c.decodeHeaders(r), Timestamp: h.RecordTimestamp(r),
		})
		c.at = append(c.at, c.next)
		c.next++
	}
	c.records = c.originals
	if c.transforms {
		c.copied = append(c.copied[:0], c.originals...)
		c.records = c.copied
	}
	return len(c.originals) > 0, records.Err()
}

// decodeHeaders returns the headers of a record, which live as long as the chunk.
func (c *chunk) decodeHeaders(r *record.Record) []record.RecordHeader {
	n := r.HeaderCount
	if n == 0 {
		return nil
	}
	if cap(c.headers)-len(c.headers) < n { // records decoded before keep the old array
		c.headers = make([]record.RecordHeader, 0, max(2*cap(c.headers), n, 64))
	}
	start := len(c.headers)
	for h := range r.Headers() {
		c.headers = append(c.headers, h)
	}
	return c.headers[start:len(c.headers):len(c.headers)]
}

// original returns a record that is still in the chunk as the producer sent it.
func (c *chunk) original(i int) *plugin.Record {
	if c.transforms {
		return &c.originals[c.at[i]-c.first]
	}
	return &c.records[i]
}

// keep moves a record to its place among those that are left.
func (c *chunk) keep(to, from int) {
	if to != from {
		c.records[to], c.at[to] = c.records[from], c.at[from]
	}
}

func (c *chunk) cut(n int) { c.records, c.at = c.records[:n], c.at[:n] }
