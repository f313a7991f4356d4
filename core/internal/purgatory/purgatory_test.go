package purgatory_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/jackdawmq/jackdaw/core/internal/purgatory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func in(d time.Duration) time.Time { return time.Now().Add(d) }

func TestWakeEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var high, other purgatory.Queue
		var offset atomic.Int64
		w := purgatory.NewWaiter()
		start := time.Now()
		go func() {
			for _, step := range []int64{1, 2, 3} {
				time.Sleep(time.Second)
				offset.Store(step)
				high.Wake()
			}
		}()
		w.Watch(&other)
		w.Watch(&high)
		looks := 0
		err := w.Await(t.Context(), in(time.Minute), func() bool { looks++; return offset.Load() >= 3 })
		w.Unwatch()
		if err != nil || looks != 4 || time.Since(start) != 3*time.Second {
			t.Errorf("error %v, looked %d times in %v", err, looks, time.Since(start))
		}
		if high.Len() != 0 || other.Len() != 0 {
			t.Errorf("%d and %d waiters are left", high.Len(), other.Len())
		}
	})
}

func TestWaitEndsWithoutAWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q purgatory.Queue
		w := purgatory.NewWaiter()
		w.Watch(&q)
		defer w.Unwatch()
		never := func() bool { return false }

		start := time.Now()
		if err := w.Await(t.Context(), in(5*time.Second), never); !errors.Is(err, purgatory.ErrExpired) || time.Since(start) != 5*time.Second {
			t.Errorf("deadline: %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start = time.Now()
		if err := w.Await(ctx, time.Time{}, never); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("context: %v after %v", err, time.Since(start))
		}
		q.Wake()
		if err := w.Wait(t.Context(), time.Now()); !errors.Is(err, purgatory.ErrExpired) {
			t.Errorf("woken at the deadline: %v", err)
		}
		if err := w.Wait(t.Context(), in(time.Second)); err != nil {
			t.Errorf("the wake-up was lost: %v", err)
		}
		// What came true without a wake-up counts at the deadline.
		start = time.Now()
		if err := w.Await(t.Context(), in(time.Second), func() bool { return time.Since(start) >= time.Second }); err != nil {
			t.Errorf("true at the deadline: %v", err)
		}
	})
}

func TestUnwatchForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q purgatory.Queue
		w := purgatory.NewWaiter()
		w.Watch(&q)
		q.Wake()
		w.Unwatch()
		q.Wake()
		if err := w.Wait(t.Context(), in(time.Second)); !errors.Is(err, purgatory.ErrExpired) {
			t.Errorf("a wake-up for the last request reached the next one: %v", err)
		}
	})
}

// 10,000 requests wait on 1,000 partitions, three each, while all partitions advance; every request must end.
func TestNoWakeUpIsLost(t *testing.T) {
	const waiters, keys, target = 10_000, 1_000, 20
	type partition struct {
		purgatory.Queue
		offset atomic.Int64
	}
	partitions := make([]partition, keys)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var group sync.WaitGroup
	var failed atomic.Int64
	for i := range waiters {
		group.Go(func() {
			w := purgatory.NewWaiter()
			for request := range int64(2) {
				mine := [3]*partition{&partitions[i%keys], &partitions[(i+1)%keys], &partitions[(i*7)%keys]}
				for _, p := range mine {
					w.Watch(&p.Queue)
				}
				err := w.Await(ctx, time.Time{}, func() bool {
					for _, p := range mine {
						if p.offset.Load() < (request+1)*target/2 {
							return false
						}
					}
					return true
				})
				w.Unwatch()
				if err != nil {
					failed.Add(1)
				}
			}
		})
	}
	for range target {
		for i := range partitions {
			partitions[i].offset.Add(1)
			partitions[i].Wake()
		}
	}
	group.Wait()
	if failed.Load() != 0 {
		t.Errorf("%d requests never ended", failed.Load())
	}
	for i := range partitions {
		if n := partitions[i].Len(); n != 0 {
			t.Fatalf("partition %d has %d waiters left", i, n)
		}
	}
}

func TestWaitingDoesNotAllocate(t *testing.T) {
	var queues [10]purgatory.Queue
	w := purgatory.NewWaiter()
	deadline := in(time.Hour)
	ctx := t.Context()
	allocs := testing.AllocsPerRun(100, func() {
		looks := 0
		for i := range queues {
			w.Watch(&queues[i])
		}
		queues[3].Wake()
		if err := w.Await(ctx, deadline, func() bool { looks++; return looks == 2 }); err != nil {
			t.Fatal(err)
		}
		w.Unwatch()
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func BenchmarkWakeWithoutWaiters(b *testing.B) {
	var q purgatory.Queue
	b.ReportAllocs()
	for b.Loop() {
		q.Wake()
	}
}

func BenchmarkWatchWakeUnwatch(b *testing.B) {
	var q purgatory.Queue
	w := purgatory.NewWaiter()
	b.ReportAllocs()
	for b.Loop() {
		w.Watch(&q)
		q.Wake()
		w.Unwatch()
	}
}
