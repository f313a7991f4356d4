package wasm

import (
	"runtime"
	"time"

	"github.com/tetratelabs/wazero/api"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// Budgets in units of fuel: what a call may spend decides how it ends, never how fast the machine is. Modules that import
// WASI get wasiFactor times as much, because Go's compiler takes more instructions for the same work.
const (
	callFuel     = 10_000_000
	recordFuel   = 1_000_000 // for each record, partition or member
	byteFuel     = 200       // for each byte of input
	maxBatchFuel = 300_000_000
	setUpFuel    = 100_000_000 // for all of the set-up together
	setUpFuelGo  = 500_000_000
	wasiFactor   = 10
	// cutFuel is what a part of a batch should take at most, by what earlier records took: about 2 ms.
	cutFuel = 20_000_000
	// sliceFuel is spent between two returns to Go, at most (one operation on memory may take meter.Slice): 50 us of ordinary
	// code, and 0.3 to 0.5 ms of the loops that make the worst of it. The whole broker waits that long for a collection of
	// garbage to begin. A return takes 0.3 us.
	sliceFuel = 500_000
	// maxDepth is how many bytes of stack a guest may take, as the meter estimates it. wazero doubles a stack by copying it at
	// one go; within their fuel guests would get to a hundred MiB.
	maxDepth = 1 << 20
)

// batchFuel is the budget of a call with so many records.
func batchFuel(records, bytes int, wasi bool) int64 {
	budget := min(callFuel+recordFuel*int64(records)+byteFuel*int64(bytes), maxBatchFuel)
	return scaled(budget, wasi)
}

// assignFuel is the budget of an assignment.
func assignFuel(partitionsAndMembers int, wasi bool) int64 {
	return scaled(callFuel+recordFuel*int64(partitionsAndMembers), wasi)
}

func scaled(budget int64, wasi bool) int64 {
	if wasi {
		return budget * wasiFactor
	}
	return budget
}

// tank is the fuel of one instance. The module counts in its own global and calls refill when it has spent a slice; that
// is when the garbage collector gets its turn and the clock is looked at.
type tank struct {
	global  api.MutableGlobal // nil until the module exists
	budget  int64             // of the call
	granted int64             // of the budget, so far
	turns   *turns
	timeout time.Duration
	began   time.Time    // when the first slice of the call was spent; zero: not yet
	ended   plugin.Class // why the call was stopped here; 0: it was not
	deep    bool         // it was stopped because it had called too deep
}

// fill begins a call.
func (t *tank) fill(budget int64, timeout time.Duration) {
	t.budget, t.granted, t.timeout = budget, min(budget, sliceFuel), timeout
	t.began, t.ended, t.deep = time.Time{}, 0, false
	if t.global != nil {
		t.global.Set(uint64(t.granted))
	}
}

// refill hands the next slice out; left, below zero, is what was charged and not there. It panics, which traps the guest,
// when the budget or the time is spent, or the guest's stack is too large.
func (t *tank) refill(module api.Module, left int64) int64 {
	now := time.Now()
	if depth := module.ExportedGlobal(meter.DepthGlobal); int32(depth.Get()) > maxDepth {
		t.deep = true
		t.stop(plugin.OutOfFuel)
	}
	if t.began.IsZero() {
		t.began = now
	}
	for left < 0 {
		grant := min(t.budget-t.granted, sliceFuel)
		if grant <= 0 {
			t.stop(plugin.OutOfFuel)
		}
		t.granted += grant
		left += grant
	}
	if now.Sub(t.began) > t.timeout {
		t.stop(plugin.Deadline)
	}
	if !t.turns.yield() {
		runtime.Gosched() // what became ready on this processor would else wait until the guest is preempted, 10 ms
	}
	t.began = t.began.Add(time.Since(now)) // others ran
	return left
}

func (t *tank) stop(why plugin.Class) {
	t.ended = why
	panic(errStopped)
}

// charge takes fuel for what a host function does.
func (t *tank) charge(module api.Module, units int64) {
	if t.global == nil { // the start function runs before the host has the module
		t.global = module.ExportedGlobal(meter.FuelGlobal).(api.MutableGlobal)
	}
	left := int64(t.global.Get()) - units
	if left < 0 {
		left = t.refill(module, left)
	}
	t.global.Set(uint64(left))
}

// used is what the call has spent.
func (t *tank) used() int64 {
	if t.global == nil {
		return t.granted
	}
	return t.granted - int64(t.global.Get())
}
