package compact_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/log/compact"
	"github.com/jackdawmq/jackdaw/core/record"
)

// markerAt builds the marker of producer 5 at an offset.
func markerAt(t *testing.T, offset int64, kind record.ControlType) record.Batch {
	t.Helper()
	data, err := record.Marker{ProducerID: 5, Type: kind, Timestamp: 1000 + offset}.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	record.Batch(data).SetBaseOffset(offset)
	return data
}

// TestMarkers follows the markers of three transactions through compactions: the record of the committed one stays, and its
// marker with it; the other markers get a delete horizon when nothing is left before them, and go behind it.
func TestMarkers(t *testing.T) {
	txn := func(h *record.Header) {
		h.Attributes, h.ProducerID, h.ProducerEpoch, h.BaseSequence = record.TransactionalBit, 5, 0, 0
	}
	log := []record.Batch{
		batch(t, 0, txn, pair{"a", "aborted"}), markerAt(t, 1, record.ControlAbort),
		batch(t, 2, txn, pair{"a", "old"}), markerAt(t, 3, record.ControlCommit),
		batch(t, 4, txn, pair{"a", "new"}), markerAt(t, 5, record.ControlCommit),
		batch(t, 6, nil, pair{"b", "other"}),
	}
	var needed int64 = -1
	pass := func(ms int64, emptied []int64, want ...int64) {
		t.Helper()
		keys := compact.NewKeyMap(1<<20, 0.9)
		for _, b := range log {
			if err := keys.AddMarker(b); err != nil {
				t.Fatal(err)
			}
		}
		for _, b := range log {
			if ok, err := keys.AddBatch(b, 0, 1<<20); !ok || err != nil {
				t.Fatalf("add: %v, %v", ok, err)
			}
		}
		filter := compact.Filter{Keys: keys, Now: time.UnixMilli(ms), DeleteRetention: time.Second, MaxBytes: 1 << 20,
			Needed: func(h *record.Header) bool { return h.LastOffset() == needed }}
		var left []record.Batch
		var offsets []int64
		for _, b := range log {
			b, err := filter.Append(nil, b)
			if err != nil {
				t.Fatal(err)
			}
			if len(b) > 0 {
				left = append(left, b)
				offsets = append(offsets, record.Batch(b).Header().BaseOffset)
			}
		}
		log = left
		if !slices.Equal(offsets, want) || !slices.Equal(filter.Emptied, emptied) {
			t.Errorf("left are %v, want %v; emptied %v, want %v", offsets, want, filter.Emptied, emptied)
		}
	}
	pass(5000, nil, 1, 3, 4, 5, 6)
	if h := log[0].Header(); h.HasDeleteHorizon() {
		t.Error("a marker got its horizon in the pass that dropped its transaction")
	}
	pass(6000, []int64{1}, 1, 3, 4, 5, 6)
	m, ok, err := record.ParseMarker(log[0])
	if h := log[0].Header(); !h.HasDeleteHorizon() || h.BaseTimestamp != 7000 || !ok || err != nil || m.Timestamp != 1001 {
		t.Errorf("the marker is %+v with header %+v, %v", m, h, err)
	}
	pass(7000, []int64{1}, 1, 3, 4, 5, 6)
	needed = 3
	pass(7001, []int64{1}, 3, 4, 5, 6)
	if h := log[0].Header(); h.Count != 0 || !h.IsControl() || h.HasDeleteHorizon() {
		t.Errorf("the marker that its producer needs became %+v", h)
	}
	pass(7002, nil, 3, 4, 5, 6)
	needed = -1
	pass(7003, nil, 4, 5, 6)
	if h := log[1].Header(); h.Count != 1 || h.HasDeleteHorizon() {
		t.Errorf("the marker of a record that stays became %+v", h)
	}
}

// TestOtherControlBatches stay: only transaction markers are understood.
func TestOtherControlBatches(t *testing.T) {
	other := markerAt(t, 0, record.ControlType(2))
	keys := compact.NewKeyMap(1<<20, 0.9)
	if ok, err := keys.AddBatch(other, 0, 1<<20); !ok || err != nil {
		t.Fatal(err)
	}
	filter := compact.Filter{Keys: keys, Now: time.UnixMilli(1 << 40)}
	if got, err := filter.Append(nil, other); err != nil || string(got) != string(other) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
