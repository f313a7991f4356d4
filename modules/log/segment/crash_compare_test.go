package segment_test

import (
	"bytes"
	"math"
	"slices"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// compare checks what was found: a prefix of the model that reaches the stable offset, with the right producer state.
func (h *history) compare(compacted bool) {
	h.Helper()
	status := h.log.Status()
	if status.EndOffset < h.model.stable {
		h.failf("the log ends at %d, %d was stable", status.EndOffset, h.model.stable)
	}
	if status.StartOffset > max(h.model.start, status.EndOffset) {
		h.failf("the log starts at %d, it never was beyond %d", status.StartOffset, h.model.start)
	}
	for i, b := range h.model.batches {
		if b.last >= status.EndOffset {
			// Where even the log start was lost but for its checkpoint, the log goes on from there.
			if b.base < status.EndOffset && status.StartOffset < status.EndOffset {
				h.failf("the log ends at %d, within a batch of [%d, %d]", status.EndOffset, b.base, b.last)
			}
			h.model.batches = h.model.batches[:i]
			break
		}
	}
	h.model.start = status.StartOffset
	if compacted {
		h.compareKeys(status)
	} else {
		h.compareBatches(status)
		h.compareRecords()
		h.compareAborted()
	}
	h.model.stable = 0
}

// compareRecords checks the producer state: every record of the log counted once. Batches that were deleted before a
// snapshot covered them are the only ones that may be missing.
func (h *history) compareRecords() {
	h.Helper()
	all, live := int64(0), int64(0)
	for _, b := range h.model.batches {
		all += b.records
		if b.last >= h.model.start {
			live += b.records
		}
	}
	if seen := h.host.seen(); seen > all || seen < live {
		h.failf("the producer state has %d records, want %d (%d above the log start)", seen, all, live)
	}
	h.host.mu.Lock()
	h.host.records, h.host.end = all, h.log.Status().EndOffset
	h.host.mu.Unlock()
}

// compareAborted checks the aborted transactions above the log start.
func (h *history) compareAborted() {
	h.Helper()
	var want []log.AbortedTxn
	for _, b := range h.model.batches {
		if b.last >= h.model.start && b.last%7 == 0 {
			want = append(want, abortedAt(b.base, b.last))
		}
	}
	if got := h.host.Aborted(h.model.start, math.MaxInt64); !slices.Equal(got, want) {
		h.failf("the aborted transactions are %+v, want %+v", got, want)
	}
}

// contents reads the log from an offset.
func (h *history) contents(offset, end int64) (list []record.Batch) {
	h.Helper()
	for offset < end {
		e, err := h.log.Read(log.ReadRequest{Offset: offset, MaxBytes: 1 << 20, MinOne: true, Before: end})
		h.must(err)
		data := make([]byte, e.Len())
		if _, err := e.ReadAt(data, 0); err != nil && e.Len() > 0 {
			h.failf("read at %d: %v", offset, err)
		}
		e.Release()
		if len(data) == 0 {
			return list
		}
		for b, err := range record.Batches(data) {
			h.must(err)
			h.must(b.VerifyCRC())
			header := b.Header()
			offset = header.LastOffset() + 1
			list = append(list, b)
		}
	}
	return list
}

func (h *history) compareBatches(status log.Status) {
	h.Helper()
	var want []kept
	for _, b := range h.model.batches {
		if b.last >= status.StartOffset {
			want = append(want, b)
		}
	}
	got := h.contents(status.StartOffset, status.EndOffset)
	if len(got) != len(want) {
		h.failf("%d batches in [%d, %d), want %d", len(got), status.StartOffset, status.EndOffset, len(want))
	}
	for i, b := range got {
		if !bytes.Equal(b, want[i].bytes) {
			h.failf("batch %d of [%d, %d] differs", i, want[i].base, want[i].last)
		}
	}
}

// compareKeys checks that every key of the model still has its last value, and that no record is made up.
func (h *history) compareKeys(status log.Status) {
	h.Helper()
	type found struct {
		offset int64
		value  string
	}
	each := func(b record.Batch, f func(key string, at found)) {
		rs, err := b.Records(1 << 20)
		h.must(err)
		defer rs.Close()
		header := b.Header()
		var r record.Record
		for rs.Next(&r) {
			f(string(r.Key), found{header.RecordOffset(&r), string(r.Value)})
		}
		h.must(rs.Err())
	}
	all, last := map[int64]string{}, map[string]found{}
	for _, b := range h.model.batches {
		each(b.bytes, func(key string, at found) {
			all[at.offset] = key + at.value
			last[key] = at
		})
	}
	seen := map[string]found{}
	previous := int64(-1)
	for _, b := range h.contents(status.StartOffset, status.EndOffset) {
		each(b, func(key string, at found) {
			if all[at.offset] != key+at.value || at.offset <= previous {
				h.failf("record %s at %d is not what was appended there", key, at.offset)
			}
			previous = at.offset
			seen[key] = at
		})
	}
	for key, want := range last {
		if want.offset >= status.StartOffset && seen[key] != want {
			h.failf("%s is at %d, want %d", key, seen[key].offset, want.offset)
		}
	}
}
