package wasm

import (
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// sampled: one call in so many is timed, because two looks at the clock cost as much as a call.
const sampled = 16

// stats are the counters of a pool.
type stats struct {
	calls, records, bytes, fuel atomic.Uint64
	verdicts                    [plugin.Failed]atomic.Uint64 // by action
	failures                    [plugin.Unsupported + 1]atomic.Uint64
	fuelPerRecord               atomic.Int64 // a moving average
	busy, guest                 atomic.Int64 // nanoseconds
	instances                   atomic.Int64
	last                        atomic.Pointer[lastFailure]
}

type lastFailure struct {
	failure *plugin.Failure
	at      time.Time
}

func (s *stats) failed(f *plugin.Failure) {
	s.failures[f.Class].Add(1)
	s.last.Store(&lastFailure{f, time.Now()})
}

// lastReason goes on with the last failure of this binding. The quarantine is the plugin's, whoever it failed for.
func (s *stats) lastReason() string {
	if last := s.last.Load(); last != nil {
		return "; its last failure: " + last.failure.Reason
	}
	return " where it is bound elsewhere, or was bound before"
}

// called counts a call that the guest answered.
func (s *stats) called(records, bytes int, fuel int64) {
	s.calls.Add(1)
	s.records.Add(uint64(records))
	s.bytes.Add(uint64(bytes))
	s.fuel.Add(uint64(max(fuel, 0)))
	average, each := s.fuelPerRecord.Load(), fuel/int64(records)
	if average == 0 {
		average = each
	}
	s.fuelPerRecord.Store(average + (each-average)/8)
}

// Stats returns the counters.
func (p *pool) Stats() plugin.Stats {
	s := &p.stats
	out := plugin.Stats{
		Calls: s.calls.Load(), Records: s.records.Load(), Bytes: s.bytes.Load(), Fuel: s.fuel.Load(),
		Kept: s.verdicts[plugin.Keep].Load(), Replaced: s.verdicts[plugin.Replace].Load(),
		Dropped: s.verdicts[plugin.Drop].Load(), Rejected: s.verdicts[plugin.Reject].Load(),
		Busy: time.Duration(s.busy.Load()), Guest: time.Duration(s.guest.Load()), Instances: int(s.instances.Load()),
		QuarantinedUntil: p.standing.ends(), Counters: p.counters.snapshot(),
	}
	for c := range s.failures {
		out.Failures[c] = s.failures[c].Load()
	}
	if last := s.last.Load(); last != nil {
		out.LastFailure, out.LastFailureAt = last.failure, last.at
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, i := range p.free {
		out.Memory += int64(i.memory.Size())
	}
	return out
}
