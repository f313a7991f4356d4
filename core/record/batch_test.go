package record_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// sign makes the CRC right again after a test changed a batch.
func sign(b []byte) {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
}

func TestNextWalksBatches(t *testing.T) {
	one := build(t, nil, fillMany(3))
	two := build(t, func(h *record.Header) { h.BaseOffset = 3 }, fillMany(1))
	buffer := slices.Concat(one, two, one[:40])

	var starts []int64
	var last error
	for batch, err := range record.Batches(buffer) {
		if last = err; err == nil {
			starts = append(starts, batch.Header().BaseOffset)
		}
	}
	if !slices.Equal(starts, []int64{0, 3}) || !errors.Is(last, record.ErrShort) {
		t.Errorf("batches start at %v, the end is %v", starts, last)
	}
}

func TestNextRefusesWhatIsNoBatch(t *testing.T) {
	good := build(t, nil, fillMany(1))
	f := func(name string, want error, edit func(b []byte) []byte) {
		t.Helper()
		_, _, err := record.Next(edit(slices.Clone(good)))
		if !errors.Is(err, want) {
			t.Errorf("%s: error is %v, want %v", name, err, want)
		}
	}
	f("cut header", record.ErrShort, func(b []byte) []byte { return b[:16] })
	f("cut records", record.ErrShort, func(b []byte) []byte { return b[:len(b)-1] })
	f("huge length", record.ErrShort, func(b []byte) []byte { b[8] = 0x7f; return b })
	f("negative length", record.ErrUnreadable, func(b []byte) []byte { b[8] = 0x80; return b })
	f("length below a header", record.ErrUnreadable, func(b []byte) []byte { b[11] = 48; return b })
	f("magic 1", record.ErrUnreadable, func(b []byte) []byte { b[16] = 1; return b })
	empty := build(t, nil, func(*record.Builder) {})
	if batch, rest, err := record.Next(empty); len(batch) != record.HeaderSize || len(rest) != 0 || err != nil {
		t.Errorf("a batch without records: %d bytes, %d behind it, %v", len(batch), len(rest), err)
	}
	if batch, rest, err := record.Next(nil); batch != nil || rest != nil || err != nil {
		t.Errorf("Next(nil) = %v, %v, %v", batch, rest, err)
	}
}

func TestSettersPatchInPlace(t *testing.T) {
	batch := build(t, nil, fillMany(2))
	before := batch.Header()

	batch.SetBaseOffset(1 << 40)
	batch.SetLeaderEpoch(7)
	batch.SetMaxTimestamp(record.CreateTime, before.MaxTimestamp)
	h := batch.Header()
	if h.BaseOffset != 1<<40 || h.LeaderEpoch != 7 || h.CRC != before.CRC || batch.VerifyCRC() != nil {
		t.Errorf("after offsets: %+v, %v", h, batch.VerifyCRC())
	}

	batch.SetMaxTimestamp(record.LogAppendTime, 42)
	h = batch.Header()
	if !h.IsLogAppendTime() || h.MaxTimestamp != 42 || h.RecordTimestamp(&record.Record{TimestampDelta: 5}) != 42 || batch.VerifyCRC() != nil {
		t.Errorf("after LogAppendTime: %+v, %v", h, batch.VerifyCRC())
	}

	batch.SetMaxTimestamp(record.CreateTime, before.MaxTimestamp)
	if h = batch.Header(); h.IsLogAppendTime() || h.CRC != before.CRC {
		t.Errorf("back to CreateTime: %+v", h)
	}
	batch[len(batch)-1]++
	if err := batch.VerifyCRC(); kafka.CodeOf(err) != kafka.CorruptMessage {
		t.Errorf("changed byte: %v", err)
	}
}

// withRecords makes an uncompressed batch of the given record bytes that says it has count records.
func withRecords(count int32, records ...byte) record.Batch {
	b := make([]byte, record.HeaderSize, record.HeaderSize+len(records))
	b[16] = 2
	b = append(b, records...)
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-record.LogOverhead))
	binary.BigEndian.PutUint32(b[23:], uint32(count-1))
	binary.BigEndian.PutUint64(b[43:], 1<<64-1) // producer id -1
	binary.BigEndian.PutUint32(b[57:], uint32(count))
	sign(b)
	return b
}

func TestRecordStructure(t *testing.T) {
	f := func(name string, ok bool, batch record.Batch) {
		t.Helper()
		records, err := batch.Records(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		defer records.Close()
		var r record.Record
		for records.Next(&r) {
			for range r.Headers() { // must not panic on whatever was accepted
			}
		}
		if err := records.Err(); (err == nil) != ok || err != nil && kafka.CodeOf(err) != kafka.InvalidRecord {
			t.Errorf("%s: error is %v", name, err)
		}
	}
	// size, attributes, timestamp delta, offset delta, key, value, headers
	f("null key and value", true, withRecords(1, 12, 0, 0, 0, 1, 1, 0))
	f("empty key and value", true, withRecords(1, 12, 0, 0, 0, 0, 0, 0))
	f("any negative length is null", true, withRecords(1, 12, 0, 0, 0, 3, 5, 0))
	f("null header value", true, withRecords(1, 16, 0, 0, 0, 1, 1, 2, 0, 1))
	f("longest size varint", true, withRecords(1, 0x8c, 0x80, 0x80, 0x80, 0, 0, 0, 0, 1, 1, 0))
	f("size varint of 6 bytes", false, withRecords(1, 0x8c, 0x80, 0x80, 0x80, 0x80, 0, 0, 0, 0, 1, 1, 0))
	f("null header key", false, withRecords(1, 16, 0, 0, 0, 1, 1, 2, 1, 1))
	f("header cut", false, withRecords(1, 14, 0, 0, 0, 1, 1, 2, 0))
	f("more headers than bytes", false, withRecords(1, 20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f))
	f("negative header count", false, withRecords(1, 12, 0, 0, 0, 1, 1, 1))
	f("size 0", false, withRecords(1, 0))
	f("negative size", false, withRecords(1, 1, 0, 0, 0, 1, 1, 0))
	f("size one too small", false, withRecords(1, 10, 0, 0, 0, 1, 1, 0))
	f("size one too large", false, withRecords(1, 14, 0, 0, 0, 1, 1, 0, 0))
	f("size past the end", false, withRecords(1, 14, 0, 0, 0, 1, 1, 0))
	f("key past the end", false, withRecords(1, 12, 0, 0, 0, 40, 1, 0))
	f("timestamp without end", false, withRecords(1, 26, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1, 1))
	f("no records", false, withRecords(1))
	f("fewer than counted", false, withRecords(2, 12, 0, 0, 0, 1, 1, 0))
	f("more than counted", false, withRecords(1, 12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 2, 1, 1, 0))
	f("negative count", false, withRecords(-1, 12, 0, 0, 0, 1, 1, 0))
}

// Records that do not fit into a pooled buffer take a place until they are closed; others take none.
func TestLargeRecordsTakeAPlace(t *testing.T) {
	zstd := func(h *record.Header) { h.Attributes = int16(record.Zstd) }
	small := build(t, zstd, fillMany(10))
	large := build(t, zstd, func(b *record.Builder) { b.Append(testTime, nil, make([]byte, 6<<20)) })
	places := make(chan struct{}, 1)
	f := func(name string, batch record.Batch, limit int, code kafka.ErrorCode, held int) {
		t.Helper()
		records, err := batch.Open(limit, places)
		if kafka.CodeOf(err) != code || len(places) != held {
			t.Errorf("%s: %v with %d places", name, err, len(places))
		}
		records.Close()
		if len(places) != 0 {
			t.Errorf("%s: %d places are not given back", name, len(places))
		}
	}
	f("small", small, 8<<20, kafka.NoError, 0)
	f("large", large, 8<<20, kafka.NoError, 1)
	f("too large", large, 5<<20, kafka.MessageTooLarge, 0)
	places = make(chan struct{}) // there is none: whoever wants one waits for ever
	f("more than a small limit", large, 1<<20, kafka.MessageTooLarge, 0)
}

func TestIterationDoesNotAllocate(t *testing.T) {
	buffer := slices.Concat(build(t, nil, fillMany(50)), build(t, nil, fillMany(50)))
	count := 0
	allocs := testing.AllocsPerRun(100, func() {
		for batch, err := range record.Batches(buffer) {
			if err != nil {
				return
			}
			records, err := batch.Records(1 << 20)
			if err != nil {
				return
			}
			var r record.Record
			for records.Next(&r) {
				for h := range r.Headers() {
					count += len(h.Key)
				}
			}
			records.Close()
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
