package handler_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/replication"
)

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
