package shard_test

import (
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
)

func TestReloads(t *testing.T) {
	run(t, func(b *bench) {
		b.expect(b.call(increment("a")), 1)
		b.expect(b.call(increment("b")), 1)
		b.Resigned(0)
		b.refused(b.call(read("a")), kafka.NotCoordinator)
		b.Elected(0, 2)
		synctest.Wait()
		b.expect(b.call(increment("a")), 2)
		batches := b.log.Batches(tp0)
		if h := batches[len(batches)-1].Header(); h.LeaderEpoch != 2 || h.BaseSequence != 0 || h.ProducerID != -1 {
			t.Errorf("header of the last batch: %+v", h)
		}
	})
}

// A newer leader epoch means that another broker may have written; the same one means nothing.
func TestElectedAgain(t *testing.T) {
	run(t, func(b *bench) {
		b.expect(b.call(increment("a")), 1)
		release := b.log.HoldReads()
		b.Elected(0, 1)
		b.expect(b.call(increment("a")), 2)
		b.Elected(0, 7)
		synctest.Wait()
		b.refused(b.call(read("a")), kafka.CoordinatorLoadInProgress)
		release()
		synctest.Wait()
		b.expect(b.call(increment("a")), 3)
		if h := b.log.Batches(tp0)[2].Header(); h.LeaderEpoch != 7 {
			t.Errorf("leader epoch %d, want 7", h.LeaderEpoch)
		}
	})
}

func TestLoadInProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &shardtest.Log{}
		b := newBench(t, log)
		b.refused(b.call(read("a")), kafka.NotCoordinator)
		release := log.HoldReads()
		b.Elected(0, 1)
		synctest.Wait()
		b.refused(b.call(read("a")), kafka.CoordinatorLoadInProgress)
		early := false
		if !b.Enqueue(0, func(c *counters, _ *shard.Turn) { early = c.loaded }) || b.Enqueue(1, nil) {
			t.Error("Enqueue is for shards that are there, loading or not")
		}
		release()
		synctest.Wait()
		b.expect(b.call(read("a")), 0)
		if !early {
			t.Error("the early handler did not run after the load")
		}
		b.stop()
		b.refused(b.call(read("a")), kafka.CoordinatorNotAvailable)
		b.Elected(1, 1) // too late
		if p := b.Partitions(); len(p) != 0 {
			t.Errorf("partitions %v after Stop", p)
		}
	})
}

// subscriptions is a log that counts who follows its high watermark, and can tell them of any.
type subscriptions struct {
	shardtest.Log
	active atomic.Int32
	tell   func(int64)
}

func (s *subscriptions) NotifyCommitted(tp kafka.TopicPartition, f func(int64)) (func(), error) {
	s.active.Add(1)
	s.tell = f
	cancel, err := s.Log.NotifyCommitted(tp, f)
	return func() { s.active.Add(-1); cancel() }, err
}

// A notification that is overtaken by a newer one changes nothing.
func TestHighWatermarkGoesUpOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &subscriptions{}
		b := newBench(t, log)
		b.Elected(0, 1)
		synctest.Wait()
		b.expect(b.call(increment("a")), 1)
		log.tell(0)
		b.expect(b.call(read("a")), 1)
		b.stop()
	})
}

func TestLoadIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &subscriptions{}
		log.FailReads(errors.New("disk"))
		b := newBench(t, log)
		b.Elected(0, 1)
		time.Sleep(time.Minute) // virtual: the pauses have stopped growing
		b.refused(b.call(read("a")), kafka.CoordinatorLoadInProgress)
		log.FailReads(nil)
		time.Sleep(2 * time.Second) // virtual
		b.expect(b.call(read("a")), 0)
		if n := log.active.Load(); n != 1 {
			t.Errorf("%d subscriptions to the high watermark are left", n)
		}
		b.stop()
		if n := log.active.Load(); n != 0 {
			t.Errorf("%d subscriptions after Stop", n)
		}
	})
}

// A shard that cannot read one record still serves the others.
func TestUnreadableRecordIsSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &shardtest.Log{}
		b := newBench(t, log)
		b.Elected(0, 1)
		synctest.Wait()
		b.call(func(_ *counters, t *shard.Turn, reply func(answer)) {
			t.AppendApplied([]byte("bad"), []byte("short"))
			t.Append([]byte("good"), binary.BigEndian.AppendUint64(nil, 5))
			t.Then(func(*shard.Turn, error) { reply(answer{}) })
		})
		b.Resigned(0)
		b.Elected(0, 2)
		synctest.Wait()
		b.expect(b.call(read("good")), 5)
		b.stop()
	})
}
