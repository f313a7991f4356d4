package meter_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// chain adds functions each of which calls the one before twice: 2^n calls without any loop.
func chain(b *build, n int) uint32 {
	last := b.fn("", "")
	for range n {
		last = b.fn("", "", fmt.Sprintf("call %d call %d", last, last))
	}
	return last
}

// endless are plugins whose jd_validate runs for ever, or for much longer than its budget.
func endless() map[string]*build {
	run := func(b *build, code ...string) *build {
		return b.abi().export("jd_validate", i32+i32, i64, append(code, "i64.const 0")...)
	}
	table := func() *build {
		return base().with(func(b *build) { b.tables = [][]byte{{0x70, 0, 1}, {0x6f, 0, 0}} })
	}
	loops := func(code string) string { return "loop void " + code + " br 0 end" }
	bomb := base()
	top := chain(bomb, 40)
	deep := base().abi()
	return map[string]*build{
		"empty loop":           run(base(), "loop void br 0 end"),
		"two nested loops":     run(base(), "loop void loop void i32.const 1 br_if 1 br 0 end end"),
		"loop with parameters": run(base().with(func(b *build) { b.typeOf(i32+i64, i32+i64) }), "i32.const 1 i64.const 2 loop 0 br 0 end drop drop"),
		"loop by br_table":     run(base(), "block void loop void i32.const 7 br_table 2 1 1 0 end end"),
		"exponential calls":    run(bomb, fmt.Sprintf("call %d", top)),
		"recursion":            deep.export("jd_validate", i32+i32, i64, "local.get 0 local.get 1 call 2"),
		"indirect recursion": table().abi().export("jd_validate", i32+i32, i64,
			"i32.const 0 ref.func 2 table.set 0 local.get 0 local.get 1 i32.const 0 call_indirect 2 0"),
		"memory.fill storm":     run(base(), "i32.const 31 memory.grow 0 drop", loops("i32.const 0 i32.const 1 i32.const 0x200000 memory.fill 0")),
		"memory.copy storm":     run(base(), "i32.const 31 memory.grow 0 drop", loops("i32.const 0 i32.const 8 i32.const 0x100000 memory.copy 0 0")),
		"memory.init storm":     run(base().with(func(b *build) { b.data = [][]byte{append([]byte{1, 100}, make([]byte, 100)...)} }), loops("i32.const 0 i32.const 0 i32.const 100 memory.init 0 0")),
		"memory.fill of 4 G":    run(base(), loops("i32.const 0 i32.const 1 i32.const -1 memory.fill 0")),
		"memory.grow that fail": run(base(), loops("i32.const -1 memory.grow 0 drop")),
		"memory.grow by none":   run(base(), loops("i32.const 0 memory.grow 0 drop")),
		"table.grow":            run(table(), loops("ref.null funcref i32.const 1000 table.grow 0 drop")),
		"table.grow by 4 G":     run(table(), loops("ref.null funcref i32.const -1 table.grow 0 drop")),
		"table.fill storm":      run(table(), "ref.null funcref i32.const 65000 table.grow 0 drop", loops("i32.const 0 ref.null funcref i32.const 65000 table.fill 0")),
		"table.copy storm":      run(table(), "ref.null funcref i32.const 65000 table.grow 0 drop", loops("i32.const 0 i32.const 1 i32.const 65000 table.copy 0 0")),
		"table.init storm": run(table().with(func(b *build) { b.elements = [][]byte{{1, 0, 1, 0}} }),
			loops("i32.const 0 i32.const 0 i32.const 1 table.init 0 0")),
		"host calls":              run(base().importFunc("jackdaw_1", "log_level", "", i32), loops("call 0 drop")),
		"host calls by table":     run(table().importFunc("jackdaw_1", "log_level", "", i32).with(func(b *build) { b.elements = [][]byte{{0, 0x41, 0, 0x0b, 1, 0}} }), loops("i32.const 0 call_indirect 0 0 drop")),
		"long straight-line loop": run(base(), loops(repeat(20_000, "i32.const 0 drop"))),
	}
}

// TestEndless stops each of them at the same operator in every run, on either engine, and leaves the instance usable.
func TestEndless(t *testing.T) {
	const budget = 35_000_000
	for name, b := range endless() {
		t.Run(name, func(t *testing.T) {
			rewritten := instrument(t, b.bytes(), meter.Slice)
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
	section := plugin().with(func(b *build) { b.start = int(b.fn("", "", loop)) + 1 })
	for name, b := range map[string]*build{"start section": section, "_initialize": plugin().export("_initialize", "", "", loop)} {
		h := newHost(t, wazero.NewRuntimeConfigCompiler())
		if _, err := h.start(instrument(t, b.bytes(), meter.Slice), 3*meter.Slice); err == nil || !stopped(err) {
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
		b.tables = [][]byte{{0x70, 0, 8}}
		b.elements = [][]byte{{1, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0}}
		b.data = [][]byte{append([]byte{1, 64}, make([]byte, 64)...)}
		return b
	}
	for _, c := range []struct {
		code  string
		spent int64
	}{
		{"", 0},
		{"nop nop", 2},
		{"i32.const 0 if void nop end", 4},
		{"loop void end", 2},
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
		b := tables(base().importFunc("jackdaw_1", "log_level", "", i32)).abi().export("jd_validate", i32+i32, i64, c.code, "i64.const 0")
		m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(instrument(t, b.bytes(), meter.Slice), 0)
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

// TestBounds lowers what a module may grow to, and cannot be talked out of it.
func TestBounds(t *testing.T) {
	b := base().abi().export("jd_validate", i32+i32, i64, "i32.const 31 memory.grow 0 i32.const 1 memory.grow 0 i32.add i64.extend_i32_u").
		export("tables", "", i32, "ref.null funcref i32.const 65536 table.grow 0 ref.null funcref i32.const 1 table.grow 0 i32.add").
		with(func(b *build) {
			b.memories = [][]byte{{1, 1, 0x80, 0x80, 4}} // at most 65,536 pages
			b.tables = [][]byte{{0x70, 0, 0}}
		})
	m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(instrument(t, b.bytes(), meter.Slice), 0)
	if err != nil {
		t.Fatal(err)
	}
	if r, _, err := m.call(1<<40, "jd_validate", 0, 0); err != nil || r[0] != 0 { // 1 page before, then -1
		t.Errorf("memory.grow: %d, %v", r, err)
	}
	if r, _, err := m.call(1<<40, "tables"); err != nil || uint32(r[0]) != 1<<32-1 { // 0 entries before, then -1
		t.Errorf("table.grow: %d, %v", r, err)
	}
	checked, err := meter.Check(b.bytes(), meter.DefaultLimits(pages))
	if err != nil || checked.MemoryMin != 1 || checked.MemoryMax != pages {
		t.Errorf("bounds %d to %d, %v", checked.MemoryMin, checked.MemoryMax, err)
	}
}

// TestNames keeps the names that a stack trace shows.
func TestNames(t *testing.T) {
	b := plugin().importFunc("jackdaw_1", "log_level", "", i32) // the imports shift what plugin() numbered
	b.exports = []wasm.Export{{Name: "memory", Kind: wasm.ExternMemory}}
	b.funcs = nil
	b.abi().export("jd_validate", i32+i32, i64, "unreachable")
	b.customs = [][]byte{wasm.AppendNames(nil, map[uint32]string{3: "my_validator", 99: "nobody"})}
	m, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(instrument(t, b.bytes(), meter.Slice), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := m.call(meter.Slice, "jd_validate", 0, 0); err == nil || !strings.Contains(err.Error(), "my_validator") {
		t.Errorf("the trace is %v", err)
	}
}
