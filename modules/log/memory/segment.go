package memory

import (
	"fmt"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// segment is a run of batches in one allocation. Bytes below len(data) never change.
type segment struct {
	data    []byte
	batches []batch
}

// batch says where a batch lies in its segment.
type batch struct {
	base, last   int64
	maxTimestamp int64
	at, size     int
}

func newSegment(capacity int) *segment { return &segment{data: make([]byte, 0, capacity)} }

func (s *segment) last() int64 { return s.batches[len(s.batches)-1].last }

func (s *segment) maxTimestamp() int64 {
	largest := int64(-1)
	for _, b := range s.batches {
		largest = max(largest, b.maxTimestamp)
	}
	return largest
}

// append copies whole batches in. An error leaves the segment as it was.
func (s *segment) append(b []byte) error {
	count := len(s.batches)
	var h record.Header
	for at := 0; at < len(b); at += h.Size() {
		if err := h.Parse(b[at:]); err != nil || h.Size() < record.HeaderSize || h.Size() > len(b)-at {
			s.batches = s.batches[:count]
			return fmt.Errorf("append of bytes that are no whole batch: %w", kafka.CorruptMessage)
		}
		s.batches = append(s.batches, batch{
			base: h.BaseOffset, last: h.LastOffset(), maxTimestamp: h.MaxTimestamp, at: len(s.data) + at, size: h.Size(),
		})
	}
	s.data = append(s.data, b...)
	return nil
}

// find returns the index of the first batch that ends at or after an offset.
func (s *segment) find(offset int64) int {
	i, _ := slices.BinarySearchFunc(s.batches, offset, func(b batch, o int64) int { return compare(b.last, o) })
	return i
}

// read returns the bytes that a request asks for, or nil when the segment has none for it.
func (s *segment) read(r log.ReadRequest) []byte {
	first := s.find(r.Offset)
	if first == len(s.batches) || s.batches[first].base >= r.Before {
		return nil
	}
	begin, size := s.batches[first].at, s.batches[first].size
	limit := len(s.data)
	if s.last() >= r.Before {
		limit = s.batches[s.find(r.Before)].at
	}
	if size > r.MaxBytes {
		if !r.MinOne {
			return nil
		}
		return s.data[begin : begin+size : begin+size]
	}
	end := min(limit, begin+r.MaxBytes)
	return s.data[begin:end:end]
}

// cut drops the batches from index n on. Readers may hold the bytes behind, so the room is never filled again.
func (s *segment) cut(n int) *segment {
	at := s.batches[n].at
	return &segment{data: s.data[:at:at], batches: slices.Clip(s.batches[:n])}
}
