package wasm

import (
	"context"
	"errors"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"go.uber.org/zap/zapcore"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// What host functions panic with to trap a guest; wazero turns it into the error of the call.
var (
	errStopped = errors.New("stopped by the host")
	errExited  = errors.New("proc_exit")
	errRange   = errors.New("an address outside of the memory was given to the host")
)

// instanceKey finds the instance in the context of a call.
type instanceKey struct{}

// callContext leads host functions back to their instance. It is never done: fuel ends calls. wazero asks it for a value
// in every call, which is why it is no chain of contexts.
type callContext struct{ instance *instance }

var _ context.Context = callContext{}

func (callContext) Deadline() (deadline time.Time, ok bool) { return time.Time{}, false }
func (callContext) Done() <-chan struct{}                   { return nil }
func (callContext) Err() error                              { return nil }

func (c callContext) Value(key any) any {
	if key == (instanceKey{}) {
		return c.instance
	}
	return nil
}

func instanceOf(ctx context.Context) *instance { return ctx.Value(instanceKey{}).(*instance) }

// hostFunction is one function that guests import.
type hostFunction struct {
	name            string
	params, results []api.ValueType
	call            func(i *instance, module api.Module, stack []uint64)
}

const (
	i32 = api.ValueTypeI32
	i64 = api.ValueTypeI64
)

// exportHost makes the functions of one import module known to a runtime.
func exportHost(ctx context.Context, r wazero.Runtime, module string, functions []hostFunction) error {
	b := r.NewHostModuleBuilder(module)
	for _, f := range functions {
		b = b.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(
			func(ctx context.Context, m api.Module, stack []uint64) { f.call(instanceOf(ctx), m, stack) },
		), f.params, f.results).Export(f.name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

// refillFunction is what the rewritten module calls when a slice is spent.
func refillFunction() []hostFunction {
	return []hostFunction{{meter.RefillFunction, []api.ValueType{i64}, []api.ValueType{i64},
		func(i *instance, m api.Module, stack []uint64) { stack[0] = uint64(i.tank.refill(m, int64(stack[0]))) }}}
}

// jackdawFunctions are the imports of ABI v1.
func jackdawFunctions() []hostFunction {
	return []hostFunction{
		{abi.ImportLog, []api.ValueType{i32, i32, i32}, nil, hostLog},
		{abi.ImportLogLevel, nil, []api.ValueType{i32}, hostLogLevel},
		{abi.ImportError, []api.ValueType{i32, i32}, nil, hostError},
		{abi.ImportMetric, []api.ValueType{i32, i32, i32}, []api.ValueType{i32}, hostMetric},
		{abi.ImportCounterAdd, []api.ValueType{i32, i64}, nil, hostCounterAdd},
	}
}

func hostLog(i *instance, m api.Module, stack []uint64) {
	text := i.read(m, stack[1], stack[2])
	level := zapcore.DebugLevel
	switch int32(stack[0]) {
	case abi.LevelInfo:
		level = zapcore.InfoLevel
	case abi.LevelWarn:
		level = zapcore.WarnLevel
	case abi.LevelError:
		level = zapcore.ErrorLevel
	}
	i.pool.log(level, text)
}

func hostLogLevel(i *instance, _ api.Module, stack []uint64) {
	core := i.pool.program.logger.Core()
	level := int32(abi.LevelDebug)
	for l := zapcore.DebugLevel; l < zapcore.ErrorLevel && !core.Enabled(l); l++ {
		level++
	}
	stack[0] = uint64(level)
}

func hostError(i *instance, m api.Module, stack []uint64) {
	i.message = append(i.message[:0], i.read(m, stack[0], stack[1])...)
}

func hostMetric(i *instance, m api.Module, stack []uint64) {
	name := i.read(m, stack[1], stack[2])
	id := int32(-1)
	if i.configuring && int32(stack[0]) == abi.MetricCounter {
		id = i.pool.counters.register(name)
	}
	stack[0] = api.EncodeI32(id)
}

func hostCounterAdd(i *instance, _ api.Module, stack []uint64) {
	i.pool.counters.add(int32(stack[0]), int64(stack[1]))
}

// read returns the first KiB at most of what a guest names, and charges for it; the guest must own all of it.
func (i *instance) read(m api.Module, ptr, n uint64) []byte {
	size := uint32(n)
	kept := min(size, abi.MaxMessage)
	i.tank.charge(m, meter.BytesFuel(kept))
	memory := m.Memory()
	if uint64(uint32(ptr))+uint64(size) > uint64(memory.Size()) {
		panic(errRange)
	}
	b, _ := memory.Read(uint32(ptr), kept)
	return b
}
