package handler_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// TestFetchWaits has what ends a long poll, and that nothing else does.
func TestFetchWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t)
		b.createTopic("t", 2)
		b.mustProduce("t", 0, "first")
		f := func(name string, offset int64, minBytes int32, act func(), want kafka.ErrorCode, records ...string) {
			t.Helper()
			req := fetchRequest(12, "t", kafka.TopicID{}, 0, offset)
			req.MaxWaitMillis, req.MinBytes = 5000, minBytes
			done := make(chan kmsg.FetchResponseTopicPartition, 1)
			start := time.Now()
			go func() { done <- b.fetchOne(req) }()
			synctest.Wait()
			select {
			case a := <-done:
				t.Fatalf("%s: answered at once: %+v", name, a)
			default:
			}
			act()
			a := <-done
			if a.ErrorCode != int16(want) || !slices.Equal(values(t, a.RecordBatches), records) {
				t.Errorf("%s: %v %q", name, kafka.ErrorCode(a.ErrorCode), values(t, a.RecordBatches))
			}
			if waited := time.Since(start); act == nil && waited != 5*time.Second || act != nil && waited > 5*time.Second {
				t.Errorf("%s: took %v", name, waited)
			}
		}
		nothing := func() {}
		f("deadline", 1, 1, nothing, kafka.NoError)
		f("deadline with too little", 0, 1<<20, nothing, kafka.NoError, "first")
		f("append", 1, 1, func() { b.mustProduce("t", 0, "second") }, kafka.NoError, "second")
		f("append elsewhere", 2, 1, func() { b.mustProduce("t", 1, "x") }, kafka.NoError)
		f("appends until min.bytes", 2, int32(2*len(batch(t, nil, "n"))), func() {
			b.mustProduce("t", 0, "3")
			synctest.Wait()
			b.mustProduce("t", 0, "4")
		}, kafka.NoError, "3", "4")
		f("another leader", 4, 1, func() { b.setLeader("t", 2, 1) }, kafka.NotLeaderOrFollower)
		b.setLeader("t", 1, 2)
		f("deletion", 4, 1, func() { b.deleteTopic("t") }, kafka.UnknownTopicOrPartition)
	})
}

func TestFetchWaitsForHighWatermark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		replicas := &slowReplicas{inSync: 1}
		b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Replicator = replicas })
		b.createTopic("t", 1)
		b.do(produceRequest(12, 1, "t", kafka.TopicID{}, 0, batch(t, nil, "v")))
		req := fetchRequest(12, "t", kafka.TopicID{}, 0, 0)
		if a := b.fetchOne(req); a.ErrorCode != 0 || len(a.RecordBatches) > 0 || a.HighWatermark != 0 {
			t.Fatalf("before the high watermark: %+v", a)
		}
		req.MaxWaitMillis = 1 << 30
		done := make(chan kmsg.FetchResponseTopicPartition, 1)
		go func() { done <- b.fetchOne(req) }()
		synctest.Wait()
		replicas.high = 1
		b.setLeader("t", 1, 0)
		if a := <-done; len(a.RecordBatches) == 0 || a.HighWatermark != 1 {
			t.Errorf("%+v", a)
		}
	})
}

func TestFetchEndsWithItsConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t)
		b.createTopic("t", 1)
		ctx, cancel := context.WithCancel(t.Context())
		req := fetchRequest(12, "t", kafka.TopicID{}, 0, 0)
		req.MaxWaitMillis = 1 << 30
		done := make(chan struct{})
		go func() { b.answer(call(ctx, req), req); close(done) }()
		synctest.Wait()
		cancel()
		<-done
	})
}
