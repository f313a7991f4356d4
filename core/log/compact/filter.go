package compact

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Filter keeps of each batch what compaction keeps.
type Filter struct {
	Keys            *KeyMap
	Now             time.Time
	DeleteRetention time.Duration // delete.retention.ms
	MaxBytes        int           // bound of a batch's decompressed records
	// Needed tells whether a live producer needs a batch; such a batch stays, empty if need be. It may be nil. See
	// log.Bounds.
	Needed func(h *record.Header) bool
	// Upper is the first offset that is not compacted in this pass: the batch that ends right below it stays, empty if
	// need be, so that the log has no gap there.
	Upper int64
	// Emptied has the offsets of the markers of aborted transactions of which no batch was left before this pass. See
	// log.Transactions.
	Emptied []int64

	open    map[kafka.ProducerID]bool // whether a batch of the producer's transaction has passed
	builder record.Builder
	kept    []bool // of each record of the batch at hand, whether it stays
	aborted bool   // the batch at hand is of an aborted transaction
}

// verdict is what a first look at a batch's records found.
type verdict struct {
	kept       int
	dropped    int
	tombstones bool // among the kept
}

// Append appends what stays of a batch to dst: the batch itself when nothing is removed, a smaller one, or nothing.
func (f *Filter) Append(dst []byte, b record.Batch) ([]byte, error) {
	h := b.Header()
	if h.IsControl() {
		return f.appendControl(dst, b, &h)
	}
	if h.IsTransactional() {
		f.begin(h.ProducerID)
	}
	if h.Count == 0 {
		if f.keepEmpty(&h) {
			return append(dst, b...), nil
		}
		return dst, nil
	}
	records, err := b.Records(f.MaxBytes)
	if err != nil {
		return dst, err
	}
	f.aborted = f.Keys.aborted(&h)
	v := f.judge(&h, &records)
	err = records.Err()
	records.Close()
	if err != nil {
		return dst, err
	}
	mark := v.tombstones && !h.HasDeleteHorizon()
	switch {
	case v.dropped == 0 && !mark:
		return append(dst, b...), nil
	case v.kept == 0 && !f.keepEmpty(&h):
		return dst, nil
	}
	return f.rebuild(dst, b, h, mark)
}

// judge decides on every record and counts.
func (f *Filter) judge(h *record.Header, records *record.Records) (v verdict) {
	f.kept = f.kept[:0]
	var r record.Record
	for records.Next(&r) {
		stays := f.keep(h, &r)
		f.kept = append(f.kept, stays)
		if !stays {
			v.dropped++
			continue
		}
		v.kept++
		v.tombstones = v.tombstones || r.Value == nil
	}
	return v
}

// keep tells whether a record stays.
func (f *Filter) keep(h *record.Header, r *record.Record) bool {
	if f.aborted {
		return false
	}
	offset := h.RecordOffset(r)
	if offset >= f.Keys.End() {
		return true // the map knows nothing about what comes after it
	}
	if r.Key == nil || offset < f.Keys.latest(r.Key) {
		return false
	}
	expired := h.HasDeleteHorizon() && f.Now.UnixMilli() > h.BaseTimestamp
	return r.Value != nil || !expired
}

// keepEmpty tells whether a batch stays even without records.
func (f *Filter) keepEmpty(h *record.Header) bool {
	if h.HasProducerID() && f.Needed != nil && f.Needed(h) {
		return true
	}
	return h.LastOffset()+1 == f.Upper
}

// rebuild makes a batch of the records that stay. mark sets the delete horizon.
func (f *Filter) rebuild(dst []byte, b record.Batch, h record.Header, mark bool) ([]byte, error) {
	records, err := b.Records(f.MaxBytes)
	if err != nil {
		return dst, err
	}
	defer records.Close()
	to := h
	if mark {
		to.Attributes |= record.DeleteHorizonBit
		to.BaseTimestamp = f.Now.Add(f.DeleteRetention).UnixMilli()
	}
	f.builder.Reset(dst, to)
	var r record.Record
	for i := 0; records.Next(&r); i++ {
		if f.kept[i] {
			f.builder.Retain(&h, &r)
		}
	}
	return f.builder.Finish()
}
