package wasm

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// instance is one instance of a module, set up for one binding. One goroutine uses it at a time.
type instance struct {
	pool   *pool
	ctx    context.Context // of all calls: a callContext
	module api.Module
	memory api.Memory
	linear linearMemory
	tank   tank

	reserve  api.Function
	function [functions]api.Function // nil where the module has none
	stack    [4]uint64               // parameters and result
	area     uint32                  // address of the input area
	areaSize uint32
	interest uint32 // which fields of a record to copy

	message     []byte // what the guest told with error, during this call
	line        []byte // what it wrote to a file
	configuring bool
	brokerTime  int64 // the guest's wall clock in milliseconds
	clock       int64 // its monotonic clock in nanoseconds
	random      uint64

	born     time.Time
	calls    int // that it served
	setUpLen int // bytes of memory after the set-up
	broken   bool
}

// function numbers the exports that are called for batches and groups.
type function uint8

const (
	validate function = iota
	serialize
	deserialize
	partition
	assign
	functions
)

var exportOf = [functions]string{
	validate: abi.ExportValidate, serialize: abi.ExportSerialize, deserialize: abi.ExportDeserialize,
	partition: abi.ExportPartition, assign: abi.ExportAssign,
}

// randomSeed starts the random numbers of every instance.
const randomSeed = 0x9e3779b97f4a7c15

// newInstance instantiates the module and sets it up, all within one budget. A failure is never data's fault.
func newInstance(p *pool) (i *instance, failure *plugin.Failure) {
	i = &instance{pool: p, born: time.Now(), random: randomSeed}
	i.linear.budget = &p.program.engine.memory
	i.tank.turns = p.program.engine.turns
	i.ctx = callContext{i}
	defer func() {
		if r := recover(); r != nil {
			failure = i.panicked(r)
		}
		if failure != nil {
			i.close()
			i = nil
		}
	}()
	budget := int64(setUpFuel)
	if p.program.wasi {
		budget = setUpFuelGo
	}
	i.tank.fill(budget, p.program.engine.config.AssignTimeout)
	module, err := p.program.runtime.InstantiateModule(experimental.WithMemoryAllocator(i.ctx, &i.linear), p.program.compiled,
		wazero.NewModuleConfig().WithName("").WithStartFunctions(abi.ExportInitialize))
	if err != nil {
		return i, i.trapped(err)
	}
	i.module, i.memory = module, module.Memory()
	i.tank.global = module.ExportedGlobal(meter.FuelGlobal).(api.MutableGlobal)
	i.reserve = module.ExportedFunction(abi.ExportReserve)
	for f, name := range exportOf {
		i.function[f] = module.ExportedFunction(name)
	}
	return i, i.setUp()
}

// setUp makes the calls that come before the first batch.
func (i *instance) setUp() *plugin.Failure {
	minor, failure := i.call(i.module.ExportedFunction(abi.ExportMarker), 0)
	if failure != nil {
		return failure
	}
	if int32(minor) < 0 || int32(minor) > abi.Minor {
		return i.fail(plugin.Unsupported, "it was written for ABI %d.%d; this host has %d.%d", abi.Major, int32(minor), abi.Major, abi.Minor)
	}
	if configure := i.module.ExportedFunction(abi.ExportConfigure); configure != nil {
		if failure := i.configure(configure); failure != nil {
			return failure
		}
	}
	i.interest = abi.InterestAll
	if i.pool.binding.Kind == plugin.KindPartitioner {
		i.interest = abi.InterestKey
	}
	if interest := i.module.ExportedFunction(abi.ExportInterest); interest != nil {
		mask, failure := i.call(interest, 0)
		if failure != nil {
			return failure
		}
		i.interest = uint32(mask) & abi.InterestAll
	}
	i.setUpLen = int(i.memory.Size())
	return nil
}

func (i *instance) configure(f api.Function) *plugin.Failure {
	b := &i.pool.binding
	size := configureSize(b)
	area, failure := i.inputArea(size)
	if failure != nil {
		return failure
	}
	if area == nil {
		return i.fail(plugin.OutOfMemory, "it has no room for %d bytes of configuration", size)
	}
	encodeConfigure(area, i.area, b)
	i.configuring = true
	i.stack[0], i.stack[1] = uint64(i.area), uint64(size)
	r, failure := i.call(f, 2)
	i.configuring = false
	if failure != nil {
		return failure
	}
	if int64(r) < 0 {
		return i.refused(int64(r), plugin.InvalidConfig)
	}
	return nil
}

// call calls a function whose parameters are on the stack and returns its result. After a failure the instance is broken.
func (i *instance) call(f api.Function, params int) (result uint64, failure *plugin.Failure) {
	i.message = i.message[:0]
	if err := f.CallWithStack(i.ctx, i.stack[:max(params, 1)]); err != nil {
		return 0, i.trapped(err)
	}
	return i.stack[0], nil
}

// inputArea returns the guest's input area with room for size bytes, or nil when the guest has none.
func (i *instance) inputArea(size int) ([]byte, *plugin.Failure) {
	if uint64(size) > uint64(cap(i.linear.b)) {
		return nil, nil
	}
	if size > int(i.areaSize) || i.areaSize == 0 {
		want := uint32(abi.MinReserve)
		for int(want) < size {
			want *= 2
		}
		found, failure := i.reserveArea(want)
		if failure == nil && !found {
			found, failure = i.reserveArea(uint32(size+abi.Alignment-1) &^ (abi.Alignment - 1))
		}
		if failure != nil || !found {
			return nil, failure
		}
	}
	b, _ := i.memory.Read(i.area, i.areaSize)
	return b[:size], nil
}

// reserveArea asks the guest for an area and believes nothing.
func (i *instance) reserveArea(size uint32) (found bool, failure *plugin.Failure) {
	i.area, i.areaSize = 0, 0
	i.stack[0] = uint64(size)
	r, failure := i.call(i.reserve, 1)
	address := uint32(r)
	if failure != nil || address == 0 {
		return false, failure
	}
	if address%abi.Alignment != 0 || uint64(address)+uint64(size) > uint64(i.memory.Size()) {
		return false, i.badOutput(fmt.Errorf("jd_reserve(%d) gave address %d of a memory of %d bytes", size, address, i.memory.Size()))
	}
	i.area, i.areaSize = address, size
	return true, nil
}

// refused turns a negative result into a failure. A class that the guest may not use here counts as Internal.
func (i *instance) refused(r int64, legal ...plugin.Class) *plugin.Failure {
	class := plugin.Internal
	if -r >= abi.ClassInvalidInput && -r <= abi.ClassRetriable {
		class = plugin.Class(-r)
	} else if -r == abi.ClassInvalidConfig && len(legal) > 0 {
		class = plugin.InvalidConfig
	}
	reason := string(appendText(nil, i.message))
	if reason == "" {
		reason = fmt.Sprintf("it answered %d", r)
	}
	return &plugin.Failure{Plugin: i.pool.label, Class: class, Reason: reason}
}

// maxFrames is how many frames of a trap's stack are kept.
const maxFrames = 8

// trapped explains the error of a call.
func (i *instance) trapped(err error) *plugin.Failure {
	i.broken = true
	switch i.tank.ended {
	case plugin.OutOfFuel:
		if i.tank.deep {
			return i.fail(plugin.OutOfFuel, "its calls are too deep: they take more than about %d bytes of stack", maxDepth)
		}
		return i.fail(plugin.OutOfFuel, "it did not end within %d units of fuel", i.tank.budget)
	case plugin.Deadline:
		return i.fail(plugin.Deadline, "it did not end within %s", i.tank.timeout)
	}
	switch {
	case errors.Is(err, errExited):
		return i.fail(plugin.Trap, "it exited")
	case errors.Is(err, errRange):
		return i.fail(plugin.Trap, "%s", errRange)
	}
	lines := strings.SplitN(err.Error(), "\n", maxFrames+3)
	return i.fail(plugin.Trap, "%s", appendText(nil, []byte(strings.Join(lines[:min(len(lines), maxFrames+2)], " | "))))
}

// panicked is for what must not happen: a defect of this package or of wazero ends a call, not the broker.
func (i *instance) panicked(r any) *plugin.Failure {
	i.broken = true
	if i.linear.denied {
		return i.fail(plugin.Overloaded, "all plugins together may take no more memory")
	}
	if i.linear.failed != nil {
		return i.fail(plugin.Overloaded, "no address space: %s", i.linear.failed)
	}
	return i.fail(plugin.Internal, "BUG in the host: %v", r)
}

func (i *instance) badOutput(err error) *plugin.Failure {
	i.broken = true
	return i.fail(plugin.BadOutput, "%s", err)
}

func (i *instance) fail(class plugin.Class, format string, args ...any) *plugin.Failure {
	return &plugin.Failure{Plugin: i.pool.label, Class: class, Reason: fmt.Sprintf(format, args...)}
}

// retired reports whether the instance should not be used again.
func (i *instance) retired() bool {
	size := int(i.memory.Size())
	return i.broken || size > cap(i.linear.b)/4*3 && size > i.setUpLen || i.calls%ageCheck == 0 && time.Since(i.born) > maxAge
}

const (
	maxAge   = time.Hour // how long an instance lives
	ageCheck = 256       // calls between two looks at the clock
)

func (i *instance) close() {
	if i.module != nil {
		_ = i.module.Close(i.ctx) // frees the memory; nothing that it could report matters
		i.module = nil
	} else if i.linear.b != nil {
		i.linear.Free()
	}
}
