package compact_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/log/compact"
	"github.com/jackdawmq/jackdaw/core/record"
)

// pair is a record; the value "-" is null.
type pair struct{ key, value string }

func batch(tb testing.TB, base int64, change func(*record.Header), pairs ...pair) record.Batch {
	tb.Helper()
	h := record.NewHeader()
	h.BaseOffset = base
	if change != nil {
		change(&h)
	}
	var b record.Builder
	b.Reset(nil, h)
	for _, p := range pairs {
		var key, value []byte
		if p.key != "-" {
			key = []byte(p.key)
		}
		if p.value != "-" {
			value = []byte(p.value)
		}
		b.Append(1000+base, key, value)
	}
	data, err := b.Finish()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// keysOf builds the map of some batches.
func keysOf(tb testing.TB, batches ...record.Batch) *compact.KeyMap {
	tb.Helper()
	m := compact.NewKeyMap(1<<20, 0.9)
	for _, b := range batches {
		if ok, err := m.AddBatch(b, 0, 1<<20); !ok || err != nil {
			tb.Fatalf("add: %v, %v", ok, err)
		}
	}
	return m
}

// show writes a batch down: its offsets, then the offset, key and value of each record.
func show(tb testing.TB, b record.Batch) string {
	tb.Helper()
	if len(b) == 0 {
		return "nothing"
	}
	if err := b.VerifyCRC(); err != nil {
		tb.Fatal(err)
	}
	h := b.Header()
	var s strings.Builder
	fmt.Fprintf(&s, "[%d,%d]", h.BaseOffset, h.LastOffset())
	rs, err := b.Records(1 << 20)
	if err != nil {
		tb.Fatal(err)
	}
	defer rs.Close()
	var r record.Record
	for rs.Next(&r) {
		value := string(r.Value)
		if r.Value == nil {
			value = "-"
		}
		fmt.Fprintf(&s, " %d:%s=%s", h.RecordOffset(&r), r.Key, value)
		if at := h.RecordTimestamp(&r); at != 1000+h.BaseOffset {
			tb.Errorf("record %d has the timestamp %d", h.RecordOffset(&r), at)
		}
	}
	if err := rs.Err(); err != nil {
		tb.Fatal(err)
	}
	return s.String()
}

func TestFilter(t *testing.T) {
	producer := func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = 7, 0, 3 }
	gzip := func(h *record.Header) { h.Attributes = int16(record.Gzip) }
	later := batch(t, 10, nil, pair{"a", "9"}, pair{"b", "9"})
	f := func(name string, b record.Batch, want string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			filter := compact.Filter{Keys: keysOf(t, b, later), Now: time.UnixMilli(5000), DeleteRetention: time.Hour, MaxBytes: 1 << 20,
				Needed: func(h *record.Header) bool { return h.LastOffset() == 1 }, Upper: 9}
			got, err := filter.Append([]byte("before"), b)
			if err != nil || !bytes.HasPrefix(got, []byte("before")) {
				t.Fatalf("%q, %v", got, err)
			}
			if text := show(t, got[len("before"):]); text != want {
				t.Errorf("%s, want %s", text, want)
			}
		})
	}
	f("nothing to remove", batch(t, 0, nil, pair{"x", "1"}, pair{"y", "2"}), "[0,1] 0:x=1 1:y=2")
	f("all superseded", batch(t, 4, nil, pair{"a", "1"}, pair{"b", "2"}), "nothing")
	f("all superseded, of no producer", batch(t, 0, nil, pair{"a", "1"}, pair{"b", "2"}), "nothing")
	f("some superseded", batch(t, 0, nil, pair{"a", "1"}, pair{"x", "2"}, pair{"b", "3"}), "[0,2] 1:x=2")
	f("within a batch", batch(t, 0, nil, pair{"x", "1"}, pair{"x", "2"}), "[0,1] 1:x=2")
	f("compressed", batch(t, 0, gzip, pair{"a", "1"}, pair{"x", "2"}), "[0,1] 1:x=2")
	f("no key", batch(t, 0, nil, pair{"-", "1"}, pair{"x", "2"}), "[0,1] 1:x=2")
	f("last sequence of a producer", batch(t, 0, producer, pair{"a", "1"}, pair{"b", "2"}), "[0,1]")
	f("an older batch of a producer", batch(t, 2, producer, pair{"a", "1"}, pair{"b", "2"}), "nothing")
	f("the last batch below the bound", batch(t, 7, nil, pair{"a", "1"}, pair{"b", "2"}), "[7,8]")
	f("an empty batch of a producer", batch(t, 0, func(h *record.Header) { producer(h); h.LastOffsetDelta = 1 }), "[0,1]")
	f("an empty batch of no producer", batch(t, 0, func(h *record.Header) { h.LastOffsetDelta = 1 }), "nothing")
	f("an empty batch that is not needed", batch(t, 2, func(h *record.Header) { h.LastOffsetDelta = 1 }), "nothing")
	f("tombstone", batch(t, 0, nil, pair{"x", "-"}, pair{"a", "1"}), "[0,1] 0:x=-")
	f("superseded tombstone", batch(t, 0, nil, pair{"a", "-"}, pair{"x", "1"}), "[0,1] 1:x=1")
}

func TestUntouchedBatchesStayByteForByte(t *testing.T) {
	b := batch(t, 0, func(h *record.Header) { h.Attributes = int16(record.Gzip) }, pair{"x", "1"}, pair{"y", "2"})
	filter := compact.Filter{Keys: keysOf(t, b), Now: time.UnixMilli(0), MaxBytes: 1 << 20}
	if got, err := filter.Append(nil, b); err != nil || !bytes.Equal(got, b) {
		t.Errorf("changed, %v", err)
	}
}

// TestTombstones follows a tombstone: the first compaction sets its horizon, a later one within it changes nothing, one
// after it removes the record.
func TestTombstones(t *testing.T) {
	b := batch(t, 0, nil, pair{"x", "-"}, pair{"y", "1"})
	at := func(ms int64, b record.Batch) record.Batch {
		filter := compact.Filter{Keys: keysOf(t, b), Now: time.UnixMilli(ms), DeleteRetention: time.Second, MaxBytes: 1 << 20}
		got, err := filter.Append(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := at(5000, b)
	if h := first.Header(); !h.HasDeleteHorizon() || h.BaseTimestamp != 6000 || h.MaxTimestamp != 1000 || h.Count != 2 {
		t.Errorf("after the first compaction: %+v", h)
	}
	if second := at(6000, first); !bytes.Equal(second, first) {
		t.Errorf("within the horizon: %s", show(t, second))
	}
	if third := show(t, at(6001, first)); third != "[0,1] 1:y=1" {
		t.Errorf("after the horizon: %s", third)
	}
}

// TestAbortedTransactions compacts records of a producer that aborted one transaction and committed the next: what was
// aborted goes, and what it would have replaced stays.
func TestAbortedTransactions(t *testing.T) {
	txn := func(h *record.Header) {
		h.Attributes = record.TransactionalBit
		h.ProducerID, h.ProducerEpoch, h.BaseSequence = 5, 0, 0
	}
	end := func(offset int64, kind record.ControlType) record.Batch {
		b, err := record.Marker{ProducerID: 5, Type: kind, Timestamp: 1}.AppendTo(nil)
		if err != nil {
			t.Fatal(err)
		}
		record.Batch(b).SetBaseOffset(offset)
		return b
	}
	before := batch(t, 0, func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = 5, 0, 0 }, pair{"a", "old"}, pair{"b", "old"})
	aborted := batch(t, 2, txn, pair{"a", "aborted"})
	committed := batch(t, 4, txn, pair{"b", "new"})
	keys := compact.NewKeyMap(1<<20, 0.9)
	for _, marker := range []record.Batch{end(3, record.ControlAbort), end(5, record.ControlCommit)} {
		if err := keys.AddMarker(marker); err != nil {
			t.Fatal(err)
		}
	}
	for _, b := range []record.Batch{before, aborted, end(3, record.ControlAbort), committed, end(5, record.ControlCommit)} {
		if ok, err := keys.AddBatch(b, 0, 1<<20); !ok || err != nil {
			t.Fatalf("add: %v, %v", ok, err)
		}
	}
	filter := compact.Filter{Keys: keys, Now: time.UnixMilli(1), MaxBytes: 1 << 20}
	f := func(b record.Batch, want string) {
		t.Helper()
		got, err := filter.Append(nil, b)
		if err != nil {
			t.Fatal(err)
		}
		if text := show(t, got); text != want {
			t.Errorf("%s, want %s", text, want)
		}
	}
	f(before, "[0,1] 0:a=old")
	f(aborted, "nothing")
	f(committed, "[4,4] 4:b=new")
	filter.Needed = func(*record.Header) bool { return true }
	f(aborted, "[2,2]")
}

func TestFullMap(t *testing.T) {
	m := compact.NewKeyMap(0, 0.5) // the smallest: 1,024 slots
	base := int64(0)
	for {
		ok, err := m.AddBatch(batch(t, base, nil, pair{fmt.Sprint(base), "v"}, pair{fmt.Sprint(base + 1), "v"}), 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		base += 2
	}
	if m.Len() != 512 || m.End() != 512 {
		t.Errorf("full with %d keys, up to %d", m.Len(), m.End())
	}
	beyond := batch(t, m.End(), nil, pair{"-", "v"}, pair{"0", "v"})
	filter := compact.Filter{Keys: m, MaxBytes: 1 << 20}
	if got, err := filter.Append(nil, beyond); err != nil || !bytes.Equal(got, beyond) {
		t.Errorf("a batch beyond the map was changed: %v", err)
	}
	m.Reset()
	if ok, err := m.AddBatch(beyond, 0, 1<<20); !ok || err != nil || m.Len() != 1 || m.End() != 514 {
		t.Errorf("after Reset: %v, %v, %d keys up to %d", ok, err, m.Len(), m.End())
	}
}

// The bound of the memory counts, not the next power of two.
func TestMapGrowsToItsBound(t *testing.T) {
	const slots = 1500
	m := compact.NewKeyMap(slots*24, 1)
	for base := int64(0); base < 2*slots; base++ {
		ok, err := m.AddBatch(batch(t, base, nil, pair{fmt.Sprint(base), "v"}), 0, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
	}
	if m.Len() != slots {
		t.Errorf("%d keys in %d slots", m.Len(), slots)
	}
}

// Compaction begins within a batch where the last one ended there.
func TestMapFromAnOffset(t *testing.T) {
	early := batch(t, 0, nil, pair{"a", "1"}, pair{"b", "1"}, pair{"c", "1"})
	m := compact.NewKeyMap(1<<20, 0.9)
	if ok, err := m.AddBatch(early, 1, 1<<20); !ok || err != nil || m.Len() != 2 || m.End() != 3 {
		t.Errorf("%v, %v: %d keys up to %d", ok, err, m.Len(), m.End())
	}
}

func TestDamagedBatch(t *testing.T) {
	b := batch(t, 0, func(h *record.Header) { h.Attributes = int16(record.Zstd) }, pair{"x", "1"})
	clear(b[record.HeaderSize:])
	if _, err := compact.NewKeyMap(1<<20, 0.9).AddBatch(b, 0, 1<<20); err == nil {
		t.Error("the map took a damaged batch")
	}
	filter := compact.Filter{Keys: compact.NewKeyMap(1<<20, 0.9), MaxBytes: 1 << 20}
	if got, err := filter.Append([]byte("x"), b); err == nil || string(got) != "x" {
		t.Errorf("the filter took a damaged batch: %q, %v", got, err)
	}
}

func BenchmarkFilter(b *testing.B) {
	pairs := make([]pair, 100)
	for i := range pairs {
		pairs[i] = pair{fmt.Sprint("key", i), strings.Repeat("v", 100)}
	}
	one := batch(b, 0, nil, pairs...)
	later := batch(b, 100, nil, pairs[:50]...)
	filter := compact.Filter{Keys: keysOf(b, one, later), MaxBytes: 1 << 20}
	b.SetBytes(int64(len(one)))
	b.ReportAllocs()
	var dst []byte
	for b.Loop() {
		var err error
		if dst, err = filter.Append(dst[:0], one); err != nil {
			b.Fatal(err)
		}
	}
}
