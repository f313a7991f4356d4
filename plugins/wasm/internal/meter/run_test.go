package meter_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

const pages = 32 // memory limit of the tests: 2 MiB

// errBudget is the trap of a host that gives no more fuel.
var errBudget = errors.New("out of fuel")

// host runs rewritten modules, with a budget of fuel for each call.
type host struct {
	tb      testing.TB
	runtime wazero.Runtime
	left    int64 // not handed out yet
	refills int
}

func newHost(tb testing.TB, config wazero.RuntimeConfig) *host {
	h := &host{tb: tb, runtime: wazero.NewRuntimeWithConfig(tb.Context(), config)}
	tb.Cleanup(func() { h.runtime.Close(context.Background()) })
	number := []api.ValueType{api.ValueTypeI64}
	_, err := h.runtime.NewHostModuleBuilder(meter.HostModule).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(h.refill), number, number).Export(meter.RefillFunction).Instantiate(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	for _, module := range []string{"jackdaw_1", "wasi_snapshot_preview1"} {
		builder := h.runtime.NewHostModuleBuilder(module)
		for _, f := range hostFunctions[module] {
			builder.NewFunctionBuilder().WithGoModuleFunction(h.stub(f.name), valueTypes(f.params), valueTypes(f.results)).Export(f.name)
		}
		if _, err := builder.Instantiate(tb.Context()); err != nil {
			tb.Fatal(err)
		}
	}
	return h
}

// refill hands out a slice of what is left, or traps.
func (h *host) refill(_ context.Context, stack []uint64) {
	h.refills++
	fuel := int64(stack[0])
	for fuel < 0 {
		if h.left == 0 {
			panic(errBudget)
		}
		grant := min(h.left, meter.Slice)
		h.left -= grant
		fuel += grant
	}
	stack[0] = uint64(fuel)
}

// stub is a host function that says 0, and what Go guests need to start: a clock that goes on, and no open directories.
func (h *host) stub(name string) api.GoModuleFunc {
	const badDescriptor = 8
	var now uint64
	return func(_ context.Context, m api.Module, stack []uint64) {
		switch name {
		case "clock_time_get":
			now += 1000
			m.Memory().WriteUint64Le(uint32(stack[2]), now)
		case "fd_prestat_get":
			stack[0] = badDescriptor
			return
		}
		if len(stack) > 0 {
			stack[0] = 0
		}
	}
}

type signature struct{ name, params, results string }

// hostFunctions is what plugins may import (plugin ABI, D2).
var hostFunctions = map[string][]signature{
	"jackdaw_1": {
		{"log", i32 + i32 + i32, ""}, {"log_level", "", i32}, {"error", i32 + i32, ""},
		{"metric", i32 + i32 + i32, i32}, {"counter_add", i32 + i64, ""},
	},
	"wasi_snapshot_preview1": {
		{"sched_yield", "", i32}, {"proc_exit", i32, ""}, {"args_get", i32 + i32, i32}, {"args_sizes_get", i32 + i32, i32},
		{"environ_get", i32 + i32, i32}, {"environ_sizes_get", i32 + i32, i32}, {"clock_time_get", i32 + i64 + i32, i32},
		{"fd_write", i32 + i32 + i32 + i32, i32}, {"fd_read", i32 + i32 + i32 + i32, i32}, {"random_get", i32 + i32, i32}, {"poll_oneoff", i32 + i32 + i32 + i32, i32},
		{"fd_close", i32, i32}, {"fd_seek", i32 + i64 + i32 + i32, i32}, {"fd_fdstat_get", i32 + i32, i32},
		{"fd_fdstat_set_flags", i32 + i32, i32}, {"fd_prestat_get", i32 + i32, i32}, {"fd_prestat_dir_name", i32 + i32 + i32, i32},
	},
}

func valueTypes(s string) []api.ValueType { return []api.ValueType(s) }

// instrument checks and rewrites a module that must pass.
func instrument(tb testing.TB, wasm []byte, fuel int64) []byte {
	tb.Helper()
	m, err := meter.Check(wasm, meter.DefaultLimits(pages))
	if err != nil {
		tb.Fatalf("refused: %v", err)
	}
	out, err := m.Instrument(fuel)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

// instance is a rewritten module in a host.
type instance struct {
	api.Module
	host *host
	fuel api.MutableGlobal
}

// start instantiates a rewritten module with a budget beyond the fuel that it starts with.
func (h *host) start(rewritten []byte, budget int64) (*instance, error) {
	h.tb.Helper()
	h.left = budget
	m, err := h.runtime.InstantiateWithConfig(h.tb.Context(), rewritten, wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize"))
	if err != nil {
		return nil, err
	}
	return &instance{Module: m, host: h, fuel: m.ExportedGlobal(meter.FuelGlobal).(api.MutableGlobal)}, nil
}

// call runs a function with a budget and returns the fuel that it spent.
func (i *instance) call(budget int64, name string, args ...uint64) (results []uint64, spent int64, err error) {
	first := min(budget, meter.Slice)
	i.host.left, i.host.refills = budget-first, 0
	i.fuel.Set(uint64(first))
	results, err = i.ExportedFunction(name).Call(i.host.tb.Context(), args...)
	return results, budget - i.host.left - int64(i.fuel.Get()), err
}
