package handler_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/replication"
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
	b.createTopic(kafka.ConsumerOffsetsTopic, 1)
	req := produceRequest(9, 1, kafka.ConsumerOffsetsTopic, kafka.TopicID{}, 0, batch(t, nil, "v"))
	c := call(t.Context(), req)
	c.ClientID = "__admin_client"
	if a := b.answer(c, req).(*kmsg.ProduceResponse).Topics[0].Partitions[0]; a.ErrorCode != 0 {
		t.Errorf("answers %v", kafka.ErrorCode(a.ErrorCode))
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

// TestProduceIdempotent walks through what a partition answers to a producer that retries.
func TestProduceIdempotent(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	f := func(id kafka.ProducerID, epoch kafka.ProducerEpoch, sequence int32, n int, want kafka.ErrorCode, base int64) {
		t.Helper()
		a := b.produce("t", 0, batch(t, from(id, epoch, sequence), slices.Repeat([]string{"v"}, n)...))
		if a.ErrorCode != int16(want) || a.BaseOffset != base {
			t.Errorf("sequence %d: %v at %d, want %v at %d", sequence, kafka.ErrorCode(a.ErrorCode), a.BaseOffset, want, base)
		}
		if want == kafka.OutOfOrderSequenceNumber && (a.LogStartOffset != 0 || a.ErrorMessage != nil) {
			t.Errorf("sequence %d: log start %d, message %v", sequence, a.LogStartOffset, a.ErrorMessage)
		}
	}
	f(1, 0, 0, 3, kafka.NoError, 0)
	f(1, 0, 3, 2, kafka.NoError, 3)
	f(1, 0, 0, 3, kafka.NoError, 0)                   // a duplicate, answered as the original
	f(1, 0, 0, 2, kafka.OutOfOrderSequenceNumber, -1) // part of a known batch
	f(1, 0, 6, 1, kafka.OutOfOrderSequenceNumber, -1) // a gap
	f(1, 2, 1, 1, kafka.OutOfOrderSequenceNumber, -1) // a new epoch begins at 0
	f(1, 2, 0, 1, kafka.NoError, 5)                   // and may jump
	f(1, 0, 5, 1, kafka.InvalidProducerEpoch, -1)     // the old one is fenced
	f(2, 0, math.MaxInt32, 3, kafka.NoError, 6)       // any first sequence, wrapping inside the batch
	f(2, 0, 2, 1, kafka.NoError, 9)                   // goes on after the wrap
	f(2, 0, 2, 1, kafka.NoError, 9)                   // a duplicate
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 0)); a.HighWatermark != 10 {
		t.Errorf("high watermark %d, want 10", a.HighWatermark)
	}
	duplicate := b.produce("t", 0, batch(t, from(2, 0, 2), "other"))
	if duplicate.BaseOffset != 9 || duplicate.LogAppendTime <= 0 {
		t.Errorf("a duplicate answers %+v, want the original's offset and largest timestamp", duplicate)
	}
}

func TestProducerStateOutlivesDeleteRecords(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.produce("t", 0, batch(t, from(1, 0, 0), "v"))
	p, err := b.partitions.Lookup(kafka.TopicPartition{Topic: "t"})
	if err != nil {
		t.Fatal(err)
	}
	if low, err := p.DeleteRecords(-1); low != 1 || err != nil {
		t.Fatal(low, err)
	}
	if a := b.produce("t", 0, batch(t, from(1, 0, 7), "v")); a.ErrorCode != int16(kafka.OutOfOrderSequenceNumber) || a.LogStartOffset != 1 {
		t.Errorf("a gap after DeleteRecords: %+v", a)
	}
	if a := b.produce("t", 0, batch(t, from(1, 0, 0), "v")); a.ErrorCode != 0 || a.BaseOffset != 0 {
		t.Errorf("a duplicate of a deleted record: %+v", a)
	}
}

func TestProducersExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) {
			s.ProducerExpiry, s.ProducerExpiryCheck = time.Hour, 10*time.Minute
		})
		b.createTopic("t", 1)
		b.produce("t", 0, batch(t, from(1, 0, 0), "v"))
		if a := b.produce("t", 0, batch(t, from(1, 0, 5), "v")); a.ErrorCode != int16(kafka.OutOfOrderSequenceNumber) {
			t.Errorf("a gap answers %v", kafka.ErrorCode(a.ErrorCode))
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if a := b.produce("t", 0, batch(t, from(1, 0, 5), "v")); a.ErrorCode != 0 {
			t.Errorf("after expiry any sequence goes, got %v", kafka.ErrorCode(a.ErrorCode))
		}
	})
}

// slowReplicas is a Replicator whose high watermark and in-sync replicas tests set.
type slowReplicas struct {
	replication.Replicator
	high   int64
	inSync int
}

func (r *slowReplicas) HighWatermark(_ replication.Leader, stable int64) int64 {
	return min(stable, r.high)
}
func (r *slowReplicas) InSync(replication.Leader) int { return r.inSync }

func TestProduceWaitsForReplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replicas := &slowReplicas{inSync: 1}
		b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Replicator = replicas })
		b.createTopic("t", 1)
		start := time.Now()
		if a := b.produce("t", 0, batch(t, nil, "v")); a.ErrorCode != int16(kafka.RequestTimedOut) || time.Since(start) != time.Second {
			t.Errorf("not replicated: %v after %v", kafka.ErrorCode(a.ErrorCode), time.Since(start))
		}
		f := func(name string, want kafka.ErrorCode, act func()) {
			t.Helper()
			done := make(chan kmsg.ProduceResponseTopicPartition, 1)
			go func() { done <- b.produce("t", 0, batch(t, nil, "v")) }()
			synctest.Wait()
			select {
			case a := <-done:
				t.Fatalf("%s: answered %+v before the record was replicated", name, a)
			default:
			}
			act()
			if a := <-done; a.ErrorCode != int16(want) {
				t.Errorf("%s: %v, want %v", name, kafka.ErrorCode(a.ErrorCode), want)
			}
		}
		f("replicated", kafka.NoError, func() {
			replicas.high = 2
			b.setLeader("t", 1, 0) // makes the partition look at its replicas
		})
		f("in-sync replicas lost", kafka.NotEnoughReplicasAfterAppend, func() {
			replicas.high, replicas.inSync = 3, 0
			b.setLeader("t", 1, 0)
		})
		replicas.inSync = 1
		f("another leader", kafka.NotLeaderOrFollower, func() { b.setLeader("t", 2, 1) })
		b.setLeader("t", 1, 2)
		f("deleted", kafka.UnknownTopicOrPartition, func() { b.deleteTopic("t") })
	})
}

func TestProduceGivesUpWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Replicator = &slowReplicas{inSync: 1} })
		b.createTopic("t", 1)
		ctx, cancel := context.WithCancel(t.Context())
		req := produceRequest(9, -1, "t", kafka.TopicID{}, 0, batch(t, nil, "v"))
		done := make(chan struct{})
		go func() { b.answer(call(ctx, req), req); close(done) }()
		synctest.Wait()
		cancel()
		<-done
	})
}

func TestProduceMinInSyncReplicas(t *testing.T) {
	b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Replicator = &slowReplicas{high: math.MaxInt64} })
	b.createTopic("t", 1, "min.insync.replicas", "2")
	if a := b.produce("t", 0, batch(t, nil, "v")); a.ErrorCode != int16(kafka.NotEnoughReplicas) {
		t.Errorf("no replica in sync: %v", kafka.ErrorCode(a.ErrorCode))
	}
	alone := newBroker(t)
	alone.createTopic("t", 1, "min.insync.replicas", "2")
	alone.mustProduce("t", 0, "min.insync.replicas counts at most the replicas that there are")
}

func TestProduceLeaderHint(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.setLeader("t", 1, 4)
	b.setLeader("t", 2, 5)
	resp := b.do(produceRequest(10, 1, "t", kafka.TopicID{}, 0, batch(t, nil, "v"))).(*kmsg.ProduceResponse)
	a := resp.Topics[0].Partitions[0]
	if a.ErrorCode != int16(kafka.NotLeaderOrFollower) || a.CurrentLeader.LeaderID != 2 || a.CurrentLeader.LeaderEpoch != 5 {
		t.Errorf("%+v", a)
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
