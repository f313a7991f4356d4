package shard_test

import (
	"context"
	"errors"
	"strings"
	"testing"
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
		b.call(func(c *counters, t *shard.Turn, reply func(answer)) {
			c.timers.Schedule("later", t.Now.Add(time.Hour))
			reply(answer{})
		})
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

func TestTimers(t *testing.T) {
	run(t, func(b *bench) {
		b.call(func(c *counters, t *shard.Turn, reply func(answer)) {
			c.timers.Schedule("late", t.Now.Add(time.Hour))
			for _, key := range []string{"first", "second", "third", "first"} { // at the same time; the last call counts
				c.timers.Schedule(key, t.Now.Add(time.Minute))
			}
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
		if got := ticks(); got != "soon second third first moved late" {
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
