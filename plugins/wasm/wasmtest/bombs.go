package wasmtest

import (
	"fmt"
	"strings"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// Bombs pass the limits of D5. Each is small: what they would cost is in reading or compiling them.
func Bombs() []Module {
	const none = ""
	globals := func(n int) *build {
		return plugin().With(func(b *build) {
			for range n {
				b.Globals = append(b.Globals, global(0))
			}
		})
	}
	wide := plugin()
	many := wide.Func(none, strings.Repeat(i32, 16), repeat(16, "i32.const 0"))
	wide.Func(none, none, repeat(15_000, fmt.Sprintf("call %d ", many)+"drop"), "unreachable")
	branches := withCode("block void", repeat(2_000, "local.get 0 br_if 0"), "end")
	branches.Funcs[len(branches.Funcs)-1].Locals = localRuns(50)
	return []Module{
		{"empty", nil, []string{"not a WebAssembly binary"}},
		{"text", []byte("(module)"), []string{"not a WebAssembly binary"}},
		{"version 2", []byte("\x00asm\x02\x00\x00\x00"), []string{"binary version"}},
		{"17 MiB", append(plugin().Bytes(), make([]byte, 17<<20)...), []string{"bytes; at most 16777216"}},
		refuse("memory minimum", plugin().With(func(b *build) { b.Memories = [][]byte{{0, 0x80, 0x80, 4}} }), "65536 pages of memory at least; at most"),
		refuse("4 G locals", withLocals(1<<32-1), "4294967295 locals; at most 50000"),
		refuse("4 G locals three times", withLocals(1<<32-1, 1<<32-1, 1<<32-1), "12884901885 locals"),
		refuse("locals that wrap 32 bits", withLocals(1<<31, 1<<31), "4294967296 locals"),
		refuse("locals in all functions", plugin().With(func(b *build) {
			for range 30 {
				b.Func(none, none)
				b.Funcs[len(b.Funcs)-1].Locals = localRuns(40_000)
			}
		}), "1200000 locals in all functions"),
		refuse("functions", manyFuncs(100_001), "functions; at most 100000"),
		refuse("exports", plugin().With(func(b *build) {
			for i := range 10_001 {
				b.Exports = append(b.Exports, wasm.Export{Name: fmt.Sprint(i)})
			}
		}), "exports; at most 10000"),
		refuse("imports", plugin().With(func(b *build) { b.Imports = repeated([]byte{0, 0, 0, 0}, 1_001) }), "1001 imports"),
		refuse("types", plugin().With(func(b *build) { b.Types = append(b.Types, make([]wasm.FuncType, 100_001)...) }), "types; at most 100000"),
		refuse("globals", globals(100_001), "100001 globals"),
		refuse("globals x functions", globals(1_000).With(func(b *build) {
			for range 2_001 {
				b.Func(none, none)
			}
		}), "globals x functions"),
		refuse("globals x calls", globals(1_000).With(func(b *build) { b.Func(none, none, repeat(200, "call 0 drop")) }), "globals x calls"),
		refuse("segments", plugin().With(func(b *build) { b.Data = repeated([]byte{1, 0}, 100_001) }), "100001 data or element segments"),
		refuse("element entries", plugin().With(func(b *build) {
			b.Elements = [][]byte{append([]byte{1, 0, 0xc1, 0x9a, 0x0c}, make([]byte, 200_001)...)}
		}), "200001 entries of element segments"),
		refuse("tables", plugin().With(func(b *build) { b.Tables = repeated([]byte{0x70, 0, 0}, 17) }), "17 tables"),
		refuse("table entries", plugin().With(func(b *build) { b.Tables = [][]byte{{0x70, 0, 0x80, 0x80, 2}, {0x70, 0, 0x80, 0x80, 2}, {0x70, 0, 1}} }), "65537 table entries"),
		refuse("parameters", plugin().With(func(b *build) { b.TypeOf(strings.Repeat(i32, 129), none) }), "129 parameters"),
		refuse("results", plugin().With(func(b *build) { b.TypeOf(none, strings.Repeat(i32, 17)) }), "17 results"),
		refuse("values of calls", wide, "parameters and results of calls"),
		refuse("nesting", withCode(repeat(2_001, "block void"), repeat(2_001, "end")), "2001 nested blocks"),
		refuse("blocks", withCode(repeat(5_001, "block void end")), "5001 blocks"),
		refuse("bulk operations", withCode(repeat(5_001, "i32.const 0 i32.const 0 i32.const 0 memory.fill 0")), "5001 blocks"),
		refuse("loops", withCode(repeat(1_001, "loop void local.get 0 br_if 0 end")), "1001 loops; at most 1000"),
		refuse("branches to one label", withCode("loop void", repeat(2_001, "block void i32.const 0 br_if 1 i32.const 0 br_if 0 end"), "end"), "2001 branches to one label"),
		refuse("locals x blocks", withLocals(20_001).With(func(b *build) { b.Funcs[len(b.Funcs)-1].Code = asm(repeat(3, "block void end")) }), "60003 variables x blocks"),
		refuse("locals x loops", withLocals(250).With(func(b *build) { b.Funcs[len(b.Funcs)-1].Code = asm(repeat(81, "loop void end")) }), "20250 variables x loops"),
		refuse("globals x loops", globals(250).With(func(b *build) { b.Func(none, none, repeat(81, "loop void end")) }), "20250 variables x loops"),
		refuse("jump table", withCode("i32.const 0 br_table 10000", repeat(10_001, "0")), "10001 jump table entries"),
		refuse("body", withCode(repeat(256<<10, "nop")), "262146 bytes of code; at most 262144"),
		refuse("branches out of one block", branches, "steps of compiling"),
		refuse("a chain of ifs that end", withLocals(20).With(func(b *build) {
			b.Funcs[len(b.Funcs)-1].Code = asm(repeat(4_000, "local.get 0 if void unreachable end"))
		}), "steps of compiling"),
		refuse("a chain of loops", withLocals(18).With(func(b *build) {
			b.Funcs[len(b.Funcs)-1].Code = asm(repeat(1_000, "loop void end"))
		}), "steps of compiling"),
		refuse("a chain of br_table", withLocals(20).With(func(b *build) {
			b.Funcs[len(b.Funcs)-1].Code = asm("block void", repeat(2_500, "block void local.get 0 br_table 1 0 1 end"), "end")
		}), "steps of compiling"),
	}
}

func repeated(entry []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = entry
	}
	return out
}
