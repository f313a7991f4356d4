package shard_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAppendsReplaysAndAnswers(t *testing.T) {
	run(t, func(b *bench) {
		b.expect(b.call(increment("a")), 1)
		b.expect(b.call(increment("a")), 2)
		b.expect(b.call(read("a")), 2)
	})
}

func TestAnswersWaitForTheCommit(t *testing.T) {
	run(t, func(b *bench) {
		release := b.log.HoldCommits()
		write := b.start(increment("a"))
		b.parked(write)
		seen := b.start(read("a")) // sees an uncommitted value: must wait as well
		b.parked(seen)
		release()
		b.expect(<-write, 1)
		b.expect(<-seen, 1)
	})
}

func TestCommitTimeout(t *testing.T) {
	run(t, func(b *bench) {
		release := b.log.HoldCommits()
		began := time.Now()
		b.refused(b.call(increment("a")), kafka.RequestTimedOut)
		if waited := time.Since(began); waited != 5*time.Second {
			t.Errorf("waited %v", waited)
		}
		release()
		b.expect(b.call(increment("a")), 2)
	})
}

func TestFailedAppendIsTakenBack(t *testing.T) {
	run(t, func(b *bench) {
		b.expect(b.call(increment("a")), 1)
		b.log.FailAppends(kafka.NotEnoughReplicas)
		first, second, seen := b.start(increment("a")), b.start(increment("b")), b.start(increment("a"))
		b.refused(<-first, kafka.NotEnoughReplicas)
		b.refused(<-second, kafka.NotEnoughReplicas)
		b.refused(<-seen, kafka.NotEnoughReplicas)
		b.log.FailAppends(nil)
		b.expect(b.call(read("a")), 1)
		b.expect(b.call(read("b")), 0)
	})
}

// Handlers that queue up while one runs are appended together, and each sees what those before it did.
func TestGroupCommit(t *testing.T) {
	run(t, func(b *bench) {
		enter, leave := make(chan struct{}), make(chan struct{})
		blocker := b.start(func(_ *counters, _ *shard.Turn, reply func(answer)) {
			close(enter)
			<-leave
			reply(answer{})
		})
		<-enter
		var queued []<-chan answer
		for range 10 {
			queued = append(queued, b.start(increment("a")))
			synctest.Wait()
		}
		close(leave)
		<-blocker
		for i, c := range queued {
			b.expect(<-c, uint64(i+1))
		}
		if n := len(b.log.Batches(tp0)); n != 1 {
			t.Errorf("%d batches, want 1", n)
		}
	})
}

func many(n int, divide bool) handler {
	return func(_ *counters, t *shard.Turn, reply func(answer)) {
		for i := range n {
			t.Append([]byte(strings.Repeat("k", i+1)), make([]byte, 8))
		}
		if divide {
			t.Divide()
		}
		t.Then(func(_ *shard.Turn, err error) { reply(answer{uint64(n), err}) })
	}
}

func TestTooLargeForOneBatch(t *testing.T) {
	run(t, func(b *bench) {
		b.refused(b.call(many(30, false)), kafka.RecordListTooLarge)
		b.expect(b.call(read("k")), 0)
		b.expect(b.call(many(30, true)), 30)
		batches := b.log.Batches(tp0)
		if len(batches) < 2 {
			t.Errorf("%d batches", len(batches))
		}
		for _, batch := range batches {
			if len(batch) > 1000 {
				t.Errorf("batch of %d bytes", len(batch))
			}
		}
		b.refused(b.call(many(1000, true)), kafka.RecordListTooLarge) // a single record is too large
	})
}

func TestTimers(t *testing.T) {
	run(t, func(b *bench) {
		b.call(func(c *counters, t *shard.Turn, reply func(answer)) {
			c.timers.Schedule("late", t.Now.Add(time.Hour))
			c.timers.Schedule("soon", t.Now.Add(time.Second))
			c.timers.Schedule("cancelled", t.Now.Add(time.Minute))
			c.timers.Schedule("moved", t.Now.Add(2*time.Hour))
			c.timers.Schedule("moved", t.Now.Add(2*time.Minute))
			c.timers.Cancel("cancelled")
			c.timers.Cancel("unknown")
			reply(answer{})
		})
		ticks := func() string {
			var all string
			b.call(func(c *counters, _ *shard.Turn, reply func(answer)) {
				all = strings.Join(c.ticks, " ")
				reply(answer{})
			})
			return all
		}
		time.Sleep(time.Second - 1) // virtual
		if got := ticks(); got != "" {
			t.Errorf("ticks %q before any deadline", got)
		}
		time.Sleep(2 * time.Hour)
		if got := ticks(); got != "soon moved late" {
			t.Errorf("ticks %q", got)
		}
	})
}

func TestResignAnswersWhoWaits(t *testing.T) {
	run(t, func(b *bench) {
		b.log.HoldCommits()
		waiting := b.start(increment("a"))
		b.parked(waiting)
		never := b.start(func(*counters, *shard.Turn, func(answer)) {})
		b.parked(never)
		b.Resigned(0)
		b.refused(<-waiting, kafka.NotCoordinator)
		b.refused(<-never, kafka.NotCoordinator)
	})
}

func TestCallEndsWithItsContext(t *testing.T) {
	run(t, func(b *bench) {
		ctx, cancel := context.WithCancel(b.t.Context())
		cancel()
		_, err := shard.Call(ctx, b.Runtime, 0, func(*counters, *shard.Turn, func(answer)) {})
		b.refused(answer{err: err}, kafka.CoordinatorNotAvailable)
	})
}

func TestCode(t *testing.T) {
	for _, c := range []struct {
		err  error
		want kafka.ErrorCode
	}{
		{nil, kafka.NoError},
		{kafka.NotEnoughReplicas, kafka.CoordinatorNotAvailable},
		{kafka.Errorf(kafka.RequestTimedOut, "5 s"), kafka.CoordinatorNotAvailable},
		{kafka.NotLeaderOrFollower, kafka.NotCoordinator},
		{kafka.FencedLeaderEpoch, kafka.NotCoordinator},
		{kafka.KafkaStorageError, kafka.NotCoordinator},
		{kafka.RecordListTooLarge, kafka.UnknownServerError},
		{kafka.CoordinatorLoadInProgress, kafka.CoordinatorLoadInProgress},
		{errors.New("anything"), kafka.CoordinatorNotAvailable},
	} {
		if got := shard.Code(c.err); got != c.want {
			t.Errorf("Code(%v) = %v, want %v", c.err, got, c.want)
		}
	}
}
