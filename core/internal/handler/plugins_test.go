package handler_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestPluginPolicies goes through every mode and policy, with verdicts and with failures.
func TestPluginPolicies(t *testing.T) {
	type outcome struct {
		code    kafka.ErrorCode
		message string // prefix
		errors  string // "index message;"
		stored  string
		letters string
	}
	const label = "plugin fake@e3b0c44298fc: "
	f := func(mode plugin.Mode, onReject plugin.OnReject, onError plugin.OnError, sent string, want outcome) {
		t.Helper()
		b, _ := judged(t, plugin.Policy{Mode: mode, OnReject: onReject, OnError: onError})
		a := b.produce("t", 0, batch(t, nil, strings.Fields(sent)...))
		var errors strings.Builder
		for _, e := range a.ErrorRecords {
			fmt.Fprintf(&errors, "%d %s;", e.RelativeOffset, text(e.ErrorMessage))
		}
		stored, letters := strings.Join(b.stored("t"), " "), strings.Join(b.stored("t.dlq"), " ")
		if kafka.ErrorCode(a.ErrorCode) != want.code || errors.String() != want.errors || stored != want.stored || letters != want.letters ||
			want.code != 0 && !strings.HasPrefix(text(a.ErrorMessage), want.message) {
			t.Errorf("%s, on.reject=%s, on.error=%s, %q:\n%v %q, errors %q, stored %q, dead letters %q\nwant %+v",
				mode, onReject, onError, sent, kafka.ErrorCode(a.ErrorCode), text(a.ErrorMessage), errors.String(), stored, letters, want)
		}
	}
	for _, mode := range []plugin.Mode{plugin.Validate, plugin.Transform} {
		for _, onError := range []plugin.OnError{plugin.RetryLater, plugin.RejectFailed, plugin.PassFailed} {
			f(mode, plugin.RejectBatch, onError, "a b", outcome{stored: "a b"})
			f(mode, plugin.RejectBatch, onError, "a bad b bad2", outcome{code: kafka.InvalidRecord,
				message: label + "bad is bad (record 1 of the batch; 2 of 4 are rejected)", errors: "1 bad is bad;3 bad2 is bad;"})
			f(mode, plugin.SkipRecord, onError, "a bad b", outcome{stored: "a b"})
			f(mode, plugin.SkipRecord, onError, "bad", outcome{})
			f(mode, plugin.DeadLetter, onError, "a bad b bad2", outcome{stored: "a b", letters: "bad bad2"})
			f(mode, plugin.RejectBatch, onError, "a busy", outcome{code: kafka.NotEnoughReplicas, message: label + "unavailable: "})
		}
		for _, onReject := range []plugin.OnReject{plugin.RejectBatch, plugin.SkipRecord, plugin.DeadLetter} {
			f(mode, onReject, plugin.RetryLater, "a fail", outcome{code: kafka.NotEnoughReplicas, message: label + "trap: "})
			f(mode, onReject, plugin.RetryLater, "a call", outcome{code: kafka.NotEnoughReplicas, message: label + "out_of_fuel: "})
			f(mode, onReject, plugin.RetryLater, "bad busy", outcome{code: kafka.NotEnoughReplicas, message: label})
		}
		f(mode, plugin.RejectBatch, plugin.RejectFailed, "fail", outcome{code: kafka.InvalidRecord,
			message: label + "trap: the fake was told to", errors: "0 trap: the fake was told to;"})
		f(mode, plugin.RejectBatch, plugin.RejectFailed, "a call", outcome{code: kafka.InvalidRecord,
			message: label, errors: "0 out_of_fuel: the fake was told to;1 out_of_fuel: the fake was told to;"})
		f(mode, plugin.SkipRecord, plugin.RejectFailed, "a fail b", outcome{stored: "a b"})
		f(mode, plugin.DeadLetter, plugin.RejectFailed, "a fail b", outcome{stored: "a b", letters: "fail"})
		f(mode, plugin.DeadLetter, plugin.RejectFailed, "a call", outcome{letters: "a call"})
	}
	f(plugin.Validate, plugin.RejectBatch, plugin.PassFailed, "a fail call", outcome{stored: "a fail call"})
	f(plugin.Validate, plugin.RejectBatch, plugin.PassFailed, "a fail bad", outcome{code: kafka.InvalidRecord,
		message: label + "bad is bad (record 2 of the batch)", errors: "2 bad is bad;"})
	f(plugin.Transform, plugin.RejectBatch, plugin.RetryLater, "a up drop null upper", outcome{stored: "a UP  UPPER"})
	f(plugin.Transform, plugin.DeadLetter, plugin.RetryLater, "drop bad", outcome{letters: "bad"})
}

func TestPluginPartitioner(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 2, "jackdaw.partitioner", "fake@1")
	fake := &fakePlugin{kind: plugin.KindPartitioner, name: "fake"}
	var slot *plugin.Slot[plugin.Partitioner]
	use := func(p plugin.Policy) {
		slot = &plugin.Slot[plugin.Partitioner]{Plugin: fake, Policy: p}
		b.bind("t", func(c *plugin.Chain) { c.Partitioner = slot })
	}
	keyed := func(keys ...string) []byte {
		var builder record.Builder
		builder.Reset(nil, record.NewHeader())
		for _, k := range keys {
			builder.Append(1, []byte(k), []byte(k))
		}
		records, err := builder.Finish()
		if err != nil {
			t.Fatal(err)
		}
		return records
	}
	use(plugin.Policy{Mode: plugin.Observe})
	if a := b.produce("t", 0, keyed("one", "two", "one")); a.ErrorCode != 0 || slot.Counts.Mismatched.Load() != 2 {
		t.Errorf("observing answers %v and counts %d", kafka.ErrorCode(a.ErrorCode), slot.Counts.Mismatched.Load())
	}
	if a := b.produce("t", 0, keyed("call")); a.ErrorCode != int16(kafka.NotEnoughReplicas) {
		t.Errorf("a failure answers %v", kafka.ErrorCode(a.ErrorCode))
	}
	use(plugin.Policy{Mode: plugin.Enforce})
	const message = "the record belongs into partition 1, not 0"
	if a := b.produce("t", 0, keyed("two", "one")); a.ErrorCode != int16(kafka.InvalidRecord) || len(a.ErrorRecords) != 1 ||
		a.ErrorRecords[0].RelativeOffset != 1 || text(a.ErrorRecords[0].ErrorMessage) != message {
		t.Errorf("enforcing answers %+v", a)
	}
	if a := b.produce("t", 1, keyed("two", "one")); a.ErrorCode != 0 {
		t.Errorf("the right partition answers %v", kafka.ErrorCode(a.ErrorCode))
	}
	use(plugin.Policy{Mode: plugin.Enforce, OnReject: plugin.SkipRecord})
	if a := b.produce("t", 0, keyed("two", "one")); a.ErrorCode != 0 || !slices.Equal(b.stored("t"), []string{"one", "two", "one", "two"}) {
		t.Errorf("skipping answers %v and stores %q", kafka.ErrorCode(a.ErrorCode), b.stored("t"))
	}
}

// TestPluginsRunInTurn shows that each slot works on what the one before left.
func TestPluginsRunInTurn(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1")
	key, value := &fakePlugin{kind: plugin.KindKeySerializer, name: "key"}, &fakePlugin{kind: plugin.KindValueSerializer, name: "value", prefix: "x"}
	var seen []string
	value.seen = func(batch *plugin.Batch) {
		for _, r := range batch.Records {
			seen = append(seen, string(r.Key))
		}
	}
	b.bind("t", func(c *plugin.Chain) {
		c.Key = key.slot(plugin.Policy{Mode: plugin.Transform, OnReject: plugin.SkipRecord})
		c.Value = value.slot(plugin.Policy{Mode: plugin.Transform})
	})
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	for _, k := range []string{"up", "drop", "kept", "bad", "null"} {
		builder.Append(1, []byte(k), []byte("up"+k))
	}
	records, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if a := b.produce("t", 0, records); a.ErrorCode != 0 {
		t.Fatalf("%+v", a)
	}
	if want := []string{"UP", "kept", ""}; !slices.Equal(seen, want) {
		t.Errorf("the value's serializer saw the keys %q, want %q", seen, want)
	}
	if got, want := b.stored("t"), []string{"xUPUP", "xUPKEPT", "xUPNULL"}; !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
}

// TestPluginIdempotence: a retry of a stored batch gets its first offset and no second verdict, whatever the chain left of
// the batch.
func TestPluginIdempotence(t *testing.T) {
	b, fake := judged(t, plugin.Policy{Mode: plugin.Transform, OnReject: plugin.SkipRecord})
	f := func(sequence int32, sent string, want kafka.ErrorCode, base, calls int64) {
		t.Helper()
		a := b.produce("t", 0, batch(t, from(9, 0, sequence), strings.Fields(sent)...))
		if a.ErrorCode != int16(want) || a.BaseOffset != base || fake.calls.Load() != calls {
			t.Errorf("sequence %d: %v at %d after %d calls; want %v at %d after %d", sequence, kafka.ErrorCode(a.ErrorCode), a.BaseOffset, fake.calls.Load(), want, base, calls)
		}
	}
	f(0, "up bad a", kafka.NoError, 0, 1)
	f(0, "up bad a", kafka.NoError, 0, 1)
	f(3, "drop drop", kafka.NoError, 3, 2) // nothing is left of it
	f(3, "drop drop", kafka.NoError, 3, 2)
	f(6, "a", kafka.OutOfOrderSequenceNumber, -1, 2) // no verdict about what can't be appended
	f(5, "busy", kafka.NotEnoughReplicas, -1, 3)
	f(5, "b", kafka.NoError, 5, 4)
	if got, want := b.stored("t"), []string{"UP", "a", "b"}; !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
	if end := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).HighWatermark; end != 6 {
		t.Errorf("high watermark %d, want 6", end)
	}
}

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

func TestPluginDeadLetters(t *testing.T) {
	creator := &topicCreator{}
	b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Topics = creator })
	creator.broker = b
	b.createTopic("t", 3, valueSlot, "fake@1")
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
	b.bind("t", func(c *plugin.Chain) {
		c.Value = fake.slot(plugin.Policy{Mode: plugin.Transform, OnReject: plugin.DeadLetter})
	})
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	builder.Append(5, []byte("k"), []byte("bad"), record.RecordHeader{Key: []byte("mine"), Value: []byte("1")})
	builder.Append(6, []byte("k"), []byte("good"))
	records, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if a := b.produce("t", 2, records); a.ErrorCode != 0 {
		t.Fatalf("%v %s", kafka.ErrorCode(a.ErrorCode), text(a.ErrorMessage))
	}
	if n := len(b.metadata.Image().Topics["t.dlq"].Partitions); n != 3 {
		t.Errorf("the dead letter topic has %d partitions", n)
	}
	letter, _, err := record.Next(b.fetchOne(fetchRequest(12, "t.dlq", kafka.TopicID{}, 2, 0)).RecordBatches)
	if err != nil {
		t.Fatal(err)
	}
	list, err := letter.Records(math.MaxInt32)
	if err != nil {
		t.Fatal(err)
	}
	var r record.Record
	h := letter.Header()
	if !list.Next(&r) || string(r.Key) != "k" || string(r.Value) != "bad" || h.RecordTimestamp(&r) != 5 {
		t.Errorf("the dead letter is %+v", r)
	}
	var headers []string
	for h := range r.Headers() {
		headers = append(headers, string(h.Key)+"="+string(h.Value))
	}
	want := []string{"mine=1", "jackdaw.dlq.topic=t", "jackdaw.dlq.partition=2", "jackdaw.dlq.slot=value.serializer",
		"jackdaw.dlq.plugin=fake@e3b0c44298fc", "jackdaw.dlq.code=7", "jackdaw.dlq.reason=bad is bad"}
	if !slices.Equal(headers, want) {
		t.Errorf("the headers are %q, want %q", headers, want)
	}
	creator.broken, b.t = true, t
	b.deleteTopic("t.dlq")
	if a := b.produce("t", 2, batch(t, nil, "bad", "good")); a.ErrorCode != int16(kafka.NotEnoughReplicas) {
		t.Errorf("without a place for dead letters: %v", kafka.ErrorCode(a.ErrorCode))
	}
}

// topicCreator creates topics as the controller would.
type topicCreator struct {
	broker *broker
	broken bool
}

func (c *topicCreator) CreateTopics(_ context.Context, topics []metadata.NewTopic, _ bool) []metadata.TopicResult {
	if c.broken {
		return []metadata.TopicResult{{Err: kafka.RequestTimedOut}}
	}
	c.broker.createTopic(topics[0].Name, int(topics[0].Partitions))
	return make([]metadata.TopicResult, 1)
}

func TestPluginShadow(t *testing.T) {
	b, fake := judged(t, plugin.Policy{Mode: plugin.Transform})
	shadow := &fakePlugin{kind: plugin.KindValueSerializer, name: "shadow", prefix: "v2-"}
	var slot *plugin.Slot[plugin.Serializer]
	b.bind("t", func(c *plugin.Chain) {
		slot = &plugin.Slot[plugin.Serializer]{Plugin: &fakePlugin{name: fake.name, kind: fake.kind}, Shadow: shadow, Policy: plugin.Policy{Mode: plugin.Transform}}
		c.Value = slot
	})
	b.mustProduce("t", 0, "a", "up", "up", "drop")
	if n := slot.Counts.ShadowDiffered.Load(); n != 2 {
		t.Errorf("%d differences, want 2", n)
	}
	if got := b.stored("t"); !slices.Equal(got, []string{"a", "UP", "UP"}) {
		t.Errorf("stored %q: the shadow must not change anything", got)
	}
}

// TestPluginNotLoaded: a topic that names a plugin takes no record before its chain is there, and none before the plugin
// is unbound.
func TestPluginNotLoaded(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1, valueSlot, "fake@1")
	f := func(want kafka.ErrorCode) {
		t.Helper()
		if a := b.produce("t", 0, batch(t, nil, "v")); a.ErrorCode != int16(want) {
			t.Errorf("answers %v, want %v", kafka.ErrorCode(a.ErrorCode), want)
		}
	}
	set := func(configs ...string) {
		resource := metadata.Resource{Type: metadata.TopicResource, Name: "t"}
		b.change(&metadata.Delta{Configs: []metadata.Resource{resource}}, func(image *metadata.Image) { image.Configs[resource] = pairs(configs) })
	}
	f(kafka.NotEnoughReplicas)
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
	b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Validate}) })
	f(kafka.NoError)
	b.partitions.SetChain(id, nil)
	f(kafka.NotEnoughReplicas)
	if !fake.closed.Load() {
		t.Error("a chain that was replaced is not closed")
	}
	set()
	f(kafka.NoError)
	set(valueSlot, "fake@1")
	f(kafka.NotEnoughReplicas)
}

// TestPluginSwapUnderLoad replaces the chain while batches go through it: each batch is judged once, by one chain.
func TestPluginSwapUnderLoad(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1")
	var made []*fakePlugin
	swap := func() {
		fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake", prefix: fmt.Sprintf("%d-", len(made))}
		made = append(made, fake)
		b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Transform}) })
	}
	swap()
	const producers, batches, size = 4, 200, 5
	sent := slices.Repeat([]string{"up"}, size)
	var wg sync.WaitGroup
	var running atomic.Int64
	running.Store(producers)
	for range producers {
		wg.Go(func() {
			defer running.Add(-1)
			for range batches {
				if a := b.produce("t", 0, batch(t, nil, sent...)); a.ErrorCode != 0 {
					t.Errorf("%v: %s", kafka.ErrorCode(a.ErrorCode), text(a.ErrorMessage))
				}
			}
		})
	}
	for running.Load() > 0 {
		swap()
	}
	wg.Wait()
	calls := int64(0)
	for _, fake := range made {
		calls += fake.calls.Load()
	}
	for i, fake := range made[:len(made)-1] {
		if !fake.closed.Load() {
			t.Errorf("chain %d of %d is still open", i, len(made))
		}
	}
	if calls != producers*batches {
		t.Errorf("%d verdicts about %d batches", calls, producers*batches)
	}
	got := 0
	for offset := int64(0); offset < producers*batches*size; {
		answer := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, offset))
		for batch, err := range record.Batches(answer.RecordBatches) {
			if err != nil {
				t.Fatal(err)
			}
			mixed := values(t, batch)
			if len(slices.Compact(mixed)) != 1 {
				t.Fatalf("a batch was judged by several chains: %q", mixed)
			}
			h := batch.Header()
			offset = h.LastOffset() + 1
			got++
		}
	}
	if got != producers*batches {
		t.Errorf("%d batches are stored, want %d", got, producers*batches)
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
