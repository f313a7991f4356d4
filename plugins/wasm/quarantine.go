package wasm

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// maxQuarantine is how long a quarantine lasts at most.
const maxQuarantine = 30 * time.Minute

// quarantine keeps a digest from being called while it fails too often. When its time is over the next calls are a trial:
// one failure puts it back for twice as long, one success ends the matter.
type quarantine struct {
	after  int
	window time.Duration
	first  time.Duration // length of the first one

	until atomic.Int64 // Unix nanoseconds; 0: not in quarantine, nor on trial

	mu       sync.Mutex
	failures int
	began    time.Time // of the window
	length   time.Duration
}

func newQuarantine(c *Config) *quarantine {
	return &quarantine{after: c.QuarantineAfter, window: c.QuarantineWindow, first: c.QuarantineTime}
}

// active reports whether calls must not be made now. It costs one load for a plugin in good standing.
func (q *quarantine) active() bool {
	until := q.until.Load()
	return until != 0 && time.Now().UnixNano() < until
}

// ends returns when the quarantine ends, or zero.
func (q *quarantine) ends() time.Time {
	if until := q.until.Load(); until != 0 {
		return time.Unix(0, until)
	}
	return time.Time{}
}

// failed notes a failed batch and reports whether that began a quarantine.
func (q *quarantine) failed(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	onTrial := q.until.Load() != 0
	if q.began.IsZero() || now.Sub(q.began) > q.window {
		q.began, q.failures = now, 0
	}
	q.failures++
	if !onTrial && q.failures < q.after || onTrial && now.UnixNano() < q.until.Load() {
		return false
	}
	q.length = min(max(2*q.length, q.first), maxQuarantine)
	q.until.Store(now.Add(q.length).UnixNano())
	q.failures = 0
	return true
}

// succeeded ends a trial.
func (q *quarantine) succeeded() {
	if q.until.Load() != 0 && !q.active() {
		q.end()
	}
}

// end makes the plugin one in good standing and reports whether it was none.
func (q *quarantine) end() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failures, q.length, q.began = 0, 0, time.Time{}
	return q.until.Swap(0) != 0
}

// counts reports whether a failure is the plugin's own doing. What a producer sent, or a host that is busy, is not.
func counts(c plugin.Class) bool {
	switch c {
	case plugin.Internal, plugin.Trap, plugin.OutOfFuel, plugin.Deadline, plugin.BadOutput:
		return true
	}
	return false
}
