package segment

import (
	"fmt"

	"github.com/jackdawmq/jackdaw/core/record"
)

// indexCheck compares the indexes of a closed segment, as their files hold them, with its batches, which come one after the
// other.
type indexCheck struct {
	segment        *segment
	offsets, times []byte // entries that are left
	largest        int64  // timestamp of the batches before
}

func (c *indexCheck) load() (err error) {
	if c.offsets, err = c.segment.offsets.stored(); err != nil {
		return err
	}
	c.times, err = c.segment.times.stored()
	return err
}

// batch compares the entries that are about a batch, or about what lies before it.
func (c *indexCheck) batch(h *record.Header, pos int64) error {
	if err := c.checkOffset(h, pos); err != nil {
		return err
	}
	for len(c.times) > 0 && c.offsetOf(&c.segment.times, c.times) <= h.LastOffset() {
		if err := c.checkTime(h); err != nil {
			return err
		}
		c.times = c.times[timeEntry:]
	}
	c.largest = max(c.largest, h.MaxTimestamp)
	return nil
}

// offsetOf returns the offset in the first of some entries.
func (c *indexCheck) offsetOf(x *index, entries []byte) int64 {
	if x.width == offsetEntry {
		return c.segment.base + x.key(entries)
	}
	return c.segment.base + x.value(entries)
}

// checkOffset compares the next entry of the offset index with a batch, once the batch has come that it may be about.
// Kafka's entries name the last offset of an append, which may be several batches.
func (c *indexCheck) checkOffset(h *record.Header, pos int64) error {
	if len(c.offsets) == 0 {
		return nil
	}
	x := &c.segment.offsets
	offset, position := c.offsetOf(x, c.offsets), x.value(c.offsets)
	rest := c.offsets[offsetEntry:]
	switch {
	case position > pos:
		return nil
	case position < pos:
		return fmt.Errorf(".index: no batch begins at position %d of offset %d", position, offset)
	case offset < h.LastOffset() || offset >= c.segment.next.Load():
		return fmt.Errorf(".index: offset %d stands for position %d, where the batch ends with %d", offset, position, h.LastOffset())
	case len(rest) > 0 && c.offsetOf(x, rest) <= offset:
		return fmt.Errorf(".index: offset %d is followed by a lower one", offset)
	}
	c.offsets = rest
	return nil
}

// checkTime compares the next entry of the time index with the batch that holds its offset, or comes behind it. A look-up
// that trusts the entry begins there: nothing before may have a larger timestamp, and something there must have it.
func (c *indexCheck) checkTime(h *record.Header) error {
	x := &c.segment.times
	timestamp, offset := x.key(c.times), c.offsetOf(x, c.times)
	rest := c.times[timeEntry:]
	switch {
	case timestamp < c.largest:
		return fmt.Errorf(".timeindex: timestamp %d stands for offset %d, but %d came before", timestamp, offset, c.largest)
	case offset < h.BaseOffset || timestamp > h.MaxTimestamp:
		return fmt.Errorf(".timeindex: no record has the timestamp %d at offset %d", timestamp, offset)
	case len(rest) > 0 && x.key(rest) <= timestamp:
		return fmt.Errorf(".timeindex: timestamp %d is followed by a lower one", timestamp)
	}
	return nil
}

// end reports entries that point behind the last batch.
func (c *indexCheck) end() error {
	if n := len(c.offsets) / offsetEntry; n > 0 {
		return fmt.Errorf(".index: %d entries point behind the last batch", n)
	}
	if n := len(c.times) / timeEntry; n > 0 {
		return fmt.Errorf(".timeindex: %d entries point behind the last batch", n)
	}
	return nil
}
