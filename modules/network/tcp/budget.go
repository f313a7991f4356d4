package tcp

import (
	"context"
	"sync"
	"sync/atomic"
)

// budget is a number of bytes that connections share. Who finds it spent waits in line. The first in line may go over the
// limit, one at a time: so connections that hold parts and wait for more cannot lock each other up for good.
type budget struct {
	limit int64

	mu       sync.Mutex
	used     int64
	overdraw bool // somebody is over the limit
	line     []*claim

	inUse   atomic.Int64 // used plus what is over the limit, for metrics
	waiting atomic.Int32 // length of the line
}

// claim is what one connection wants or has. It is used again for each frame and belongs to one goroutine, except while
// it stands in line.
type claim struct {
	bytes    int64 // held, within the limit
	overdraw int64 // held over the limit

	want, whole int64
	granted     chan int64 // how many bytes were granted; capacity 1
}

func newClaim() *claim { return &claim{granted: make(chan int64, 1)} }

func newBudget(limit int64) *budget { return &budget{limit: limit} }

// take adds want bytes to the claim, waiting for them if it must. Who had to wait may be granted whole bytes instead,
// enough to never ask again. It returns how many it is, or an error when ctx ended first.
func (b *budget) take(ctx context.Context, c *claim, want, whole int64) (int64, error) {
	b.mu.Lock()
	if len(b.line) == 0 && b.used+want <= b.limit {
		b.grant(c, want)
		b.mu.Unlock()
		return want, nil
	}
	c.want, c.whole = want, whole
	b.line = append(b.line, c)
	b.advance()
	b.waiting.Store(int32(len(b.line)))
	b.mu.Unlock()

	select {
	case n := <-c.granted:
		return n, nil
	case <-ctx.Done():
		b.leave(c)
		return 0, context.Cause(ctx)
	}
}

// tryTake adds n bytes to the claim if it need not wait for them. A claim over the limit is granted to whoever would be
// alone.
func (b *budget) tryTake(c *claim, n int64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.line) > 0 || b.used > 0 && b.used+n > b.limit {
		return false
	}
	b.grant(c, n)
	return true
}

// force adds n bytes to the claim, beyond the limit if need be: they were taken already.
func (b *budget) force(c *claim, n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grant(c, n)
}

// held returns how many bytes the claim holds. It is for the claim's own goroutine.
func (c *claim) held() int64 { return c.bytes + c.overdraw }

// grant gives bytes within the limit. b.mu is held.
func (b *budget) grant(c *claim, n int64) {
	b.used += n
	c.bytes += n
	b.inUse.Add(n)
}

// advance serves the line as far as it goes. b.mu is held.
func (b *budget) advance() {
	for len(b.line) > 0 {
		c := b.line[0]
		switch {
		case b.used+c.want <= b.limit:
			b.grant(c, c.want)
			c.granted <- c.want
		case !b.overdraw:
			b.overdraw = true
			c.overdraw = c.whole
			b.inUse.Add(c.whole)
			c.granted <- c.whole
		default:
			return
		}
		copy(b.line, b.line[1:])
		b.line[len(b.line)-1] = nil
		b.line = b.line[:len(b.line)-1]
	}
}

// leave takes a claim out of the line; a grant that came at the same moment is kept and released with the claim.
func (b *budget) leave(c *claim) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, other := range b.line {
		if other == c {
			b.line = append(b.line[:i], b.line[i+1:]...)
			break
		}
	}
	b.advance()
	b.waiting.Store(int32(len(b.line)))
	select {
	case <-c.granted:
	default:
	}
}

// giveBack returns n bytes that were taken within the limit.
func (b *budget) giveBack(c *claim, n int64) {
	n = min(n, c.bytes)
	c.bytes -= n
	b.mu.Lock()
	b.used -= n
	b.inUse.Add(-n)
	b.advance()
	b.waiting.Store(int32(len(b.line)))
	b.mu.Unlock()
}

// release returns all that the claim holds.
func (b *budget) release(c *claim) {
	if c.bytes == 0 && c.overdraw == 0 {
		return
	}
	b.mu.Lock()
	b.used -= c.bytes
	b.inUse.Add(-c.bytes - c.overdraw)
	if c.overdraw > 0 {
		b.overdraw = false
	}
	c.bytes, c.overdraw = 0, 0
	b.advance()
	b.waiting.Store(int32(len(b.line)))
	b.mu.Unlock()
}
