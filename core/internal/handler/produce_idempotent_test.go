package handler_test

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

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
