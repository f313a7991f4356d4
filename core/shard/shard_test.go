package shard_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const topic = "__test_state"

var tp0 = kafka.TopicPartition{Topic: topic, Partition: 0}

// counters is the state of these tests: a number for each key. It expires everything at a deadline when one is set.
type counters struct {
	value  map[string]uint64
	loaded bool
	timers shard.Timers[string]
	ticks  []string
}

func newCounters(int32) *counters { return &counters{value: map[string]uint64{}} }

func (c *counters) Replay(r *coordinator.Record) (func(), error) {
	if len(r.Value) != 8 {
		return nil, errors.New("value is not 8 bytes long")
	}
	key := string(r.Key)
	old, had := c.value[key]
	c.value[key] = binary.BigEndian.Uint64(r.Value)
	return func() {
		if c.value[key] = old; !had {
			delete(c.value, key)
		}
	}, nil
}

func (c *counters) Loaded(*shard.Turn)  { c.loaded = true }
func (c *counters) Deadline() time.Time { return c.timers.Next() }

func (c *counters) Tick(t *shard.Turn) {
	for key, ok := c.timers.Due(t.Now); ok; key, ok = c.timers.Due(t.Now) {
		c.ticks = append(c.ticks, key)
	}
}

type answer struct {
	value uint64
	err   error
}

// increment adds one to a key and answers the new value once it is committed.
func increment(key string) func(*counters, *shard.Turn, func(answer)) {
	return func(c *counters, t *shard.Turn, reply func(answer)) {
		value := c.value[key] + 1
		t.Append([]byte(key), binary.BigEndian.AppendUint64(nil, value))
		t.Then(func(_ *shard.Turn, err error) { reply(answer{value, err}) })
	}
}

// read answers the value of a key.
func read(key string) func(*counters, *shard.Turn, func(answer)) {
	return func(c *counters, t *shard.Turn, reply func(answer)) {
		value := c.value[key]
		t.Then(func(_ *shard.Turn, err error) { reply(answer{value, err}) })
	}
}

type handler = func(*counters, *shard.Turn, func(answer))

// bench runs a test in a bubble of virtual time with one loaded shard.
type bench struct {
	t   *testing.T
	log *shardtest.Log
	*shard.Runtime[*counters]
}

func run(t *testing.T, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, &shardtest.Log{})
		b.Elected(0, 1)
		synctest.Wait()
		f(b)
		b.stop()
	})
}

func newBench(t *testing.T, log *shardtest.Log) *bench {
	return &bench{t: t, log: log, Runtime: shard.New(shard.Settings[*counters]{
		Topic: topic, NewState: newCounters, Writer: log, Reader: log,
		CommitTimeout: 5 * time.Second, MaxBatchBytes: 1000, Log: zap.NewNop(),
	})}
}

func (b *bench) stop() {
	b.t.Helper()
	if err := b.Stop(b.t.Context()); err != nil {
		b.t.Errorf("Stop: %v", err)
	}
}

// call runs a handler and waits for its answer.
func (b *bench) call(h handler) answer {
	a, err := shard.Call(b.t.Context(), b.Runtime, 0, h)
	if err != nil {
		return answer{err: err}
	}
	return a
}

// start runs a handler; the channel has its answer.
func (b *bench) start(h handler) <-chan answer {
	c := make(chan answer, 1)
	go func() { c <- b.call(h) }()
	return c
}

// expect checks a value that is answered without an error.
func (b *bench) expect(a answer, value uint64) {
	b.t.Helper()
	if a.err != nil || a.value != value {
		b.t.Errorf("answer is %d, %v; want %d", a.value, a.err, value)
	}
}

// refused checks the code of an answer.
func (b *bench) refused(a answer, code kafka.ErrorCode) {
	b.t.Helper()
	if !errors.Is(a.err, code) {
		b.t.Errorf("error is %v, want %v", a.err, code)
	}
}

// parked checks that there is no answer yet.
func (b *bench) parked(c <-chan answer) {
	b.t.Helper()
	synctest.Wait()
	select {
	case a := <-c:
		b.t.Errorf("answered %v before the commit", a)
	default:
	}
}

func TestAppendsReplaysAndAnswers(t *testing.T) {
	run(t, func(b *bench) {
		b.expect(b.call(increment("a")), 1)
		b.expect(b.call(increment("a")), 2)
		b.expect(b.call(read("a")), 2)
	})
}

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

func TestLoadIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &shardtest.Log{}
		log.FailReads(errors.New("disk"))
		b := newBench(t, log)
		b.Elected(0, 1)
		synctest.Wait()
		b.refused(b.call(read("a")), kafka.CoordinatorLoadInProgress)
		log.FailReads(nil)
		time.Sleep(2 * time.Second) // virtual
		b.expect(b.call(read("a")), 0)
		b.stop()
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
