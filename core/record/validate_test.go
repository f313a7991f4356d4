package record_test

import (
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

var pc0 = kafka.TopicPartition{Topic: "pc", Partition: 0}

func options(edit func(*record.ValidateOptions)) *record.ValidateOptions {
	o := record.DefaultValidateOptions(pc0)
	if edit != nil {
		edit(&o)
	}
	return &o
}

// Every rule of the produce path, with the code that Kafka 4.3.1 answered. Where Kafka fails with UNKNOWN_SERVER_ERROR the
// code is the one that RATIONALE.md argues for.
func TestValidateRules(t *testing.T) {
	type edit func(b record.Batch) []byte
	signed := func(change func(b record.Batch)) edit {
		return func(b record.Batch) []byte { change(b); sign(b); return b }
	}
	none := func(b record.Batch) []byte { return b }
	int32At := func(at int, v int32) edit {
		return signed(func(b record.Batch) { binary.BigEndian.PutUint32(b[at:], uint32(v)) })
	}
	attributes := func(v int16) edit {
		return signed(func(b record.Batch) { binary.BigEndian.PutUint16(b[21:], uint16(v)) })
	}
	producer := func(id int64, epoch int16, sequence int32) edit {
		return signed(func(b record.Batch) {
			binary.BigEndian.PutUint64(b[43:], uint64(id))
			binary.BigEndian.PutUint16(b[51:], uint16(epoch))
			binary.BigEndian.PutUint32(b[53:], uint32(sequence))
		})
	}
	const ok = kafka.NoError
	tests := []struct {
		name string
		want kafka.ErrorCode
		edit edit
	}{
		{"as sent", ok, none},
		{"no bytes", kafka.InvalidRecord, func(record.Batch) []byte { return nil }},
		{"5 bytes", kafka.InvalidRecord, func(b record.Batch) []byte { return b[:5] }},
		{"two batches", kafka.InvalidRecord, func(b record.Batch) []byte { return slices.Concat(b, b) }},
		{"part of a batch behind", ok, func(b record.Batch) []byte { return slices.Concat(b, b[:40]) }},
		{"magic 3", kafka.CorruptMessage, func(b record.Batch) []byte { b[16] = 3; return b }},
		{"magic -1", kafka.CorruptMessage, func(b record.Batch) []byte { b[16] = 0xff; return b }},
		{"magic 1", kafka.InvalidRecord, func(b record.Batch) []byte { b[16] = 1; return b }},
		{"magic 0", kafka.InvalidRecord, func(b record.Batch) []byte { b[16] = 0; return b }},
		{"length 13", kafka.CorruptMessage, int32At(8, 13)},
		{"length negative", kafka.CorruptMessage, int32At(8, -1918)},
		{"length 20", kafka.CorruptMessage, int32At(8, 20)},
		{"length too long", kafka.InvalidRecord, func(b record.Batch) []byte { b[9]++; return b }},
		{"length one short", kafka.CorruptMessage, func(b record.Batch) []byte { b[11]--; return b }},
		{"crc", kafka.CorruptMessage, func(b record.Batch) []byte { b[17]++; return b }},
		{"base offset 1", kafka.InvalidRecord, func(b record.Batch) []byte { b.SetBaseOffset(1); return b }},
		{"leader epoch", ok, func(b record.Batch) []byte { b.SetLeaderEpoch(99); return b }},
		{"count -1", kafka.InvalidRecord, int32At(57, -1)},
		{"count 0", kafka.InvalidRecord, int32At(57, 0)},
		{"count too small", kafka.InvalidRecord, int32At(57, 2)},
		{"count too big", kafka.InvalidRecord, int32At(57, 4)},
		{"last offset delta wrong", kafka.InvalidRecord, int32At(23, 7)},
		{"last offset delta negative", kafka.InvalidRecord, int32At(23, -1)},
		{"last offset delta overflows", kafka.InvalidRecord, int32At(23, math.MaxInt32)},
		{"both too big", kafka.InvalidRecord, signed(func(b record.Batch) { b[26], b[60] = 3, 4 })},
		{"both too small", kafka.InvalidRecord, signed(func(b record.Batch) { b[26], b[60] = 1, 2 })},
		{"control bit", kafka.InvalidRecord, attributes(record.ControlBit)},
		{"attribute bits 6 and 7", ok, attributes(0xc0)},
		{"producer without sequence", kafka.InvalidRecord, producer(501, 0, -1)},
		{"producer with epoch -1", ok, producer(501, -1, 0)},
		{"producer -2", ok, producer(-2, 0, -1)},
		{"sequence without producer", ok, producer(-1, -1, 3)},
		{"record length wrong", kafka.InvalidRecord, signed(func(b record.Batch) { b[61] += 2 })},
		{"codec 5", kafka.InvalidRecord, attributes(5)},
		{"codec 7", kafka.InvalidRecord, attributes(7)},
		{"not gzip", kafka.CorruptMessage, attributes(1)},
		{"not snappy", kafka.CorruptMessage, attributes(2)},
		{"not lz4", kafka.CorruptMessage, attributes(3)},
		{"not zstd", kafka.CorruptMessage, attributes(4)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := test.edit(build(t, nil, fillMany(3)))
			result, err := record.Validate(b, options(nil), testTime)
			if code := kafka.CodeOf(err); code != test.want {
				t.Errorf("%v (%v), want %v", code, err, test.want)
			}
			if test.want != ok && result.Batch != nil {
				t.Error("a refused batch is in the result")
			}
			if unreadable := strings.HasPrefix(test.name, "magic 3") || strings.HasPrefix(test.name, "length 13"); unreadable != errors.Is(err, record.ErrUnreadable) && unreadable {
				t.Errorf("%v is not ErrUnreadable", err)
			}
		})
	}
}

func TestValidateMessagesOfUnreadableHeaders(t *testing.T) {
	f := func(want string, edit func(b record.Batch)) {
		t.Helper()
		b := build(t, nil, fillMany(1))
		edit(b)
		_, err := record.Single(b)
		if m := kafka.MessageOf(err); m == nil || *m != want || !errors.Is(err, record.ErrUnreadable) {
			t.Errorf("error is %v, want the message %q", err, want)
		}
	}
	f("Invalid magic found in record: 3", func(b record.Batch) { b[16] = 3 })
	f("Record size -1918 is less than the minimum record overhead (14)", func(b record.Batch) { binary.BigEndian.PutUint32(b[8:], 0xfffff882) })
}

func TestValidateSize(t *testing.T) {
	b := build(t, nil, fillMany(3))
	f := func(limit int, want kafka.ErrorCode) {
		t.Helper()
		_, err := record.Validate(b, options(func(o *record.ValidateOptions) { o.MaxMessageBytes = limit }), testTime)
		if kafka.CodeOf(err) != want || kafka.MessageOf(err) != nil {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
	f(len(b), kafka.NoError)
	f(len(b)-1, kafka.MessageTooLarge)

	bomb := build(t, func(h *record.Header) { h.Attributes = int16(record.Gzip) }, fillMany(1000))
	_, err := record.Validate(bomb, options(func(o *record.ValidateOptions) { o.DecompressLimit = 1000 }), testTime)
	if kafka.CodeOf(err) != kafka.MessageTooLarge || !errors.Is(err, record.ErrLimit) {
		t.Errorf("too large when decompressed: %v", err)
	}
}

// More large batches than may be held at once, good ones and bombs, must all get their answer.
func TestValidateManyLargeBatches(t *testing.T) {
	zeros := make([]byte, 6<<20)
	good := build(t, func(h *record.Header) { h.Attributes = int16(record.Zstd) }, func(b *record.Builder) { b.Append(testTime, nil, zeros) })
	o := options(func(o *record.ValidateOptions) { o.DecompressLimit = 8 << 20 })
	bomb := build(t, func(h *record.Header) { h.Attributes = int16(record.Zstd) }, func(b *record.Builder) {
		b.Append(testTime, nil, zeros)
		b.Append(testTime, nil, zeros)
	})
	var group sync.WaitGroup
	for i := range 24 {
		b, want := slices.Clone(good), kafka.NoError
		if i%2 == 0 {
			b, want = slices.Clone(bomb), kafka.MessageTooLarge
		}
		group.Go(func() {
			if _, err := record.Validate(b, o, testTime); kafka.CodeOf(err) != want {
				t.Errorf("batch %d: %v, want %v", i, err, want)
			}
		})
	}
	group.Wait()
}

func TestValidateNullKeys(t *testing.T) {
	compacted := options(func(o *record.ValidateOptions) { o.Compacted = true })
	b := build(t, nil, func(b *record.Builder) {
		b.Append(testTime, []byte{}, nil) // an empty key is a key
		b.Append(testTime, nil, []byte("v"))
		b.Append(testTime, nil, []byte("v"))
	})
	result, err := record.Validate(b, compacted, testTime)
	const one = "Compacted topic cannot accept message without key in topic partition pc-0"
	want := "One or more records have been rejected due to 2 record errors in total, and only showing the first three errors at most: " +
		"[RecordError(batchIndex=1, message='" + one + "'), RecordError(batchIndex=2, message='" + one + "')]"
	if m := kafka.MessageOf(err); kafka.CodeOf(err) != kafka.InvalidRecord || m == nil || *m != want {
		t.Errorf("error is %v, want %s", err, want)
	}
	if !slices.Equal(result.RecordErrors, []record.RecordError{{BatchIndex: 1, Message: one}, {BatchIndex: 2, Message: one}}) {
		t.Errorf("record errors are %+v", result.RecordErrors)
	}
	if _, err := record.Validate(b, options(nil), testTime); err != nil {
		t.Errorf("not compacted: %v", err)
	}

	many := build(t, nil, func(b *record.Builder) {
		for range 3 * record.MaxRecordErrors {
			b.Append(testTime, nil, nil)
		}
	})
	result, err = record.Validate(many, compacted, testTime)
	if len(result.RecordErrors) != record.MaxRecordErrors || !strings.Contains(err.Error(), "due to 3000 record errors") ||
		strings.Count(err.Error(), "batchIndex") != 3 {
		t.Errorf("%d record errors, %v", len(result.RecordErrors), err)
	}
}

func TestValidateTimestamps(t *testing.T) {
	const now = 1795371544125 - 3600000 // the clock of the observed message
	single := func(timestamp int64, edit func(*record.Header)) record.Batch {
		return build(t, edit, func(b *record.Builder) { b.Append(timestamp, []byte("k"), []byte("v")) })
	}
	logAppend := options(func(o *record.ValidateOptions) { o.TimestampType = record.LogAppendTime })
	f := func(name string, b record.Batch, o *record.ValidateOptions, want kafka.ErrorCode, message string, stored int64) {
		t.Helper()
		result, err := record.Validate(b, o, now)
		if kafka.CodeOf(err) != want {
			t.Errorf("%s: %v, want %v", name, err, want)
			return
		}
		if want != kafka.NoError {
			if m := kafka.MessageOf(err); m == nil || *m != "One or more records have been rejected due to invalid timestamp" ||
				len(result.RecordErrors) != 1 || result.RecordErrors[0].Message != message {
				t.Errorf("%s: %v with %+v", name, err, result.RecordErrors)
			}
			return
		}
		if result.Header.MaxTimestamp != stored || result.Batch.VerifyCRC() != nil ||
			result.Header.IsLogAppendTime() != (o.TimestampType == record.LogAppendTime) {
			t.Errorf("%s: stored as %+v", name, result.Header)
		}
		wantTime := int64(-1)
		if o.TimestampType == record.LogAppendTime {
			wantTime = now
		}
		if result.LogAppendTime != wantTime {
			t.Errorf("%s: LogAppendTime %d, want %d", name, result.LogAppendTime, wantTime)
		}
	}
	setBit := func(h *record.Header) {
		h.Attributes |= record.LogAppendTimeBit
		h.MaxTimestamp = now - 5
	}
	f("now", single(now, nil), options(nil), kafka.NoError, "", now)
	f("an hour ahead", single(now+3600000, nil), options(nil), kafka.NoError, "", now+3600000)
	f("too far ahead", single(1795375144123, nil), options(nil), kafka.InvalidTimestamp,
		"Timestamp 1795375144123 of message with offset 0 is out of range. The timestamp should be within [-9223370241486831682, 1795371544125]", 0)
	f("too old", single(now-11, nil), options(func(o *record.ValidateOptions) { o.TimestampBefore = 10 }), kafka.InvalidTimestamp,
		"Timestamp 1795367944114 of message with offset 0 is out of range. The timestamp should be within [1795367944115, 1795371544125]", 0)
	f("-1", single(-1, nil), options(nil), kafka.NoError, "", -1)
	f("-100000", single(-100000, nil), options(nil), kafka.NoError, "", -1)
	f("LogAppendTime bit on a CreateTime topic", single(now, setBit), options(nil), kafka.NoError, "", now-5)
	f("the same compressed", single(now, func(h *record.Header) { setBit(h); h.Attributes |= int16(record.Gzip) }), options(nil), kafka.NoError, "", now-5)
	f("LogAppendTime topic", single(5, nil), logAppend, kafka.NoError, "", now)
	f("LogAppendTime bit on a LogAppendTime topic", single(now, setBit), logAppend, kafka.InvalidTimestamp,
		"Invalid timestamp type in message DefaultRecord(offset=0, timestamp=1795367944120, key=1 bytes, value=1 bytes). "+
			"Producer should not set timestamp type to LogAppendTime.", 0)
	compressed := build(t, func(h *record.Header) { setBit(h); h.Attributes |= int16(record.Zstd) }, func(b *record.Builder) { b.Append(now, nil, []byte("v")) })
	f("the same compressed, key null", compressed, logAppend, kafka.InvalidTimestamp,
		"Invalid timestamp type in message PartialDefaultRecord(offset=0, timestamp=1795367944120, key=-1 bytes, value=1 bytes). "+
			"Producer should not set timestamp type to LogAppendTime.", 0)

	wrong := single(now, nil)
	wrong.SetMaxTimestamp(record.CreateTime, now+7)
	f("wrong maximum is corrected", wrong, options(nil), kafka.NoError, "", now)
}

func TestValidateFindsTheFirstLargestTimestamp(t *testing.T) {
	for _, codec := range codecs {
		b := build(t, func(h *record.Header) { h.Attributes = int16(codec) }, func(b *record.Builder) {
			for _, delta := range []int64{0, 5, 9, 9, 2} {
				b.Append(testTime+delta, nil, nil)
			}
		})
		sent := slices.Clone(b)
		result, err := record.Validate(b, options(nil), testTime)
		if err != nil || result.MaxTimestampOffset != 2 || result.Header.MaxTimestamp != testTime+9 || result.Header.Count != 5 {
			t.Errorf("%v: %+v, %v", codec, result, err)
		}
		if result.Rebuilt || !slices.Equal(sent, result.Batch) || &b[0] != &result.Batch[0] {
			t.Errorf("%v: a batch without faults was changed", codec)
		}
	}
}

// gaps builds a batch with the offset deltas 0 and 5 that counts two records.
func gaps(t *testing.T, codec record.Codec) record.Batch {
	from := build(t, nil, fillMany(6))
	h := from.Header()
	b := build(t, func(to *record.Header) {
		*to = h
		to.Attributes = int16(codec)
		to.ProducerID, to.ProducerEpoch, to.BaseSequence = 8, 1, 3
	}, func(b *record.Builder) {
		for r := range offsets(t, from) {
			if r.OffsetDelta == 0 || r.OffsetDelta == 5 {
				b.Retain(&h, &r)
			}
		}
	})
	binary.BigEndian.PutUint32(b[23:], 1)
	sign(b)
	return b
}

func TestValidateOffsetDeltas(t *testing.T) {
	if _, err := record.Validate(gaps(t, record.None), options(nil), testTime); err != nil {
		t.Errorf("uncompressed with gaps: %v", err)
	}
	if _, err := record.Validate(gaps(t, record.Gzip), options(nil), testTime); kafka.CodeOf(err) != kafka.InvalidRecord {
		t.Errorf("compressed with gaps: %v", err)
	}
}

func TestValidateRebuildsForTheTopicsCodec(t *testing.T) {
	for _, from := range codecs {
		for _, to := range codecs {
			o := options(func(o *record.ValidateOptions) { o.Codec = to })
			if from != to {
				result, err := record.Validate(gaps(t, from), o, testTime)
				h := result.Header
				if err != nil || !result.Rebuilt || h.Codec() != to || h.Count != 2 || h.LastOffsetDelta != 1 ||
					h.ProducerID != 8 || h.ProducerEpoch != 1 || h.BaseSequence != 3 || result.Batch.VerifyCRC() != nil {
					t.Errorf("%v to %v: %+v, %v", from, to, h, err)
					continue
				}
				var deltas []int64
				for r, offset := range offsets(t, result.Batch) {
					deltas = append(deltas, offset, h.RecordTimestamp(&r)-testTime, int64(r.HeaderCount))
				}
				if !slices.Equal(deltas, []int64{0, 0, 1, 1, 5, 1}) {
					t.Errorf("%v to %v: records are %v", from, to, deltas)
				}
			}
			if result, err := record.Validate(build(t, func(h *record.Header) { h.Attributes = int16(to) }, fillMany(3)), o, testTime); err != nil || result.Rebuilt {
				t.Errorf("%v to itself: rebuilt %v, error %v", to, result.Rebuilt, err)
			}
		}
	}
}
