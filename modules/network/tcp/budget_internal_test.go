package tcp

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/jackdawmq/jackdaw/core/wire"
)

// taking starts to take bytes; the channel tells how many were granted.
func taking(t *testing.T, b *budget, c *claim, want, whole int64) <-chan int64 {
	t.Helper()
	done := make(chan int64, 1)
	go func() {
		n, err := b.take(t.Context(), c, want, whole)
		if err != nil {
			n = -1
		}
		done <- n
	}()
	synctest.Wait()
	return done
}

func granted(t *testing.T, ch <-chan int64, want int64) {
	t.Helper()
	synctest.Wait()
	select {
	case n := <-ch:
		if n != want {
			t.Errorf("granted %d, want %d", n, want)
		}
	default:
		if want != 0 {
			t.Errorf("nothing granted, want %d", want)
		}
	}
}

func TestBudgetServesItsLineInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100)
		first, second, third, fourth := newClaim(), newClaim(), newClaim(), newClaim()
		granted(t, taking(t, b, first, 80, 80), 80)
		granted(t, taking(t, b, second, 40, 500), 500) // the first in line goes over the limit, with all that it needs
		waiting := taking(t, b, third, 30, 600)
		small := taking(t, b, fourth, 1, 1) // would fit, but it is not its turn
		granted(t, waiting, 0)
		granted(t, small, 0)
		if n := b.inUse.Load(); n != 580 {
			t.Errorf("%d in use", n)
		}
		b.release(first)
		granted(t, waiting, 30)
		granted(t, small, 1)
		for _, c := range []*claim{second, third, fourth} {
			b.release(c)
		}
		if b.used != 0 || b.inUse.Load() != 0 || b.overdraw || b.waiting.Load() != 0 {
			t.Errorf("left over: %+v", b)
		}
	})
}

func TestBudgetEndsDeadlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(100)
		claims := make([]*claim, 10)
		for i := range claims {
			claims[i] = newClaim()
			granted(t, taking(t, b, claims[i], 10, 50), 10)
		}
		lines := make([]<-chan int64, len(claims))
		for i, c := range claims { // each holds a part and wants more
			lines[i] = taking(t, b, c, 20, 50)
		}
		for i, c := range claims {
			synctest.Wait()
			select {
			case <-lines[i]:
			default:
				t.Fatalf("connection %d waits although all before it have ended", i)
			}
			b.release(c)
		}
		if b.used != 0 || b.inUse.Load() != 0 {
			t.Errorf("left over: %+v", b)
		}
	})
}

func TestBudgetLetsWaitersLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(10)
		holder, over, leaver, next := newClaim(), newClaim(), newClaim(), newClaim()
		granted(t, taking(t, b, holder, 10, 10), 10)
		granted(t, taking(t, b, over, 5, 5), 5)
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error, 1)
		go func() {
			_, err := b.take(ctx, leaver, 100, 100)
			left <- err
		}()
		synctest.Wait()
		after := taking(t, b, next, 3, 3)
		cancel()
		synctest.Wait()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		b.release(leaver)
		b.release(holder)
		granted(t, after, 3)
		b.release(over)
		b.release(next)
		if b.used != 0 || b.inUse.Load() != 0 || b.overdraw || b.waiting.Load() != 0 {
			t.Errorf("left over: %+v", b)
		}
	})
}

func TestSlowFramesHoldUpOnlyWhileOthersWait(t *testing.T) {
	l := &Listener{}
	f := frameReader{usual: newBudget(1), huge: newBudget(1), progress: &progress{clock: &l.clock}}
	f.progress.reading()
	later := int64(stallGrace) + 1
	if f.holdsUp(later) {
		t.Error("nobody waits")
	}
	f.huge.waiting.Store(1)
	if !f.holdsUp(later) {
		t.Error("nothing arrived for the whole grace")
	}
	if f.holdsUp(later - 2) {
		t.Error("the grace is not over")
	}
	f.progress.received(5 * stallRate)
	if f.holdsUp(later + 4e9) {
		t.Error("it is fast enough")
	}
	if !f.holdsUp(later + 6e9) {
		t.Error("it is too slow")
	}
}

func TestBlockSizes(t *testing.T) {
	for _, tc := range [][2]int{
		{1, 8 << 10}, {8 << 10, 8 << 10}, {8<<10 + 1, 16 << 10}, {1 << 20, 1 << 20}, {1<<20 + 1, 2 << 20},
		{16 << 20, 16 << 20}, {16<<20 + 1, 16<<20 + 1}, {100 << 20, 100 << 20},
	} {
		if got := blockSize(tc[0]); got != tc[1] {
			t.Errorf("blockSize(%d) = %d, want %d", tc[0], got, tc[1])
		}
		var p pool
		b := p.get(tc[0])
		if len(b.b) != tc[1] {
			t.Errorf("get(%d) has %d bytes", tc[0], len(b.b))
		}
		p.put(b)
	}
}

func TestAutomaticBudget(t *testing.T) {
	for machine, want := range map[uint64]int64{0: 256 << 20, 512 << 20: 128 << 20, 64 << 30: 256 << 20} {
		if got := automaticBudget(machine); got != want {
			t.Errorf("automaticBudget(%d) = %d, want %d", machine, got, want)
		}
	}
}

func TestDecodeCost(t *testing.T) {
	for _, tc := range []struct {
		key     int16
		body    int
		cost    int64
		mayWait bool
	}{
		{wire.Metadata, 4 << 10, 0, true},
		{wire.Metadata, 5 << 10, 5 << 10 * 128, true},
		{wire.OffsetCommit, 5 << 10, 5 << 10 * 32, true},
		{wire.DescribeConfigs, 10, 128 << 10, true},
		{wire.DescribeConfigs, 4 << 10, 4 << 10 * 1000, true},
		{wire.Produce, 1 << 20, 0, true},
		{wire.Fetch, 1 << 20, 0, true},
		{wire.JoinGroup, 5 << 10, 5 << 10 * 20, false},
	} {
		if cost, mayWait := decodeCost(tc.key, tc.body); cost != tc.cost || mayWait != tc.mayWait {
			t.Errorf("%+v: %d, %v", tc, cost, mayWait)
		}
	}
}

func TestTryTakeNeverWaits(t *testing.T) {
	b := newBudget(10)
	first, second := newClaim(), newClaim()
	if !b.tryTake(first, 50) { // nobody else has anything
		t.Error("refused although alone")
	}
	if b.tryTake(second, 1) {
		t.Error("granted beyond the limit")
	}
	b.release(first)
	if !b.tryTake(first, 5) || !b.tryTake(second, 5) || b.tryTake(second, 1) {
		t.Errorf("wrong grants: %+v", b)
	}
	b.release(first)
	b.release(second)
	if b.used != 0 {
		t.Errorf("left over: %+v", b)
	}
}
