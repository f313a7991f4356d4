package meter_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// refusal is a module that must be refused with these words among the reasons.
type refusal struct {
	name  string
	wasm  []byte
	words []string
}

func refuse(name string, b *build, words ...string) refusal { return refusal{name, b.bytes(), words} }

func manyFuncs(n int) *build {
	b := plugin()
	for range n {
		b.fn("", "")
	}
	return b
}

func withLocals(n ...uint32) *build {
	b := plugin()
	b.fn("", "", "block void end")
	b.funcs[len(b.funcs)-1].locals = localRuns(n...)
	return b
}

func withCode(code ...string) *build { return plugin().with(func(b *build) { b.fn("", "", code...) }) }

// shapes break the rules of D1 and D2.
func shapes() []refusal {
	importer := func(module, name, params, results string) *build {
		return base().importFunc(module, name, params, results).abi().export("jd_validate", i32+i32, i64, "i64.const 0")
	}
	foreign := func(kind ...byte) *build {
		entry := wasm.AppendBytes(wasm.AppendBytes(nil, "env"), "x")
		return plugin().with(func(b *build) { b.imports = [][]byte{append(entry, kind...)} })
	}
	return []refusal{
		refuse("no memory", plugin().with(func(b *build) { b.memories, b.exports = nil, b.exports[1:] }), "defines no memory", "export memory is missing"),
		refuse("memory not exported", plugin().without("memory"), "export memory is missing"),
		refuse("memory is a function", plugin().without("memory").export("memory", "", ""), "export memory is a function"),
		refuse("memory imported", foreign(2, 0, 1), "the memory env.x is imported"),
		refuse("table imported", foreign(1, 0x70, 0, 1), "the table env.x is imported"),
		refuse("global imported", foreign(3, 0x7f, 0), "the global env.x is imported"),
		refuse("two memories", plugin().with(func(b *build) { b.memories = [][]byte{{0, 1}, {0, 1}} }), "defines 2 memories"),
		refuse("no marker", plugin().without("jd_abi_1"), "jd_abi_1 is missing"),
		refuse("newer ABI", plugin().without("jd_abi_1").export("jd_abi_2", "", i32, "i32.const 0"), "another version", "jd_abi_2"),
		refuse("marker of another type", plugin().without("jd_abi_1").export("jd_abi_1", i32, i32, "i32.const 0"), "jd_abi_1 has the type (i32) -> i32; it must be () -> i32"),
		refuse("marker is a global", plugin().without("jd_abi_1").with(func(b *build) {
			b.globals = append(b.globals, global(0))
			b.exports = append(b.exports, wasm.Export{Name: "jd_abi_1", Kind: wasm.ExternGlobal})
		}), "jd_abi_1 is a global"),
		refuse("no jd_reserve", plugin().without("jd_reserve"), "jd_reserve is missing"),
		refuse("no kind", plugin().without("jd_validate"), "no plugin of any kind"),
		refuse("unused export of another type", plugin().export("jd_assign", i32, i64, "i64.const 0"), "jd_assign has the type (i32) -> i64; it must be (i32, i32) -> i64"),
		refuse("several results", plugin().export("jd_partition", i32+i32, i64+i32, "i64.const 0 i32.const 0"), "jd_partition has the type (i32, i32) -> (i64, i32)"),
		refuse("jd_configure", plugin().export("jd_configure", "", ""), "jd_configure"),
		refuse("jd_interest", plugin().export("jd_interest", "", ""), "jd_interest"),
		refuse("_initialize", plugin().export("_initialize", i32, ""), "_initialize has the type (i32); it must be ()"),
		refuse("command", plugin().export("_start", "", ""), "is a command"),
		refuse("reserved name", plugin().export("__jd_fuel", "", ""), "__jd_fuel has a name that is reserved"),
		refuse("reserved import", importer("__jd", "refill", i64, i64), "__jd.refill"),
		refuse("exported twice", plugin().export("jd_validate", i32+i32, i64, "i64.const 0"), "jd_validate is exported twice"),
		refuse("unknown import", importer("env", "abort", "", ""), "not given: env.abort"),
		refuse("unknown function of the host", importer("jackdaw_1", "clock", "", i64), "jackdaw_1.clock"),
		refuse("files", importer("wasi_snapshot_preview1", "path_open", i32, i32), "wasi_snapshot_preview1.path_open"),
		refuse("import of another type", importer("jackdaw_1", "log", i32+i32, ""), "the import jackdaw_1.log has the type (i32, i32); it is (i32, i32, i32)"),
		refuse("WASI import of another type", importer("wasi_snapshot_preview1", "proc_exit", "", ""), "proc_exit has the type ()"),
		refuse("many unknown imports", plugin().with(func(b *build) { b.imports = repeated([]byte{1, 'a', 1, 'b', 0, 0}, 1_000) }), "a.b, a.b and 900 more"),
		refuse("control characters", importer("a\x1b[2J", strings.Repeat("b", 1000), "", ""), `"a\x1b[2J.bbb`),
	}
}

// features need proposals that are not part of WebAssembly 2.0.
func features() []refusal {
	return []refusal{
		{"component", []byte("\x00asm\x0d\x00\x01\x00"), []string{"component"}},
		refuse("shared memory", plugin().with(func(b *build) { b.memories = [][]byte{{3, 1, 1}} }), "threads"),
		refuse("atomics", withCode("i32.const 0 i32.const 0 memory.atomic.notify 2 0 drop"), "threads"),
		refuse("64-bit memory", plugin().with(func(b *build) { b.memories = [][]byte{{4, 1}} }), "64-bit memories"),
		refuse("second memory", withCode("memory.size 1 drop"), "several memories"),
		refuse("tail call", withCode("return_call 0"), "tail calls"),
		refuse("exceptions", withCode("throw 0"), "exception handling"),
		{"tags", append(plugin().bytes(), 13, 1, 0), []string{"exception handling"}},
		refuse("garbage collection", withCode("struct.new 0"), "garbage collection"),
		refuse("typed references", withCode("ref.as_non_null"), "typed function references"),
		refuse("relaxed SIMD", plugin().with(func(b *build) { b.funcs[0].code = []byte{0xfd, 0x80, 0x02} }), "relaxed SIMD"),
		refuse("extended constants", plugin().with(func(b *build) { b.globals = [][]byte{{0x7f, 0, 0x41, 1, 0x41, 1, 0x6a, 0x0b}} }), "extended constant"),
	}
}

// bombs pass the limits of D5. Each is small: what they would cost is in reading or compiling them.
func bombs() []refusal {
	const none = ""
	globals := func(n int) *build {
		return plugin().with(func(b *build) {
			for range n {
				b.globals = append(b.globals, global(0))
			}
		})
	}
	wide := plugin()
	many := wide.fn(none, strings.Repeat(i32, 16), repeat(16, "i32.const 0"))
	wide.fn(none, none, repeat(15_000, fmt.Sprintf("call %d ", many)+"drop"), "unreachable")
	branches := withCode("block void", repeat(2_000, "local.get 0 br_if 0"), "end")
	branches.funcs[len(branches.funcs)-1].locals = localRuns(50)
	return []refusal{
		{"empty", nil, []string{"not a WebAssembly binary"}},
		{"text", []byte("(module)"), []string{"not a WebAssembly binary"}},
		{"version 2", []byte("\x00asm\x02\x00\x00\x00"), []string{"binary version"}},
		{"17 MiB", append(plugin().bytes(), make([]byte, 17<<20)...), []string{"bytes; at most 16777216"}},
		refuse("memory minimum", plugin().with(func(b *build) { b.memories = [][]byte{{0, 33}} }), "33 pages of memory at least; at most 32"),
		refuse("4 G locals", withLocals(1<<32-1), "4294967295 locals; at most 50000"),
		refuse("4 G locals three times", withLocals(1<<32-1, 1<<32-1, 1<<32-1), "12884901885 locals"),
		refuse("locals that wrap 32 bits", withLocals(1<<31, 1<<31), "4294967296 locals"),
		refuse("locals in all functions", plugin().with(func(b *build) {
			for range 30 {
				b.fn(none, none)
				b.funcs[len(b.funcs)-1].locals = localRuns(40_000)
			}
		}), "1200000 locals in all functions"),
		refuse("functions", manyFuncs(100_001), "functions; at most 100000"),
		refuse("exports", plugin().with(func(b *build) {
			for i := range 10_001 {
				b.exports = append(b.exports, wasm.Export{Name: fmt.Sprint(i)})
			}
		}), "exports; at most 10000"),
		refuse("imports", plugin().with(func(b *build) { b.imports = repeated([]byte{0, 0, 0, 0}, 1_001) }), "1001 imports"),
		refuse("types", plugin().with(func(b *build) { b.types = append(b.types, make([]wasm.FuncType, 100_001)...) }), "types; at most 100000"),
		refuse("globals", globals(100_001), "100001 globals"),
		refuse("globals x functions", globals(1_000).with(func(b *build) {
			for range 2_001 {
				b.fn(none, none)
			}
		}), "globals x functions"),
		refuse("globals x calls", globals(1_000).with(func(b *build) { b.fn(none, none, repeat(200, "call 0 drop")) }), "globals x calls"),
		refuse("segments", plugin().with(func(b *build) { b.data = repeated([]byte{1, 0}, 100_001) }), "100001 data or element segments"),
		refuse("element entries", plugin().with(func(b *build) {
			b.elements = [][]byte{append([]byte{1, 0, 0xc1, 0x9a, 0x0c}, make([]byte, 200_001)...)}
		}), "200001 entries of element segments"),
		refuse("tables", plugin().with(func(b *build) { b.tables = repeated([]byte{0x70, 0, 0}, 17) }), "17 tables"),
		refuse("table entries", plugin().with(func(b *build) { b.tables = [][]byte{{0x70, 0, 0x80, 0x80, 2}, {0x70, 0, 0x80, 0x80, 2}, {0x70, 0, 1}} }), "65537 table entries"),
		refuse("parameters", plugin().with(func(b *build) { b.typeOf(strings.Repeat(i32, 129), none) }), "129 parameters"),
		refuse("results", plugin().with(func(b *build) { b.typeOf(none, strings.Repeat(i32, 17)) }), "17 results"),
		refuse("values of calls", wide, "parameters and results of calls"),
		refuse("nesting", withCode(repeat(2_001, "block void"), repeat(2_001, "end")), "2001 nested blocks"),
		refuse("blocks", withCode(repeat(5_001, "block void end")), "5001 blocks"),
		refuse("bulk operations", withCode(repeat(5_001, "i32.const 0 i32.const 0 i32.const 0 memory.fill 0")), "5001 blocks"),
		refuse("locals x blocks", withLocals(20_001).with(func(b *build) { b.funcs[len(b.funcs)-1].code = asm(repeat(3, "block void end")) }), "60003 variables x blocks"),
		refuse("locals x loops", withLocals(250).with(func(b *build) { b.funcs[len(b.funcs)-1].code = asm(repeat(81, "loop void end")) }), "20250 variables x loops"),
		refuse("globals x loops", globals(250).with(func(b *build) { b.fn(none, none, repeat(81, "loop void end")) }), "20250 variables x loops"),
		refuse("jump table", withCode("i32.const 0 br_table 10000", repeat(10_001, "0")), "10001 jump table entries"),
		refuse("body", withCode(repeat(256<<10, "nop")), "262146 bytes of code; at most 262144"),
		refuse("branches out of one block", branches, "steps of compiling"),
		refuse("a chain of ifs that end", withLocals(20).with(func(b *build) {
			b.funcs[len(b.funcs)-1].code = asm(repeat(4_000, "local.get 0 if void unreachable end"))
		}), "steps of compiling"),
		refuse("a chain of loops", withCode(repeat(3_000, "loop void end")), "steps of compiling"),
		refuse("a chain of br_table", withLocals(20).with(func(b *build) {
			b.funcs[len(b.funcs)-1].code = asm("block void", repeat(2_500, "block void local.get 0 br_table 1 0 1 end"), "end")
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

// dangling refer to what is not there: some of it would be there after the rewrite.
func dangling() []refusal {
	set := func(change func(b *build)) *build { return plugin().with(change) }
	return []refusal{
		refuse("call of what is injected", withCode("call 4"), "function 3 refers to function 4, and there are 4"),
		refuse("global.get of the fuel", withCode("global.get 0 drop"), "refers to global 0, and there are 0"),
		refuse("global.set of the fuel", withCode("i64.const 0x7fffffff global.set 0"), "refers to global 0"),
		refuse("ref.func", withCode("ref.func 5 drop"), "refers to function 5"),
		refuse("call_indirect type", withCode("i32.const 0 call_indirect 99 0"), "refers to type 99", "refers to table 0"),
		refuse("block type", withCode("block 77 end"), "refers to type 77"),
		refuse("export", set(func(b *build) { b.exports = append(b.exports, wasm.Export{Name: "x", Index: 3}) }), "the export x refers to function 3"),
		refuse("exported global", set(func(b *build) { b.exports = append(b.exports, wasm.Export{Name: "x", Kind: wasm.ExternGlobal}) }), "the export x refers to global 0"),
		refuse("start", set(func(b *build) { b.start = 4 }), "the start section refers to function 3"),
		refuse("element", set(func(b *build) { b.elements = [][]byte{{1, 0, 1, 3}} }), "element segment 0 refers to function 3"),
		refuse("element expression", set(func(b *build) { b.elements = [][]byte{{5, 0x70, 1, 0xd2, 9, 0x0b}} }), "element segment 0 refers to function 9"),
		refuse("element table", set(func(b *build) { b.elements = [][]byte{{0, 0x41, 0, 0x0b, 0}} }), "element segment 0 refers to table 0"),
		refuse("global", set(func(b *build) { b.globals = [][]byte{{0x7e, 0, 0x23, 1, 0x0b}} }), "global 0 refers to global 1"),
		refuse("data offset", set(func(b *build) { b.data = [][]byte{{0, 0x23, 0, 0x0b, 0}} }), "data segment 0 refers to global 0"),
		refuse("function type", set(func(b *build) { b.funcs = append(b.funcs, function{typ: 50}) }), "function 3 refers to type 50"),
		refuse("import type", set(func(b *build) {
			b.imports = [][]byte{append(wasm.AppendBytes(wasm.AppendBytes(nil, "jackdaw_1"), "log"), 0, 60)}
		}), "the import jackdaw_1.log refers to type 60"),
		refuse("unclosed block", withCode("block void"), "does not close"),
		refuse("code after the end", withCode("end nop"), "follow the end"),
		refuse("unknown opcode", set(func(b *build) { b.funcs[0].code = []byte{0xc5} }), "unknown opcode 0xc5"),
		refuse("unknown miscellaneous opcode", set(func(b *build) { b.funcs[0].code = []byte{0xfc, 18} }), "unknown opcode 0xfc 18"),
		refuse("opcode in too many bytes", set(func(b *build) { b.funcs[0].code = []byte{0xfd, 0x8c, 0x00} }), "unknown opcode 0xfd 12"),
	}
}

func TestRefused(t *testing.T) {
	for group, refusals := range map[string][]refusal{"shape": shapes(), "feature": features(), "bomb": bombs(), "dangling": dangling()} {
		for _, r := range refusals {
			t.Run(group+"/"+r.name, func(t *testing.T) {
				m, err := meter.Check(r.wasm, meter.DefaultLimits(pages))
				if err == nil {
					t.Fatalf("accepted: %+v", m.Used)
				}
				for _, words := range r.words {
					if !strings.Contains(err.Error(), words) {
						t.Errorf("no %q among the reasons:\n%v", words, err)
					}
				}
				if len(err.Error()) > 20_000 {
					t.Errorf("the reasons take %d bytes", len(err.Error()))
				}
			})
		}
	}
}

// TestAllReasons: whoever gets a refusal gets all of it.
func TestAllReasons(t *testing.T) {
	b := base().importFunc("env", "a", "", "").importFunc("env", "b", "", "").importFunc("jackdaw_1", "log", "", "")
	b.imports = append(b.imports, append(wasm.AppendBytes(wasm.AppendBytes(nil, "env"), "g"), 3, 0x7e, 1))
	b.exports = append(b.exports, wasm.Export{Name: "_start", Index: 3}, wasm.Export{Name: "jd_validate", Index: 3})
	b.funcs = []function{{typ: b.typeOf("", ""), code: asm("global.get 0 drop", repeat(2_001, "block void"), repeat(2_001, "end"))}}
	b.without("memory")
	_, err := meter.Check(b.bytes(), meter.DefaultLimits(0))
	if strings.Contains(fmt.Sprint(err), "refers to") {
		t.Errorf("made-up reasons:\n%v", err)
	}
	for _, words := range []string{
		"pages of memory", "nested blocks", "env.a, env.b", "the global env.g is imported", "jackdaw_1.log has the type ()", "memory is missing", "jd_abi_1 is missing",
		"jd_reserve is missing", "is a command", "jd_validate has the type ()",
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("no %q among the reasons:\n%v", words, err)
		}
	}
}

// TestManyReasons cuts the list of what a hostile module does wrong in each of many functions.
func TestManyReasons(t *testing.T) {
	b := plugin()
	for range 10_000 {
		b.fn("", "", "call 99999999")
	}
	_, err := meter.Check(b.bytes(), meter.DefaultLimits(pages))
	if n := strings.Count(err.Error(), "\n"); n != 50 || !strings.HasSuffix(err.Error(), "\nand more") {
		t.Errorf("%d reasons", n)
	}
}

// TestCheckAllocates little for modules that declare much.
func TestCheckAllocates(t *testing.T) {
	for _, r := range bombs() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		meter.Check(r.wasm, meter.DefaultLimits(pages)) // refused: the tests above
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(64*len(r.wasm)+64<<10) {
			t.Errorf("%s: %d bytes allocated for a module of %d bytes", r.name, got, len(r.wasm))
		}
	}
}

func TestModule(t *testing.T) {
	b := base().importFunc("jackdaw_1", "log_level", "", i32).importFunc("wasi_snapshot_preview1", "sched_yield", "", i32).abi().
		export("jd_abi_2", i64, i64, "local.get 0"). // of a future that this broker does not know
		export("jd_later", "", "").
		export("jd_partition", i32+i32, i64, "i64.const 0").export("jd_serialize", i32+i32, i64, "i64.const 0")
	m, err := meter.Check(b.bytes(), meter.DefaultLimits(pages))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %v %v %t %d %d", m.Functions.Kinds(), m.Exports, m.Imports, m.WASI, m.MemoryMin, m.MemoryMax); got !=
		"[partitioner key.serializer value.serializer] [jd_abi_1 jd_partition jd_reserve jd_serialize] "+
			"[{jackdaw_1 log_level} {wasi_snapshot_preview1 sched_yield}] true 1 32" {
		t.Error(got)
	}
	if !m.Has("jd_partition") || m.Has("jd_validate") || m.Has("jd_later") {
		t.Error("Has")
	}
	one, _ := m.Instrument(7)
	if two, _ := m.Instrument(7); !bytes.Equal(one, two) {
		t.Error("two rewrites differ")
	}
}
