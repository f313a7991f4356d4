package shard_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

func TestFailedAppendIsTakenBack(t *testing.T) {
	run(t, func(b *bench) {
		b.expect(b.call(increment("a")), 1)
		b.log.FailAppends(kafka.NotEnoughReplicas)
		release := b.block()
		first, second, seen := b.queue(increment("a")), b.queue(increment("b")), b.queue(increment("a"))
		release()
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
		release := b.block()
		var queued []<-chan answer
		for range 10 {
			queued = append(queued, b.queue(increment("a")))
		}
		release()
		for i, c := range queued {
			b.expect(<-c, uint64(i+1))
		}
		if n := len(b.log.Batches(tp0)); n != 1 {
			t.Errorf("%d batches, want 1", n)
		}
	})
}

// many sets n keys of growing length to 0.
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

// put sets a key of n bytes to 0.
func put(n int) handler {
	return func(_ *counters, t *shard.Turn, reply func(answer)) {
		t.Append(make([]byte, n), make([]byte, 8))
		t.Then(func(_ *shard.Turn, err error) { reply(answer{0, err}) })
	}
}

// A batch of MaxBatchBytes, a byte more of records than that, and two turns' worth of records that do not fit together.
func TestBatchesAreFilled(t *testing.T) {
	run(t, func(b *bench) {
		const room = 1000 - 61 - 32 - 8 // of a batch, without its header, a record's overhead and value
		b.expect(b.call(put(room)), 0)
		b.refused(b.call(put(room+1)), kafka.RecordListTooLarge)
		release := b.block()
		first, second := b.queue(put(600)), b.queue(put(600))
		release()
		b.expect(<-first, 0)
		b.expect(<-second, 0)
		if n := len(b.log.Batches(tp0)); n != 3 {
			t.Errorf("%d batches, want 3", n)
		}
	})
}

// A state is told the offsets that its records get.
func TestReplayedOffsets(t *testing.T) {
	run(t, func(b *bench) {
		release := b.block()
		first, second := b.queue(increment("a")), b.queue(increment("b"))
		release()
		b.expect(<-first, 1)
		b.expect(<-second, 1)
		b.expect(b.call(increment("c")), 1)
		offsets := func() (list []int64) {
			b.call(func(c *counters, _ *shard.Turn, reply func(answer)) {
				list = []int64{c.offset["a"], c.offset["b"], c.offset["c"]}
				reply(answer{})
			})
			return list
		}
		live := offsets()
		b.Resigned(0)
		b.Elected(0, 2)
		synctest.Wait()
		if loaded := offsets(); !slices.Equal(live, []int64{0, 1, 2}) || !slices.Equal(loaded, live) {
			t.Errorf("offsets are %v, and %v after a load", live, loaded)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	run(t, func(b *bench) {
		release := b.block()
		n := 0
		for b.Enqueue(0, func(*counters, *shard.Turn) {}) && n < 1<<17 {
			n++
		}
		b.refused(b.call(read("a")), kafka.CoordinatorNotAvailable)
		release()
		synctest.Wait()
		b.expect(b.call(read("a")), 0)
		if n != 1<<16 {
			t.Errorf("%d handlers queued up", n)
		}
	})
}
