package meter_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/plugins/wasm/wasmtest"
)

// TestEndless stops each of them at the same operator in every run, on either engine, and leaves the instance usable.
func TestEndless(t *testing.T) {
	const budget = 35_000_000
	for _, hostile := range wasmtest.Endless() {
		t.Run(hostile.Name, func(t *testing.T) {
			rewritten := instrument(t, hostile.Wasm, meter.Slice)
			var first int64
			for run := range 2 {
				h := newHost(t, wazero.NewRuntimeConfigCompiler())
				m, err := h.start(rewritten, 0)
				if err != nil {
					t.Fatal(err)
				}
				_, spent, err := m.call(budget, "jd_validate", 0, 0)
				if err == nil || !stopped(err) {
					t.Fatalf("ended with %v", err)
				}
				if run == 0 {
					first = spent
				} else if spent != first {
					t.Errorf("spent %d, and %d in the first run", spent, first)
				}
				if h.refills > int(budget/meter.Slice)+1 {
					t.Errorf("%d refills for %d fuel", h.refills, budget)
				}
				if r, _, err := m.call(budget, "jd_reserve", 8); err != nil || r[0] != 1024 {
					t.Errorf("afterwards: %v, %v", r, err)
				}
			}
		})
	}
}

// stopped tells whether a call ended for want of fuel, or for want of stack, which wazero bounds itself.
func stopped(err error) bool {
	return strings.Contains(err.Error(), errBudget.Error()) || strings.Contains(err.Error(), "stack overflow")
}

// TestEndlessStart stops what runs before a host can set any fuel.
func TestEndlessStart(t *testing.T) {
	loop := "loop void br 0 end"
	section := plugin().With(func(b *build) { b.Start = int(b.Func("", "", loop)) + 1 })
	for name, b := range map[string]*build{"start section": section, "_initialize": plugin().Export("_initialize", "", "", loop)} {
		h := newHost(t, wazero.NewRuntimeConfigCompiler())
		if _, err := h.start(instrument(t, b.Bytes(), meter.Slice), 3*meter.Slice); err == nil || !stopped(err) {
			t.Errorf("%s: ended with %v", name, err)
		} else if h.refills != 4 {
			t.Errorf("%s: %d refills", name, h.refills)
		}
	}
}

// TestPrices holds the charges to what the ABI documents (D5).
func TestPrices(t *testing.T) {
	const entry = meter.CallFuel + 2 // i64.const and end
	tables := func(b *build) *build {
		b.Tables = [][]byte{{0x70, 0, 8}}
		b.Elements = [][]byte{{1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}}
		b.Data = [][]byte{append([]byte{1, 64}, make([]byte, 64)...)}
		return b
	}
	for _, c := range []struct {
		code  string // type 1 is that of jd_reserve
		spent int64
	}{
		{"", 0},
		{"nop nop", 2},
		{"i32.const 0 if void nop end", 4},
		{"loop void end", 2},
		{"i32.const 3 local.set 0 loop void local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end", 9 + 2*5},
		{"i32.const 3 loop 1 i32.const 1 i32.sub local.tee 0 local.get 0 br_if 0 end drop", 9 + 2*5},
		{"i32.const 2 local.set 0 loop void call 1 drop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end", 11 + 7 + 2*(meter.CallFuel+2)},
		{"loop void loop void i32.const 0 br_if 0 end local.get 0 i32.const 1 i32.add local.tee 0 i32.const 2 i32.xor br_if 0 end", 13 + 11},
		{"block void br 0 loop void end end", 2}, // what no way leads to is free
		{"i32.const 0 if void nop nop nop else nop end", 6},
		{"i32.const 1 if void nop else nop nop nop nop end", 7},
		{"i32.const 3 local.set 0 loop void block void block void local.get 0 br_table 1 0 1 end nop nop nop nop nop br 1 end " +
			"local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end", 13 + 2*10}, // the longer arm
		{"i32.const 0 i32.const 0 i32.const 64 memory.fill 0", 4 + 16},
		{"i32.const 0 i32.const 0 i32.const 64 memory.copy 0 0", 4 + 16},
		{"i32.const 0 i32.const 0 i32.const 64 memory.init 0 0", 4 + 16},
		{"i32.const 0 i32.const 0 i32.const 3 memory.fill 0", 4},
		{"i32.const 1 memory.grow 0 drop", 3 + 10_000 + 16384},
		{"i32.const 0x100000 memory.grow 0 drop", 3 + 10_000 + 16384<<20},
		{"ref.null funcref i32.const 3 table.grow 0 drop", 4 + 48},
		{"i32.const 0 ref.null funcref i32.const 8 table.fill 0", 4 + 16},
		{"i32.const 0 i32.const 0 i32.const 8 table.copy 0 0", 4 + 16},
		{"i32.const 0 i32.const 0 i32.const 8 table.init 0 0", 4 + 16},
		{"call 1 drop", 2 + meter.CallFuel + 2},
		{"call 0 drop", 2 + meter.ImportFuel},
		{"i32.const 0 i32.const 0 i32.const -1 memory.fill 0", 4 + (1<<32-1)/4},
	} {
		b := tables(base().Import("jackdaw_1", "log_level", "", i32)).ABI().Export("jd_validate", i32+i32, i64, c.code, "i64.const 0")
		m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(instrument(t, b.Bytes(), meter.Slice), 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, spent, _ := m.call(1<<60, "jd_validate", 0, 0); spent != entry+c.spent {
			t.Errorf("%q costs %d; want %d", c.code, spent-entry, c.spent)
		}
	}
	if got := meter.BytesFuel(4099); got != 1024 {
		t.Errorf("BytesFuel(4099) = %d", got)
	}
}

// TestReferences runs ref.func very often: it must leave nothing on the Go heap.
func TestReferences(t *testing.T) {
	b := plugin().With(func(b *build) { b.Elements = [][]byte{{3, 0, 1, 0}} })
	b.Export("refer", i32, i32, "loop void ref.func 0 drop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end ref.func 0 ref.is_null")
	m, err := newHost(t, wazero.NewRuntimeConfigCompiler()).start(instrument(t, b.Bytes(), meter.Slice), 0)
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if r, _, err := m.call(1<<40, "refer", 100_000); err != nil || r[0] != 0 {
		t.Fatalf("%d, %v", r, err)
	}
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 256<<10 {
		t.Errorf("100,000 references took %d bytes", got)
	}
}

// TestDepth tells what calls under way take: nothing when they are over, and much before it hurts when they don't end.
func TestDepth(t *testing.T) {
	b := plugin()
	leaf := b.Func("", "")
	outer := b.Func("", "", fmt.Sprintf("call %d", leaf))
	b.Export("shallow", "", "", fmt.Sprintf("call %d call %d", outer, outer))
	again := b.Func("", "") + 1
	b.Export("deep", "", "", fmt.Sprintf("call %d", again))
	m, err := newHost(t, wazero.NewRuntimeConfigCompiler()).start(instrument(t, b.Bytes(), meter.Slice), 0)
	if err != nil {
		t.Fatal(err)
	}
	depth := func() int32 { return int32(m.ExportedGlobal(meter.DepthGlobal).Get()) }
	if _, _, err := m.call(meter.Slice, "shallow"); err != nil || depth() != 0 {
		t.Errorf("after a call that ended: %d bytes, %v", depth(), err)
	}
	if _, _, err := m.call(meter.Slice, "deep"); err == nil || depth() < 10<<20 {
		t.Errorf("%d units of recursion: %d bytes, %v", meter.Slice, depth(), err)
	}
}

// TestBounds lowers what a module may grow to, and cannot be talked out of it.
func TestBounds(t *testing.T) {
	b := base().ABI().Export("jd_validate", i32+i32, i64, "i32.const 31 memory.grow 0 i32.const 1 memory.grow 0 i32.add i64.extend_i32_u").
		Export("tables", "", i32, "ref.null funcref i32.const 65536 table.grow 0 ref.null funcref i32.const 1 table.grow 0 i32.add").
		With(func(b *build) {
			b.Memories = [][]byte{{1, 1, 0x80, 0x80, 4}} // at most 65,536 pages
			b.Tables = [][]byte{{0x70, 0, 0}}
		})
	m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(instrument(t, b.Bytes(), meter.Slice), 0)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, err := m.call(1<<40, "jd_validate", 0, 0); err != nil || r[0] != 0 { // 1 page before, then -1
		t.Errorf("memory.grow: %d, %v", r, err)
	}
	if r, _, err := m.call(1<<40, "tables"); err != nil || uint32(r[0]) != 1<<32-1 { // 0 entries before, then -1
		t.Errorf("table.grow: %d, %v", r, err)
	}
	checked, err := meter.Check(b.Bytes(), meter.DefaultLimits(pages))
	if err != nil || checked.MemoryMin != 1 || checked.MemoryMax != pages {
		t.Errorf("bounds %d to %d, %v", checked.MemoryMin, checked.MemoryMax, err)
	}
}

// TestNames keeps the names that a stack trace shows.
func TestNames(t *testing.T) {
	b := plugin().Import("jackdaw_1", "log_level", "", i32) // the imports shift what plugin() numbered
	b.Exports = []wasm.Export{{Name: "memory", Kind: wasm.ExternMemory}}
	b.Funcs = nil
	b.ABI().Export("jd_validate", i32+i32, i64, "unreachable")
	b.Customs = [][]byte{wasm.AppendNames(nil, map[uint32]string{3: "my_validator", 99: "nobody"})}
	m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(instrument(t, b.Bytes(), meter.Slice), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.call(meter.Slice, "jd_validate", 0, 0); err == nil || !strings.Contains(err.Error(), "my_validator") {
		t.Errorf("the trace is %v", err)
	}
}
