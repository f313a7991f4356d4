package record_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

var codecs = []record.Codec{record.None, record.Gzip, record.Snappy, record.LZ4, record.Zstd}

const testTime = 1_700_000_000_000

// build makes a batch; edit may change its header first.
func build(t testing.TB, edit func(*record.Header), fill func(*record.Builder)) record.Batch {
	t.Helper()
	h := record.NewHeader()
	if edit != nil {
		edit(&h)
	}
	var b record.Builder
	b.Reset(nil, h)
	fill(&b)
	batch, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

// fillMany appends n records with keys, values and headers that compress a little.
func fillMany(n int) func(*record.Builder) {
	return func(b *record.Builder) {
		value := []byte(strings.Repeat("{\"name\":\"jackdaw\",\"colour\":\"black\"}", 4))
		for i := range n {
			b.Append(testTime+int64(i), []byte{'k', byte(i)}, value, record.RecordHeader{Key: []byte("trace"), Value: []byte{byte(i)}})
		}
	}
}

// The bytes of one batch with every kind of field, written down from the format's description; the CRC is the only number
// taken from a run.
func TestBuilderGoldenBytes(t *testing.T) {
	batch := build(t, func(h *record.Header) {
		h.BaseOffset, h.LeaderEpoch = 7, 3
		h.ProducerID, h.ProducerEpoch, h.BaseSequence = 1001, 2, 5
	}, func(b *record.Builder) {
		b.Append(1000, []byte("k"), []byte("v"), record.RecordHeader{Key: []byte("h"), Value: nil})
		b.Append(1064, nil, []byte{})
	})
	want := "0000000000000007" + "00000045" + "00000003" + "02" + "CRC" + "0000" + "00000001" +
		"00000000000003e8" + "0000000000000428" + "00000000000003e9" + "0002" + "00000005" + "00000002" +
		"16" + "00" + "00" + "00" + "02" + "6b" + "02" + "76" + "02" + "02" + "68" + "01" +
		"0e" + "00" + "8001" + "02" + "01" + "00" + "00"
	got := hex.EncodeToString(batch)
	got = got[:34] + "CRC" + got[42:]
	if got != want {
		t.Errorf("batch is\n%s, want\n%s", got, want)
	}
	if err := batch.VerifyCRC(); err != nil {
		t.Error(err)
	}
}

func TestMarkerGoldenBytes(t *testing.T) {
	got, err := record.Marker{ProducerID: 9, ProducerEpoch: 1, Type: record.ControlCommit, CoordinatorEpoch: 4, Timestamp: 1000}.AppendTo(nil)
	if err != nil {
		t.Fatal(err)
	}
	const records = "20" + "00" + "00" + "00" + "08" + "00000001" + "0c" + "000000000004" + "00"
	if s := hex.EncodeToString(got[record.HeaderSize:]); s != records {
		t.Errorf("marker record is %s, want %s", s, records)
	}
	h := record.Batch(got).Header()
	if h.Attributes != 0x30 || h.BaseSequence != -1 || h.Count != 1 {
		t.Errorf("marker header is %+v", h)
	}
	m, ok, err := record.ParseMarker(got)
	if err != nil || !ok || m.Type != record.ControlCommit || m.CoordinatorEpoch != 4 || m.ProducerID != 9 || m.Timestamp != 1000 {
		t.Errorf("ParseMarker = %+v, %v, %v", m, ok, err)
	}
}

// A client library must read what the builder writes, with every codec.
func TestBuilderIsReadByFranzGo(t *testing.T) {
	for _, codec := range codecs {
		t.Run(codec.String(), func(t *testing.T) {
			batch := build(t, func(h *record.Header) { h.Attributes = int16(codec) }, fillMany(1000))
			partition, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Topic: "t"},
				&kmsg.FetchResponseTopicPartition{RecordBatches: batch}, kgo.DefaultDecompressor(), nil)
			if partition.Err != nil || len(partition.Records) != 1000 {
				t.Fatalf("%d records, error %v", len(partition.Records), partition.Err)
			}
			for i, r := range partition.Records {
				if r.Offset != int64(i) || r.Timestamp.UnixMilli() != testTime+int64(i) || r.Key[1] != byte(i) ||
					len(r.Headers) != 1 || r.Headers[0].Key != "trace" || r.Headers[0].Value[0] != byte(i) {
					t.Fatalf("record %d is %+v", i, r)
				}
			}
		})
	}
}

// Compaction keeps offsets, timestamps and the producer's fields of what it retains.
func TestBuilderRetains(t *testing.T) {
	from := build(t, func(h *record.Header) {
		h.BaseOffset, h.ProducerID, h.ProducerEpoch, h.BaseSequence = 100, 5, 1, 40
		h.Attributes = int16(record.Zstd)
	}, fillMany(10))
	h := from.Header()

	retain := func(keep func(*record.Record) bool, edit func(*record.Header)) record.Batch {
		return build(t, func(to *record.Header) {
			*to = h
			if edit != nil {
				edit(to)
			}
		}, func(b *record.Builder) {
			records, err := from.Records(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			defer records.Close()
			for r := (record.Record{}); records.Next(&r); {
				if keep(&r) {
					b.Retain(&h, &r)
				}
			}
		})
	}

	some := retain(func(r *record.Record) bool { return r.OffsetDelta%4 == 2 }, func(to *record.Header) {
		to.Attributes |= record.DeleteHorizonBit
		to.BaseTimestamp = testTime + 5000
	})
	got := some.Header()
	if got.BaseOffset != 100 || got.LastOffsetDelta != 9 || got.Count != 2 || got.BaseSequence != 40 ||
		got.MaxTimestamp != testTime+6 || !got.HasDeleteHorizon() || got.BaseTimestamp != testTime+5000 {
		t.Errorf("retained header is %+v", got)
	}
	for r, offset := range offsets(t, some) {
		if got.RecordTimestamp(&r) != testTime+offset-100 || !bytes.Equal(r.Key, []byte{'k', byte(offset - 100)}) || r.HeaderCount != 1 {
			t.Errorf("record at %d is %+v", offset, r)
		}
	}

	empty := retain(func(*record.Record) bool { return false }, func(to *record.Header) { to.Attributes |= record.DeleteHorizonBit })
	got = empty.Header()
	if len(empty) != record.HeaderSize || got.Count != 0 || got.HasDeleteHorizon() || got.BaseTimestamp != record.NoTimestamp ||
		got.MaxTimestamp != testTime+9 || got.LastOffset() != 109 || got.ProducerID != 5 || got.Codec() != record.None {
		t.Errorf("empty batch is %+v", got)
	}
}

// offsets decodes an uncompressed or compressed batch, failing the test on any error.
func offsets(t testing.TB, batch record.Batch) func(func(record.Record, int64) bool) {
	return func(yield func(record.Record, int64) bool) {
		t.Helper()
		h := batch.Header()
		records, err := batch.Records(1 << 24)
		if err != nil {
			t.Fatal(err)
		}
		defer records.Close()
		var r record.Record
		for records.Next(&r) {
			if !yield(r, h.RecordOffset(&r)) {
				return
			}
		}
		if err := records.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// Append goes on behind a gap, and Size is what the batch takes before compression.
func TestBuilderSizeAndGaps(t *testing.T) {
	fill := func(codec record.Codec) (size int, batch record.Batch) {
		h := record.NewHeader()
		h.Attributes = int16(codec)
		var b record.Builder
		b.Reset([]byte("kept"), h)
		b.Append(testTime, nil, text(500))
		b.AppendAt(5, testTime, nil, text(500))
		b.Append(testTime, nil, text(500))
		size = b.Size()
		out, err := b.Finish()
		if err != nil || !bytes.HasPrefix(out, []byte("kept")) {
			t.Fatalf("%v: %.10q, %v", codec, out, err)
		}
		return size, out[4:]
	}
	plain, batch := fill(record.None)
	if plain != len(batch) {
		t.Errorf("size %d, the batch takes %d", plain, len(batch))
	}
	if packed, batch := fill(record.Zstd); packed != plain || len(batch) >= plain {
		t.Errorf("size %d before compression, %d without, %d packed", packed, plain, len(batch))
	}
	var got []int64
	for _, offset := range offsets(t, batch) {
		got = append(got, offset)
	}
	if h := batch.Header(); !slices.Equal(got, []int64{0, 5, 6}) || h.LastOffset() != 6 {
		t.Errorf("offsets are %v", got)
	}
}

func TestMarkersAreToldFromOtherControlBatches(t *testing.T) {
	f := func(name string, ok bool, code kafka.ErrorCode, edit func(*record.Header), key, value string) {
		t.Helper()
		batch := build(t, func(h *record.Header) {
			h.Attributes = record.TransactionalBit | record.ControlBit
			edit(h)
		}, func(b *record.Builder) {
			if key != "" {
				b.Append(testTime, []byte(key), []byte(value))
			}
		})
		if _, found, err := record.ParseMarker(batch); found != ok || kafka.CodeOf(err) != code {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	same := func(*record.Header) {}
	const abort, value = "\x00\x00\x00\x00", "\x00\x00\x00\x00\x00\x07"
	f("abort", true, kafka.NoError, same, abort, value)
	f("commit", true, kafka.NoError, same, "\x00\x00\x00\x01", value)
	f("a later version", true, kafka.NoError, same, abort, "\x00\x01"+value[2:]+"more")
	f("of a Raft log", false, kafka.NoError, same, "\x00\x00\x00\x02", value)
	f("data", false, kafka.NoError, func(h *record.Header) { h.Attributes = record.TransactionalBit }, abort, value)
	f("compressed", false, kafka.NoError, func(h *record.Header) { h.Attributes |= int16(record.Gzip) }, abort, value)
	f("emptied", false, kafka.NoError, same, "", "")
	f("short key", false, kafka.InvalidRecord, same, "\x00\x00", value)
	f("short value", false, kafka.InvalidRecord, same, abort, value[:5])
}

func TestControlKeys(t *testing.T) {
	for key, want := range map[string]record.ControlType{
		"\x00\x00\x00\x00": record.ControlAbort, "\x00\x00\x00\x01": record.ControlCommit, "\x00\x00\x00\x02": 2,
		"\x00\x05\x01\x00 more": 256,
	} {
		if got, err := record.ParseControlKey([]byte(key)); err != nil || got != want {
			t.Errorf("key %x is of control type %d, %v; want %d", key, got, err, want)
		}
	}
	for _, key := range [][]byte{nil, {0, 0, 0}, {0xff, 0xff, 0, 1}} {
		if _, err := record.ParseControlKey(key); kafka.CodeOf(err) != kafka.InvalidRecord {
			t.Errorf("key %x: %v", key, err)
		}
	}
}
