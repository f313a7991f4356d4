package handler_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestPluginRewritesBatches looks at what a rewritten batch keeps, for every codec and with more records than a chunk has.
func TestPluginRewritesBatches(t *testing.T) {
	for codec := record.None; codec <= record.Zstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			b, _ := judged(t, plugin.Policy{Mode: plugin.Transform})
			const n = 10_000
			h := record.NewHeader()
			h.Attributes = int16(codec)
			h.ProducerID, h.ProducerEpoch, h.BaseSequence = 3, 0, 5
			var builder record.Builder
			builder.Reset(nil, h)
			for i := range n {
				value, headers := []byte("kept"), []record.RecordHeader(nil)
				switch {
				case i%5 == 4:
					value = nil
				case i >= 6000 && i%2 == 1:
					value = []byte("drop")
				case i >= 6000:
					value, headers = []byte("up"), []record.RecordHeader{{Key: []byte("h"), Value: nil}}
				}
				builder.Append(1000+int64(i), nil, value, headers...)
			}
			sent, err := builder.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if a := b.produce("t", 0, sent); a.ErrorCode != 0 || a.BaseOffset != 0 {
				t.Fatalf("%+v", a)
			}
			stored, rest, err := record.Next(b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).RecordBatches)
			if err != nil || len(rest) > 0 || stored.VerifyCRC() != nil {
				t.Fatal(err, len(rest), stored.VerifyCRC())
			}
			got := stored.Header()
			if got.Codec() != codec || got.LastOffsetDelta != n-1 || got.ProducerID != 3 || got.BaseSequence != 5 || got.BaseTimestamp != 1000 {
				t.Errorf("stored with %+v", got)
			}
			records, err := stored.Records(math.MaxInt32)
			if err != nil {
				t.Fatal(err)
			}
			defer records.Close()
			var r record.Record
			count := 0
			for records.Next(&r) {
				i := int(r.OffsetDelta)
				want := "kept"
				if i >= 6000 {
					want = "UP"
				}
				if i%5 == 4 {
					want = ""
				}
				if string(r.Value) != want || (i%5 == 4) != (r.Value == nil) || r.Key != nil || got.RecordTimestamp(&r) != 1000+int64(i) ||
					i >= 6000 && i%5 != 4 && r.HeaderCount != 1 {
					t.Fatalf("record %d is %q with %d headers at %d", i, r.Value, r.HeaderCount, got.RecordTimestamp(&r))
				}
				count++
			}
			if want := 6000 + 4000/5 + 4000*2/5; records.Err() != nil || count != want {
				t.Errorf("%d records, want %d: %v", count, want, records.Err())
			}
		})
	}
}

// TestPluginKeepsTheProducersBytes: a batch that nobody changed is stored as it came.
func TestPluginKeepsTheProducersBytes(t *testing.T) {
	for _, mode := range []plugin.Mode{plugin.Validate, plugin.Transform} {
		b, _ := judged(t, plugin.Policy{Mode: mode})
		for i, codec := range []record.Codec{record.None, record.Gzip, record.LZ4} {
			sent := batch(t, func(h *record.Header) { h.Attributes = int16(codec) }, strings.Repeat("x", 1<<19), "y")
			if a := b.produce("t", 0, slices.Clone(sent)); a.ErrorCode != 0 {
				t.Fatalf("%v", kafka.ErrorCode(a.ErrorCode))
			}
			stored := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, int64(2*i))).RecordBatches
			if record.Batch(sent).SetBaseOffset(int64(2 * i)); !bytes.Equal(stored[21:], sent[21:]) {
				t.Errorf("%s, %s: the batch was changed", mode, codec)
			}
		}
	}
}

func TestPluginEmptyBatch(t *testing.T) {
	b, _ := judged(t, plugin.Policy{Mode: plugin.Transform})
	sent := batch(t, func(h *record.Header) {
		h.Attributes = int16(record.Snappy)
		h.ProducerID, h.ProducerEpoch, h.BaseSequence = 1, 0, 0
	}, "drop", "drop")
	if a := b.produce("t", 0, sent); a.ErrorCode != 0 || a.BaseOffset != 0 {
		t.Fatalf("%+v", a)
	}
	stored, _, err := record.Next(b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).RecordBatches)
	if err != nil || stored.VerifyCRC() != nil {
		t.Fatal(err)
	}
	if h := stored.Header(); h.Count != 0 || h.LastOffsetDelta != 1 || h.BaseSequence != 0 || h.ProducerID != 1 {
		t.Errorf("stored with %+v", h)
	}
	b.mustProduce("t", 0, "next")
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 2)); len(values(t, a.RecordBatches)) != 1 {
		t.Errorf("after the empty batch: %+v", a)
	}
}

// TestPluginWithTopicsOwnCodecAndClock: a chain sees the batch as the topic stores it.
func TestPluginWithTopicsOwnCodecAndClock(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1", "compression.type", "zstd", "message.timestamp.type", "LogAppendTime")
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
	var seen []int64
	fake.seen = func(batch *plugin.Batch) {
		for _, r := range batch.Records {
			seen = append(seen, r.Timestamp-batch.BrokerTime)
		}
	}
	b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Transform}) })
	for i, sent := range []string{"a b", "a up"} {
		for _, codec := range []record.Codec{record.None, record.Gzip, record.Zstd} {
			seen = nil
			a := b.produce("t", 0, batch(t, func(h *record.Header) { h.Attributes = int16(codec) }, strings.Fields(sent)...))
			if a.ErrorCode != 0 || !slices.Equal(seen, []int64{0, 0}) {
				t.Fatalf("%v; the plugin saw times %v", kafka.ErrorCode(a.ErrorCode), seen)
			}
			got := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, a.BaseOffset)).RecordBatches
			stored, _, err := record.Next(got)
			if err != nil || stored.VerifyCRC() != nil || stored.Codec() != record.Zstd {
				t.Fatalf("from %s: stored with %s, %v", codec, stored.Codec(), err)
			}
			want := [][]string{{"a", "b"}, {"a", "UP"}}[i]
			if h := stored.Header(); h.MaxTimestamp != a.LogAppendTime || !h.IsLogAppendTime() || !slices.Equal(values(t, got), want) {
				t.Errorf("from %s: stored %q with %+v", codec, values(t, got), h)
			}
		}
	}
}

func TestPluginLimits(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1", "max.message.bytes", "2000")
	b.createTopic("pc", 1, "jackdaw.key.serializer", "fake@1", "cleanup.policy", "compact")
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake", prefix: strings.Repeat("0123456789abcdef", 100)}
	b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Transform}) })
	if a := b.produce("t", 0, batch(t, nil, "up")); a.ErrorCode != 0 {
		t.Errorf("a batch that still fits: %v", kafka.ErrorCode(a.ErrorCode))
	}
	if a := b.produce("t", 0, batch(t, nil, "up", "up")); a.ErrorCode != int16(kafka.MessageTooLarge) {
		t.Errorf("a batch that outgrew max.message.bytes: %v", kafka.ErrorCode(a.ErrorCode))
	}
	gzip := func(h *record.Header) { h.Attributes = int16(record.Gzip) }
	if a := b.produce("t", 0, batch(t, gzip, "up", "up")); a.ErrorCode != 0 {
		t.Errorf("a batch that fits when it is compressed: %v", kafka.ErrorCode(a.ErrorCode))
	}
	nulls := &fakePlugin{kind: plugin.KindKeySerializer, name: "fake"}
	b.bind("pc", func(c *plugin.Chain) { c.Key = nulls.slot(plugin.Policy{Mode: plugin.Transform}) })
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	builder.Append(1, []byte("null"), nil)
	records, _ := builder.Finish()
	if a := b.produce("pc", 0, records); a.ErrorCode != int16(kafka.InvalidRecord) || len(a.ErrorRecords) != 1 {
		t.Errorf("a null key on a compacted topic: %+v", a)
	}
}

// FuzzProduceJudged: whatever a batch holds, a chain that rewrites it leaves the partition readable.
func FuzzProduceJudged(f *testing.F) {
	for _, codec := range []record.Codec{record.None, record.Gzip, record.Zstd} {
		f.Add(batch(f, func(h *record.Header) { h.Attributes = int16(codec) }, "a", "up", "drop", "null", "bad", "fail"))
	}
	f.Fuzz(func(t *testing.T, records []byte) {
		if len(records) < record.HeaderSize {
			return
		}
		records = sign(slices.Clone(records))
		b, _ := judged(t, plugin.Policy{Mode: plugin.Transform, OnReject: plugin.DeadLetter, OnError: plugin.RejectFailed})
		produced := b.produce("t", 0, records)
		for _, topic := range []string{"t", "t.dlq"} {
			a := b.fetchOne(fetchRequest(12, topic, kafka.TopicID{}, 0, 0))
			if a.ErrorCode != 0 {
				t.Errorf("%s is broken: %+v", topic, a)
			}
			for stored, err := range record.Batches(a.RecordBatches) {
				if err != nil || stored.VerifyCRC() != nil {
					t.Fatalf("%s: %v", topic, err)
				}
				h := stored.Header()
				if topic == "t" && (h.BaseOffset != produced.BaseOffset || h.LastOffset() != a.HighWatermark-1) {
					t.Errorf("the batch has the offsets %d to %d, answered was %+v, the high watermark is %d",
						h.BaseOffset, h.LastOffset(), produced, a.HighWatermark)
				}
				values(t, stored)
			}
		}
	})
}
