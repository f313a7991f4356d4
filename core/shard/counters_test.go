package shard_test

import (
	"encoding/binary"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
)

const topic = "__test_state"

var tp0 = kafka.TopicPartition{Topic: topic, Partition: 0}

// counters is the state of these tests: a number for each key, and keys that were scheduled and came due.
type counters struct {
	value  map[string]uint64
	offset map[string]int64 // of the record that set it
	loaded bool
	timers shard.Timers[string]
	ticks  []string
}

func newCounters(int32) *counters {
	return &counters{value: map[string]uint64{}, offset: map[string]int64{}}
}

func (c *counters) Replay(r *coordinator.Record) (func(), error) {
	if len(r.Value) != 8 {
		return nil, errors.New("value is not 8 bytes long")
	}
	key := string(r.Key)
	old, had := c.value[key]
	c.value[key], c.offset[key] = binary.BigEndian.Uint64(r.Value), r.Offset
	return func() {
		if c.value[key] = old; !had {
			delete(c.value, key)
		}
	}, nil
}

func (c *counters) Loaded(*shard.Turn) { c.loaded = true }

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
		log := &shardtest.Log{}
		b := newBench(t, log)
		b.log = log
		b.Elected(0, 1)
		synctest.Wait()
		f(b)
		b.stop()
	})
}

// storage is a shardtest.Log, or one that a test has wrapped.
type storage interface {
	coordinator.PartitionWriter
	coordinator.PartitionReader
}

func newBench(t *testing.T, log storage) *bench {
	return &bench{t: t, Runtime: shard.New(shard.Settings[*counters]{
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

// block keeps the loop busy until release is called: what is queued in between shares a turn.
func (b *bench) block() (release func()) {
	entered, leave := make(chan struct{}), make(chan struct{})
	b.Enqueue(0, func(*counters, *shard.Turn) {
		close(entered)
		<-leave
	})
	<-entered
	return func() { close(leave) }
}

// queue starts a handler behind those that are queued.
func (b *bench) queue(h handler) <-chan answer {
	c := b.start(h)
	synctest.Wait()
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
