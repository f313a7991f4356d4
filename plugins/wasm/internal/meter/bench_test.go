package meter_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// work are programs by what the meter costs them.
func work() map[string]*build {
	run := func(code ...string) *build { return base().ABI().Export("jd_validate", i32+i32, i64, code...) }
	loop := func(code string) string {
		return "block void loop void local.get 0 i32.eqz br_if 1 local.get 0 i32.const 1 i32.sub local.set 0 " + code + " br 0 end end"
	}
	called := base().ABI()
	callee := called.Func(i32, i32, "local.get 0 i32.const 3 i32.mul")
	called.Export("jd_validate", i32+i32, i64, loop("local.get 1 call 2 local.set 1"), "local.get 1 i64.extend_i32_u")
	if callee != 2 {
		panic("functions are numbered otherwise")
	}
	return map[string]*build{
		"empty call": run("i64.const 0"),
		// One multiplication and one addition a round: hardly any loop does less.
		"tight loop": run(loop("local.get 1 i32.const 31 i32.mul local.get 0 i32.add local.set 1"), "local.get 1 i64.extend_i32_u"),
		// A hash of memory, as partitioners and validators do.
		"hash loop": run(loop("local.get 1 local.get 0 i32.const 65532 i32.rem_u i32.load 2 0 i32.xor i32.const 5 i32.rotl i32.const 461845907 i32.mul local.get 0 i32.xor local.set 1"), "local.get 1 i64.extend_i32_u"),
		"calls":     called,
		"fills":     run(loop("i32.const 0 i32.const 0 i32.const 64 memory.fill 0"), "i64.const 0"),
	}
}

const rounds = 100_000

// BenchmarkRun compares each program as it is and rewritten; a call has 100,000 rounds, "empty call" none.
func BenchmarkRun(b *testing.B) {
	for _, name := range []string{"empty call", "tight loop", "hash loop", "calls", "fills"} {
		wasm := work()[name].Bytes()
		h := newHost(b, wazero.NewRuntimeConfigCompiler())
		original, err := h.runtime.InstantiateWithConfig(b.Context(), wasm, wazero.NewModuleConfig().WithName(""))
		if err != nil {
			b.Fatal(err)
		}
		rewritten, err := h.start(instrument(b, wasm, meter.Slice), 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/original", func(b *testing.B) { benchmarkCalls(b, original, func() {}) })
		b.Run(name+"/metered", func(b *testing.B) {
			benchmarkCalls(b, rewritten, func() {
				h.left = 1 << 40
				rewritten.fuel.Set(meter.Slice)
			})
		})
	}
}

func benchmarkCalls(b *testing.B, m api.Module, before func()) {
	f := m.ExportedFunction("jd_validate")
	stack := make([]uint64, 2)
	b.ReportAllocs()
	for b.Loop() {
		before()
		stack[0], stack[1] = rounds, 1
		if err := f.CallWithStack(b.Context(), stack); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRewrite reads and rewrites a Go guest of 3.9 MB.
func BenchmarkRewrite(b *testing.B) {
	wasm := goGuest(b)
	b.Run("check", func(b *testing.B) {
		b.SetBytes(int64(len(wasm)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := meter.Check(wasm, meter.DefaultLimits(1024)); err != nil {
				b.Fatal(err)
			}
		}
	})
	m, err := meter.Check(wasm, meter.DefaultLimits(1024))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("instrument", func(b *testing.B) {
		b.SetBytes(int64(len(wasm)))
		b.ReportAllocs()
		for b.Loop() {
			rewritten, err := m.Instrument(meter.Slice)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(len(rewritten))/float64(len(wasm)), "size")
		}
	})
}

// BenchmarkCompile compiles functions that are as bad for wazero as the limits let them be: those that took longest among many.
func BenchmarkCompile(b *testing.B) {
	code := map[string]string{
		"calls through a table": repeat(25_000, "i32.const 0 call_indirect 0 0 drop"),
		"loads":                 repeat(32_000, "local.get 0 i32.load 2 0 local.set 0"),
		"table reads":           repeat(40_000, "local.get 0 table.get 0 drop"),
		"ifs":                   repeat(4_900, "local.get 0 if void local.get 1 local.set 0 else local.get 0 local.set 1 end"),
		"chained branches":      "block void " + repeat(1_500, "local.get 0 br_if 0") + "end",
		"nested loops":          repeat(900, "loop void local.get 0 br_if 0") + repeat(900, "end"),
		"fills":                 repeat(4_900, "i32.const 0 i32.const 0 i32.const 0 memory.fill 0"),
	}
	for _, name := range slices.Sorted(maps.Keys(code)) {
		m := plugin().With(func(b *build) { b.Tables = [][]byte{{0x70, 0, 1}} })
		m.Func(i32+i32, "", code[name])
		rewritten := instrument(b, m.Bytes(), meter.Slice)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := wazero.NewRuntimeWithConfig(b.Context(), wazero.NewRuntimeConfigCompiler())
				if _, err := r.CompileModule(b.Context(), rewritten); err != nil {
					b.Fatal(err)
				}
				if err := r.Close(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
