package wasmtest

import (
	"fmt"
	"slices"
	"strings"
)

// chain adds functions each of which calls the one before twice: 2^n calls without any loop.
func chain(b *build, n int) uint32 {
	last := b.Func("", "")
	for range n {
		last = b.Func("", "", fmt.Sprintf("call %d call %d", last, last))
	}
	return last
}

// Endless are plugins whose jd_validate runs for ever, or for much longer than its budget.
func Endless() []Module {
	var modules []Module
	for name, b := range endless() {
		modules = append(modules, Module{Name: name, Wasm: b.Bytes()})
	}
	slices.SortFunc(modules, func(a, b Module) int { return strings.Compare(a.Name, b.Name) })
	return modules
}

func endless() map[string]*build {
	run := func(b *build, code ...string) *build {
		return b.ABI().Export("jd_validate", i32+i32, i64, append(code, "i64.const 0")...)
	}
	table := func() *build {
		return base().With(func(b *build) { b.Tables = [][]byte{{0x70, 0, 1}, {0x6f, 0, 0}} })
	}
	loops := func(code string) string { return "loop void " + code + " br 0 end" }
	bomb := base()
	top := chain(bomb, 40)
	deep := base().ABI()
	return map[string]*build{
		"empty loop":           run(base(), "loop void br 0 end"),
		"two nested loops":     run(base(), "loop void loop void i32.const 1 br_if 1 br 0 end end"),
		"loop with parameters": run(base().With(func(b *build) { b.TypeOf(i32+i64, i32+i64) }), "i32.const 1 i64.const 2 loop 0 br 0 end drop drop"),
		"loop by br_table":     run(base(), "block void loop void i32.const 7 br_table 2 1 1 0 end end"),
		"exponential calls":    run(bomb, fmt.Sprintf("call %d", top)),
		"recursion":            deep.Export("jd_validate", i32+i32, i64, "local.get 0 local.get 1 call 2"),
		"indirect recursion": table().ABI().Export("jd_validate", i32+i32, i64,
			"i32.const 0 ref.func 2 table.set 0 local.get 0 local.get 1 i32.const 0 call_indirect 2 0"),
		"memory.fill storm":     run(base(), "i32.const 31 memory.grow 0 drop", loops("i32.const 0 i32.const 1 i32.const 0x200000 memory.fill 0")),
		"memory.copy storm":     run(base(), "i32.const 31 memory.grow 0 drop", loops("i32.const 0 i32.const 8 i32.const 0x100000 memory.copy 0 0")),
		"memory.init storm":     run(base().With(func(b *build) { b.Data = [][]byte{append([]byte{1, 100}, make([]byte, 100)...)} }), loops("i32.const 0 i32.const 0 i32.const 100 memory.init 0 0")),
		"memory.fill of 4 G":    run(base(), loops("i32.const 0 i32.const 1 i32.const -1 memory.fill 0")),
		"memory.grow that fail": run(base(), loops("i32.const -1 memory.grow 0 drop")),
		"memory.grow by none":   run(base(), loops("i32.const 0 memory.grow 0 drop")),
		"table.grow":            run(table(), loops("ref.null funcref i32.const 1000 table.grow 0 drop")),
		"table.grow by 4 G":     run(table(), loops("ref.null funcref i32.const -1 table.grow 0 drop")),
		"table.fill storm":      run(table(), "ref.null funcref i32.const 65000 table.grow 0 drop", loops("i32.const 0 ref.null funcref i32.const 65000 table.fill 0")),
		"table.copy storm":      run(table(), "ref.null funcref i32.const 65000 table.grow 0 drop", loops("i32.const 0 i32.const 1 i32.const 65000 table.copy 0 0")),
		"table.init storm": run(table().With(func(b *build) { b.Elements = [][]byte{{1, 0, 1, 0}} }),
			loops("i32.const 0 i32.const 0 i32.const 1 table.init 0 0")),
		"references":              run(base().With(func(b *build) { b.Elements = [][]byte{{3, 0, 1, 0}} }), loops("ref.func 0 drop")),
		"host calls":              run(base().Import("jackdaw_1", "log_level", "", i32), loops("call 0 drop")),
		"host calls by table":     run(table().Import("jackdaw_1", "log_level", "", i32).With(func(b *build) { b.Elements = [][]byte{{0, 0x41, 0, 0x0b, 1, 0}} }), loops("i32.const 0 call_indirect 0 0 drop")),
		"long straight-line loop": run(base(), loops(repeat(20_000, "i32.const 0 drop"))),
	}
}
