package handler_test

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

func TestProduceAndFetchEveryVersion(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1)
	offset := int64(0)
	for version := int16(3); version <= 13; version++ {
		for _, acks := range []int16{-1, 1} {
			resp := b.do(produceRequest(version, acks, "t", id, 0, batch(t, nil, "a", "b"))).(*kmsg.ProduceResponse)
			a := resp.Topics[0].Partitions[0]
			if a.ErrorCode != 0 || a.BaseOffset != offset || a.LogAppendTime != -1 || version >= 5 && a.LogStartOffset != 0 {
				t.Fatalf("version %d acks %d: %+v", version, acks, a)
			}
			if version >= 13 && resp.Topics[0].TopicID != [16]byte(id) || version < 13 && resp.Topics[0].Topic != "t" {
				t.Errorf("version %d names the topic %q %v", version, resp.Topics[0].Topic, resp.Topics[0].TopicID)
			}
			offset += 2
		}
	}
	for version := int16(4); version <= 18; version++ {
		a := b.fetchOne(fetchRequest(version, "t", id, 0, offset-2))
		if a.ErrorCode != 0 || a.HighWatermark != offset || a.LastStableOffset != offset || version >= 5 && a.LogStartOffset != 0 {
			t.Fatalf("version %d: %+v", version, a)
		}
		if got := values(t, a.RecordBatches); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("version %d returned %q", version, got)
		}
		if a.AbortedTransactions != nil {
			t.Errorf("version %d: a read-uncommitted answer must carry null aborted transactions", version)
		}
	}
}

// sign computes the CRC of a batch that a test has damaged on purpose.
func sign(b []byte) []byte {
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

func edited(b []byte, edit func([]byte)) []byte {
	b = slices.Clone(b)
	edit(b)
	return b
}

// TestProduceErrors has kafka-observed rows: what one partition answers, with its log start offset.
func TestProduceErrors(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.createTopic("compacted", 1, "cleanup.policy", "compact")
	b.createTopic("small", 1, "max.message.bytes", "100")
	b.createTopic(kafka.ConsumerOffsetsTopic, 1)
	b.mustProduce("t", 0, "x")
	good := batch(t, nil, "v")
	put16 := func(at int, v uint16) func([]byte) {
		return func(b []byte) { binary.BigEndian.PutUint16(b[at:], v) }
	}
	put32 := func(at int, v uint32) func([]byte) {
		return func(b []byte) { binary.BigEndian.PutUint32(b[at:], v) }
	}
	f := func(name, topic string, i int32, records []byte, want kafka.ErrorCode, start int64) {
		t.Helper()
		a := b.produce(topic, i, records)
		if a.ErrorCode != int16(want) || a.BaseOffset != -1 || a.LogAppendTime != -1 || a.LogStartOffset != start {
			t.Errorf("%s: %v, base %d, time %d, start %d; want %v, start %d",
				name, kafka.ErrorCode(a.ErrorCode), a.BaseOffset, a.LogAppendTime, a.LogStartOffset, want, start)
		}
	}
	f("unknown partition", "t", 1, good, kafka.UnknownTopicOrPartition, -1)
	f("negative partition", "t", -1, good, kafka.UnknownTopicOrPartition, -1)
	f("unknown topic", "nope", 0, good, kafka.UnknownTopicOrPartition, -1)
	f("empty name", "", 0, good, kafka.UnknownTopicOrPartition, -1)
	f("internal topic", kafka.ConsumerOffsetsTopic, 0, good, kafka.InvalidTopicException, -1)
	f("null records", "t", 0, nil, kafka.InvalidRecord, -1)
	f("no batch", "t", 0, []byte{}, kafka.InvalidRecord, -1)
	f("two batches", "t", 0, append(slices.Clone(good), good...), kafka.InvalidRecord, -1)
	f("bad CRC", "t", 0, edited(good, put32(17, 1)), kafka.CorruptMessage, -1)
	f("magic 1", "t", 0, edited(good, func(b []byte) { b[16] = 1 }), kafka.InvalidRecord, -1)
	f("too large", "small", 0, batch(t, nil, strings.Repeat("x", 200)), kafka.MessageTooLarge, -1)
	f("count 2 of 1", "t", 0, sign(edited(good, put32(57, 2))), kafka.InvalidRecord, 0)
	f("control", "t", 0, sign(edited(good, put16(21, record.ControlBit))), kafka.InvalidRecord, 0)
	f("pid without sequence", "t", 0, batch(t, from(7, 0, -1), "v"), kafka.InvalidRecord, 0)
	if end := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).HighWatermark; end != 1 {
		t.Errorf("the high watermark is %d: a refused batch was appended", end)
	}
}

func TestProduceRecordErrors(t *testing.T) {
	b := newBroker(t)
	b.createTopic("pc", 1, "cleanup.policy", "compact")
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	builder.Append(1, []byte("k"), nil)
	builder.Append(1, nil, nil)
	records, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	a := b.produce("pc", 0, records)
	const message = "Compacted topic cannot accept message without key in topic partition pc-0"
	if a.ErrorCode != int16(kafka.InvalidRecord) || len(a.ErrorRecords) != 1 || a.ErrorRecords[0].RelativeOffset != 1 ||
		*a.ErrorRecords[0].ErrorMessage != message || a.ErrorMessage == nil || !strings.Contains(*a.ErrorMessage, message) {
		t.Errorf("%+v", a)
	}
}

// TestProduceRefusesAll has the mistakes in one partition for which Kafka refuses every partition of a request.
func TestProduceRefusesAll(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 2)
	good := batch(t, nil, "v")
	transactional := sign(edited(batch(t, from(7, 0, 0), "v"), func(b []byte) { b[22] = record.TransactionalBit }))
	f := func(name string, records []byte, id *string, want kafka.ErrorCode) {
		t.Helper()
		req := produceRequest(9, 1, "t", kafka.TopicID{}, 0, slices.Clone(good))
		req.TransactionID = id
		req.Topics[0].Partitions = append(req.Topics[0].Partitions,
			produceRequest(9, 1, "t", kafka.TopicID{}, 1, records).Topics[0].Partitions...)
		for i, a := range b.do(req).(*kmsg.ProduceResponse).Topics[0].Partitions {
			if a.ErrorCode != int16(want) {
				t.Errorf("%s: partition %d answers %v, want %v", name, i, kafka.ErrorCode(a.ErrorCode), want)
			}
		}
	}
	f("magic 3", edited(good, func(b []byte) { b[16] = 3 }), nil, kafka.CorruptMessage)
	f("length 13", edited(good, func(b []byte) { binary.BigEndian.PutUint32(b[8:], 13) }), nil, kafka.CorruptMessage)
	f("transactional without id", transactional, nil, kafka.TransactionalIDAuthorizationFailed)
	id := "txn"
	f("transactional without coordinator", transactional, &id, kafka.InvalidProducerIDMapping)
}

func TestProduceTopicIDs(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1)
	b.deleteTopic("t")
	b.createTopic("t", 1)
	for _, unknown := range []kafka.TopicID{id, {}, kafka.NewTopicID()} {
		resp := b.do(produceRequest(13, 1, "", unknown, 0, batch(t, nil, "v"))).(*kmsg.ProduceResponse)
		if code := resp.Topics[0].Partitions[0].ErrorCode; code != int16(kafka.UnknownTopicID) {
			t.Errorf("an unknown id answers %v", kafka.ErrorCode(code))
		}
	}
}

func TestProduceAcks(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	for _, acks := range []int16{2, -2, 5} {
		resp := b.do(produceRequest(9, acks, "t", kafka.TopicID{}, 0, batch(t, nil, "v"))).(*kmsg.ProduceResponse)
		if code := resp.Topics[0].Partitions[0].ErrorCode; code != int16(kafka.InvalidRequiredAcks) {
			t.Errorf("acks %d answers %v", acks, kafka.ErrorCode(code))
		}
	}
	f := func(topic string, closes bool) {
		t.Helper()
		c := call(t.Context(), produceRequest(9, 0, topic, kafka.TopicID{}, 0, batch(t, nil, "v")))
		b.router.Serve(c)
		if !c.Response.None || c.Response.Close != closes || len(c.Response.Body) > 0 {
			t.Errorf("acks 0 to %s: none %v, close %v", topic, c.Response.None, c.Response.Close)
		}
	}
	f("t", false)
	f("nope", true)
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)); a.HighWatermark != 1 {
		t.Errorf("high watermark %d, want 1", a.HighWatermark)
	}
	if resp := b.do(&kmsg.ProduceRequest{Version: 9, Acks: 1}).(*kmsg.ProduceResponse); len(resp.Topics) != 0 {
		t.Errorf("a request without topics answers %+v", resp)
	}
}

func TestProduceSamePartitionTwice(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	req := produceRequest(9, 1, "t", kafka.TopicID{}, 0, batch(t, nil, "v"))
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, req.Topics[0].Partitions[0])
	resp := b.do(req).(*kmsg.ProduceResponse)
	if n := len(resp.Topics[0].Partitions); n != 1 {
		t.Errorf("%d answers, want one", n)
	}
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)); a.HighWatermark != 1 {
		t.Errorf("high watermark %d, want 1", a.HighWatermark)
	}
}

func TestProduceOldZstd(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	records := batch(t, func(h *record.Header) { h.Attributes = int16(record.Zstd) }, "v")
	for version, want := range map[int16]kafka.ErrorCode{6: kafka.UnsupportedCompressionType, 7: kafka.NoError} {
		resp := b.do(produceRequest(version, 1, "t", kafka.TopicID{}, 0, records)).(*kmsg.ProduceResponse)
		if code := resp.Topics[0].Partitions[0].ErrorCode; code != int16(want) {
			t.Errorf("version %d answers %v, want %v", version, kafka.ErrorCode(code), want)
		}
	}
}

func TestProduceInternalTopicByAdmin(t *testing.T) {
	b := newBroker(t)
	for topic, want := range map[string]kafka.ErrorCode{
		kafka.ConsumerOffsetsTopic: kafka.NoError,
		kafka.PluginsTopic:         kafka.InvalidTopicException, // what runs in the broker comes by deployment alone
	} {
		b.createTopic(topic, 1)
		req := produceRequest(9, 1, topic, kafka.TopicID{}, 0, batch(t, nil, "v"))
		c := call(t.Context(), req)
		c.ClientID = "__admin_client"
		if a := b.answer(c, req).(*kmsg.ProduceResponse).Topics[0].Partitions[0]; a.ErrorCode != int16(want) {
			t.Errorf("%s: answers %v, want %v", topic, kafka.ErrorCode(a.ErrorCode), want)
		}
	}
}

func TestProduceLogAppendTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t)
		b.createTopic("t", 1, "message.timestamp.type", "LogAppendTime")
		records := batch(t, nil, "v")
		time.Sleep(time.Hour)
		now := time.Now().UnixMilli()
		if a := b.produce("t", 0, records); a.ErrorCode != 0 || a.LogAppendTime != now {
			t.Errorf("%+v, want the log append time %d", a, now)
		}
		stored, _, err := record.Next(b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).RecordBatches)
		if err != nil || stored.VerifyCRC() != nil {
			t.Fatal(err, stored.VerifyCRC())
		}
		if h := stored.Header(); !h.IsLogAppendTime() || h.MaxTimestamp != now {
			t.Errorf("stored with %+v", h)
		}
	})
}

func TestProduceRecompresses(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, "compression.type", "zstd")
	b.mustProduce("t", 0, "a", "b")
	stored, _, err := record.Next(b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)).RecordBatches)
	if err != nil || stored.Codec() != record.Zstd || stored.VerifyCRC() != nil {
		t.Errorf("codec %v, %v", stored.Codec(), err)
	}
}

func TestProduceAuthorization(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("secret", 1)
	b.createTopic("t", 1)
	b.authorizer.denied = map[string]bool{"secret": true, "nope": true}
	for _, topic := range []string{"secret", "nope"} { // no leak of what exists
		if a := b.produce(topic, 0, batch(t, nil, "v")); a.ErrorCode != int16(kafka.TopicAuthorizationFailed) {
			t.Errorf("%s answers %v", topic, kafka.ErrorCode(a.ErrorCode))
		}
		if a := b.fetchOne(fetchRequest(12, topic, id, 0, 0)); a.ErrorCode != int16(kafka.TopicAuthorizationFailed) {
			t.Errorf("%s answers %v", topic, kafka.ErrorCode(a.ErrorCode))
		}
	}
	b.mustProduce("t", 0, "v")
}

func FuzzProduce(f *testing.F) {
	good := batch(f, nil, "a", "b")
	for version := int16(3); version <= 13; version += 5 {
		f.Add(version, produceRequest(version, 1, "t", kafka.TopicID{}, 0, good).AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, version int16, body []byte) {
		b := newBroker(t)
		b.createTopic("t", 1)
		c := call(t.Context(), &kmsg.ProduceRequest{Version: version})
		c.Body = body
		b.router.Serve(c)
		c.Response.Release()
		if end := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)); end.ErrorCode != 0 {
			t.Errorf("the partition is broken: %+v", end)
		}
	})
}
