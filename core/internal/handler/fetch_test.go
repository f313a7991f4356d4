package handler_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

func TestFetchErrors(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1)
	b.setLeader("t", 1, 3)
	b.mustProduce("t", 0, "a", "b")
	f := func(name string, want kafka.ErrorCode, edit func(*kmsg.FetchRequest, *kmsg.FetchRequestTopicPartition)) {
		t.Helper()
		req := fetchRequest(12, "t", id, 0, 0)
		edit(req, &req.Topics[0].Partitions[0])
		req.MaxWaitMillis, req.MinBytes = 1<<30, 1<<20 // errors never wait
		a := b.fetchOne(req)
		if a.ErrorCode != int16(want) || a.HighWatermark != -1 || a.LastStableOffset != -1 || a.LogStartOffset != -1 ||
			a.RecordBatches == nil || len(a.RecordBatches) > 0 || a.AbortedTransactions == nil {
			t.Errorf("%s: %+v, want %v", name, a, want)
		}
	}
	f("above the end", kafka.OffsetOutOfRange, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.FetchOffset = 3 })
	f("negative", kafka.OffsetOutOfRange, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.FetchOffset = -1 })
	f("old epoch", kafka.FencedLeaderEpoch, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.CurrentLeaderEpoch = 2 })
	f("future epoch", kafka.UnknownLeaderEpoch, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.CurrentLeaderEpoch = 4 })
	f("fetched epoch is newer than any", kafka.OffsetOutOfRange, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.LastFetchedEpoch = 9 })
	f("unknown partition", kafka.UnknownTopicOrPartition, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.Partition = 1 })
	f("unknown topic", kafka.UnknownTopicOrPartition, func(r *kmsg.FetchRequest, _ *kmsg.FetchRequestTopicPartition) { r.Topics[0].Topic = "nope" })
	f("follower", kafka.NotLeaderOrFollower, func(r *kmsg.FetchRequest, _ *kmsg.FetchRequestTopicPartition) { r.ReplicaID = 7 })
	f("negative size", kafka.InvalidRequest, func(_ *kmsg.FetchRequest, p *kmsg.FetchRequestTopicPartition) { p.PartitionMaxBytes = -1 })
	f("unknown id", kafka.UnknownTopicID, func(r *kmsg.FetchRequest, _ *kmsg.FetchRequestTopicPartition) {
		r.SetVersion(13)
		r.Topics[0].TopicID = kafka.NewTopicID()
	})
	f("another leader", kafka.NotLeaderOrFollower, func(*kmsg.FetchRequest, *kmsg.FetchRequestTopicPartition) { b.setLeader("t", 2, 4) })
	hinted := b.fetchOne(fetchRequest(16, "t", id, 0, 0))
	if hinted.CurrentLeader.LeaderID != 2 || hinted.CurrentLeader.LeaderEpoch != 4 {
		t.Errorf("current leader %+v", hinted.CurrentLeader)
	}
	b.setLeader("t", 1, 5)
	if a := b.fetchOne(fetchRequest(12, "t", id, 0, 0)); a.ErrorCode != 0 || len(a.RecordBatches) == 0 {
		t.Errorf("leading again: %+v", a)
	}
	req := fetchRequest(12, "t", id, 0, 0)
	req.IsolationLevel = 5
	if resp := b.do(req).(*kmsg.FetchResponse); resp.ErrorCode != int16(kafka.InvalidRequest) || len(resp.Topics) > 0 {
		t.Errorf("isolation level 5: %+v", resp)
	}
}

func TestFetchDivergingEpoch(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	b.mustProduce("t", 0, "a", "b")
	b.setLeader("t", 1, 2)
	b.mustProduce("t", 0, "c")
	f := func(offset int64, last, epoch int32, end int64) {
		t.Helper()
		req := fetchRequest(12, "t", kafka.TopicID{}, 0, offset)
		req.Topics[0].Partitions[0].LastFetchedEpoch = last
		req.MaxWaitMillis, req.MinBytes = 1<<30, 1<<20 // never waits
		a := b.fetchOne(req)
		if a.ErrorCode != 0 || len(a.RecordBatches) > 0 || a.DivergingEpoch.Epoch != epoch || a.DivergingEpoch.EndOffset != end {
			t.Errorf("offset %d after epoch %d: %+v", offset, last, a)
		}
	}
	f(3, 0, 0, 2)
	f(7, 2, 2, 3) // instead of OFFSET_OUT_OF_RANGE
	f(2, 1, 0, 2)
}

func sum(list []int) (total int) {
	for _, n := range list {
		total += n
	}
	return total
}

func TestFetchLimits(t *testing.T) {
	b := newBroker(t, func(_ *partition.Settings, d *handler.Deps) { d.Fetch.MaxBytes = 3000 })
	id := b.createTopic("t", 3)
	value := strings.Repeat("x", 1000)
	for i := range int32(3) {
		for range 3 {
			b.mustProduce("t", i, value)
		}
	}
	one := len(batch(t, nil, value))
	f := func(name string, maxBytes, partitionMax int32, want ...int) {
		t.Helper()
		req := fetchRequest(12, "t", id, 0, 0)
		req.MaxBytes = maxBytes
		if filled := int32(sum(want)) == maxBytes; filled {
			req.MaxWaitMillis, req.MinBytes = 1<<30, 1<<20 // there will never be more
		}
		for i := range int32(2) {
			req.Topics[0].Partitions = append(req.Topics[0].Partitions, fetchTopic("t", id, i+1, 0).Partitions...)
		}
		for i := range req.Topics[0].Partitions {
			req.Topics[0].Partitions[i].PartitionMaxBytes = partitionMax
		}
		var got []int
		for _, p := range b.do(req).(*kmsg.FetchResponse).Topics[0].Partitions {
			got = append(got, len(p.RecordBatches))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v bytes, want %v", name, got, want)
		}
	}
	f("nothing allowed: the first batch", 0, 0, one, 0, 0)
	f("one byte", 1, 1, one, 0, 0)
	f("small partitions: only the first is certain", 1<<20, 10, one, 0, 0)
	f("one batch each, until fetch.max.bytes", 1<<20, int32(one), one, one, 0)
	f("the first takes nearly all", int32(one)+500, 1<<20, one+500, 0, 0)
}

func TestFetchWithoutPartitions(t *testing.T) {
	b := newBroker(t)
	req := fetchRequest(12, "t", kafka.TopicID{}, 0, 0)
	req.Topics, req.MaxWaitMillis = nil, 1<<30
	if resp := b.do(req).(*kmsg.FetchResponse); resp.ErrorCode != 0 || len(resp.Topics) > 0 {
		t.Errorf("%+v", resp)
	}
}

func TestFetchSamePartitionTwice(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1)
	req := fetchRequest(12, "t", id, 0, 0)
	req.Topics[0].Partitions = append(req.Topics[0].Partitions, req.Topics[0].Partitions[0])
	b.fetchOne(req) // fails unless there is one answer
}

// TestFetchReadCommitted appends transactional batches as a coordinator does, since producers can't get ids for them yet.
func TestFetchReadCommitted(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	tp := kafka.TopicPartition{Topic: "t"}
	appendBatch := func(records []byte, err error) {
		t.Helper()
		if err == nil {
			_, err = b.partitions.AppendRecords(tp, records, kafka.NoEpoch)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	transactional := func(id kafka.ProducerID, value string) {
		t.Helper()
		appendBatch(batch(t, func(h *record.Header) {
			h.ProducerID, h.ProducerEpoch, h.BaseSequence, h.Attributes = id, 0, 0, record.TransactionalBit
		}, value), nil)
	}
	marker := func(id kafka.ProducerID, kind record.ControlType) {
		t.Helper()
		appendBatch(record.Marker{ProducerID: id, Type: kind}.AppendTo(nil))
	}
	f := func(offset, lso int64, aborted []int64, want ...string) {
		t.Helper()
		req := fetchRequest(12, "t", kafka.TopicID{}, 0, offset)
		req.IsolationLevel = int8(kafka.ReadCommitted)
		a := b.fetchOne(req)
		var first []int64
		for _, txn := range a.AbortedTransactions {
			first = append(first, txn.FirstOffset)
		}
		if a.LastStableOffset != lso || a.AbortedTransactions == nil || !slices.Equal(first, aborted) {
			t.Errorf("from %d: stable %d, aborted %v; want %d, %v", offset, a.LastStableOffset, first, lso, aborted)
		}
		var got []string
		for batch, err := range record.Batches(a.RecordBatches) {
			if err != nil {
				t.Fatal(err)
			}
			if h := batch.Header(); !h.IsControl() {
				got = append(got, values(t, batch)...)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("from %d: %q, want %q", offset, got, want)
		}
	}
	b.mustProduce("t", 0, "plain") // 0
	f(0, 1, nil, "plain")
	transactional(1, "one") // 1
	transactional(2, "two") // 2
	f(0, 1, nil, "plain")
	marker(2, record.ControlAbort) // 3
	f(0, 1, nil, "plain")
	marker(1, record.ControlCommit) // 4
	f(0, 5, []int64{2}, "plain", "one", "two")
	f(4, 5, nil)
	transactional(3, "open") // 5
	f(5, 5, nil)
	if a := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, 5)); !slices.Equal(values(t, a.RecordBatches), []string{"open"}) {
		t.Errorf("read uncommitted: %+v", a)
	}
	p, err := b.partitions.Lookup(tp)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DeleteRecords(-1); err != nil || p.LastStableOffset() != 6 {
		t.Errorf("DeleteRecords past an open transaction: stable %d, %v", p.LastStableOffset(), err)
	}
}

func FuzzFetch(f *testing.F) {
	for _, version := range []int16{4, 7, 12, 13, 18} {
		f.Add(version, fetchRequest(version, "t", kafka.TopicID{}, 0, 0).AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, version int16, body []byte) {
		b := newBroker(t)
		b.createTopic("t", 1)
		b.mustProduce("t", 0, "a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // never waits
		c := call(ctx, &kmsg.FetchRequest{Version: version})
		c.Body = body
		b.router.Serve(c)
		c.Response.Release()
	})
}

func TestFetchStorageError(t *testing.T) {
	b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Engine = brokenEngine{s.Engine} })
	b.createTopic("t", 1)
	for version, want := range map[int16]kafka.ErrorCode{4: kafka.NotLeaderOrFollower, 5: kafka.NotLeaderOrFollower, 6: kafka.KafkaStorageError, 12: kafka.KafkaStorageError} {
		if a := b.fetchOne(fetchRequest(version, "t", kafka.TopicID{}, 0, 0)); a.ErrorCode != int16(want) {
			t.Errorf("version %d answers %v, want %v", version, kafka.ErrorCode(a.ErrorCode), want)
		}
	}
	if a := b.produce("t", 0, batch(t, nil, "v")); a.ErrorCode != int16(kafka.KafkaStorageError) {
		t.Errorf("produce answers %v", kafka.ErrorCode(a.ErrorCode))
	}
}

// brokenEngine opens no log.
type brokenEngine struct{ log.Engine }

func (brokenEngine) Open(context.Context, log.Spec, log.Host) (log.Log, error) {
	return nil, errors.New("no such disk")
}

func TestFetchTooManyPartitions(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1)
	req := fetchRequest(12, "t", id, 0, 0)
	req.Topics[0].Partitions = make([]kmsg.FetchRequestTopicPartition, 1<<16+1)
	if resp := b.do(req).(*kmsg.FetchResponse); resp.ErrorCode != int16(kafka.InvalidRequest) {
		t.Errorf("answers %v", kafka.ErrorCode(resp.ErrorCode))
	}
	req.SetVersion(6) // has no place for an error
	c := call(t.Context(), req)
	b.router.Serve(c)
	if !c.Response.None || !c.Response.Close {
		t.Error("a request of an old version must close the connection")
	}
}
