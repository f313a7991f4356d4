package wasmtest

import (
	"strings"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

func refuse(name string, b *build, words ...string) Module { return Module{name, b.Bytes(), words} }

func manyFuncs(n int) *build {
	b := plugin()
	for range n {
		b.Func("", "")
	}
	return b
}

func withLocals(n ...uint32) *build {
	b := plugin()
	b.Func("", "", "block void end")
	b.Funcs[len(b.Funcs)-1].Locals = localRuns(n...)
	return b
}

func withCode(code ...string) *build {
	return plugin().With(func(b *build) { b.Func("", "", code...) })
}

// Shapes break the rules of D1 and D2.
func Shapes() []Module {
	importer := func(module, name, params, results string) *build {
		return base().Import(module, name, params, results).ABI().Export("jd_validate", i32+i32, i64, "i64.const 0")
	}
	foreign := func(kind ...byte) *build {
		entry := wasm.AppendBytes(wasm.AppendBytes(nil, "env"), "x")
		return plugin().With(func(b *build) { b.Imports = [][]byte{append(entry, kind...)} })
	}
	return []Module{
		refuse("no memory", plugin().With(func(b *build) { b.Memories, b.Exports = nil, b.Exports[1:] }), "defines no memory", "export memory is missing"),
		refuse("memory not exported", plugin().Without("memory"), "export memory is missing"),
		refuse("memory is a function", plugin().Without("memory").Export("memory", "", ""), "export memory is a function"),
		refuse("memory imported", foreign(2, 0, 1), "the memory env.x is imported"),
		refuse("table imported", foreign(1, 0x70, 0, 1), "the table env.x is imported"),
		refuse("global imported", foreign(3, 0x7f, 0), "the global env.x is imported"),
		refuse("two memories", plugin().With(func(b *build) { b.Memories = [][]byte{{0, 1}, {0, 1}} }), "defines 2 memories"),
		refuse("no marker", plugin().Without("jd_abi_1"), "jd_abi_1 is missing"),
		refuse("newer ABI", plugin().Without("jd_abi_1").Export("jd_abi_2", "", i32, "i32.const 0"), "another version", "jd_abi_2"),
		refuse("marker of another type", plugin().Without("jd_abi_1").Export("jd_abi_1", i32, i32, "i32.const 0"), "jd_abi_1 has the type (i32) -> i32; it must be () -> i32"),
		refuse("marker is a global", plugin().Without("jd_abi_1").With(func(b *build) {
			b.Globals = append(b.Globals, global(0))
			b.Exports = append(b.Exports, wasm.Export{Name: "jd_abi_1", Kind: wasm.ExternGlobal})
		}), "jd_abi_1 is a global"),
		refuse("no jd_reserve", plugin().Without("jd_reserve"), "jd_reserve is missing"),
		refuse("no kind", plugin().Without("jd_validate"), "no plugin of any kind"),
		refuse("unused export of another type", plugin().Export("jd_assign", i32, i64, "i64.const 0"), "jd_assign has the type (i32) -> i64; it must be (i32, i32) -> i64"),
		refuse("several results", plugin().Export("jd_partition", i32+i32, i64+i32, "i64.const 0 i32.const 0"), "jd_partition has the type (i32, i32) -> (i64, i32)"),
		refuse("jd_configure", plugin().Export("jd_configure", "", ""), "jd_configure"),
		refuse("jd_interest", plugin().Export("jd_interest", "", ""), "jd_interest"),
		refuse("_initialize", plugin().Export("_initialize", i32, ""), "_initialize has the type (i32); it must be ()"),
		refuse("command", plugin().Export("_start", "", ""), "is a command"),
		refuse("reserved name", plugin().Export("__jd_fuel", "", ""), "__jd_fuel has a name that is reserved"),
		refuse("reserved import", importer("__jd", "refill", i64, i64), "__jd.refill"),
		refuse("exported twice", plugin().Export("jd_validate", i32+i32, i64, "i64.const 0"), "jd_validate is exported twice"),
		refuse("unknown import", importer("env", "abort", "", ""), "not given: env.abort"),
		refuse("unknown function of the host", importer("jackdaw_1", "clock", "", i64), "jackdaw_1.clock"),
		refuse("files", importer("wasi_snapshot_preview1", "path_open", i32, i32), "wasi_snapshot_preview1.path_open"),
		refuse("import of another type", importer("jackdaw_1", "log", i32+i32, ""), "the import jackdaw_1.log has the type (i32, i32); it is (i32, i32, i32)"),
		refuse("WASI import of another type", importer("wasi_snapshot_preview1", "proc_exit", "", ""), "proc_exit has the type ()"),
		refuse("many unknown imports", plugin().With(func(b *build) { b.Imports = repeated([]byte{1, 'a', 1, 'b', 0, 0}, 1_000) }), "a.b, a.b and 900 more"),
		refuse("control characters", importer("a\x1b[2J", strings.Repeat("b", 1000), "", ""), `"a\x1b[2J.bbb`),
	}
}

// Features need proposals that are not part of WebAssembly 2.0.
func Features() []Module {
	return []Module{
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), []string{"component"}},
		refuse("shared memory", plugin().With(func(b *build) { b.Memories = [][]byte{{3, 1, 1}} }), "threads"),
		refuse("atomics", withCode("i32.const 0 i32.const 0 memory.atomic.notify 2 0 drop"), "threads"),
		refuse("64-bit memory", plugin().With(func(b *build) { b.Memories = [][]byte{{4, 1}} }), "64-bit memories"),
		refuse("second memory", withCode("memory.size 1 drop"), "several memories"),
		refuse("tail call", withCode("return_call 0"), "tail calls"),
		refuse("exceptions", withCode("throw 0"), "exception handling"),
		{"tags", append(plugin().Bytes(), 13, 1, 0), []string{"exception handling"}},
		refuse("garbage collection", withCode("struct.new 0"), "garbage collection"),
		refuse("typed references", withCode("ref.as_non_null"), "typed function references"),
		refuse("relaxed SIMD", plugin().With(func(b *build) { b.Funcs[0].Code = []byte{0xfd, 0x80, 0x02} }), "relaxed SIMD"),
		refuse("extended constants", plugin().With(func(b *build) { b.Globals = [][]byte{{0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b}} }), "extended constant"),
	}
}
