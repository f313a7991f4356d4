package meter_test

import (
	"fmt"
	"strings"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

const (
	programGlobals   = 2
	programFunctions = 4
	programLocals    = 4 // i32, after the two parameters
	programCounter   = 2 + programLocals
)

// program generates a valid plugin that ends, from choices. Every function has the type (i32, i32) -> i64, calls only functions
// before it, and has loops of few rounds, so that the original needs no meter to end.
func program(choices []byte) []byte {
	g := &generator{choices: choices}
	b := base().Import("jackdaw_1", "log_level", "", i32)
	b.Memories = [][]byte{{1, 1, 4}}
	b.Tables = [][]byte{{0x70, 1, 8, 16}, {0x6f, 1, 1, 16}}
	b.ABI() // functions 1 and 2
	b.TypeOf(i32+i64, i64+i32)
	for i := range programGlobals {
		b.Globals = append(b.Globals, global(int64(i)))
		b.Exports = append(b.Exports, wasm.Export{Name: fmt.Sprint("g", i), Kind: wasm.ExternGlobal, Index: uint32(i)})
	}
	g.signature, g.pair, g.passing = b.TypeOf(i32+i32, i64), b.TypeOf(i32+i64, i64+i32), b.TypeOf(i32, i32)
	b.Func(i32+i32, i64, "local.get 0 i64.extend_i32_u") // function 3, the target of indirect calls: they can't recurse
	for range programFunctions {
		g.functions = append(g.functions, b.Func(i32+i32, i64, g.body()))
		b.Funcs[len(b.Funcs)-1].Locals = localRuns(programLocals + maxDepth)
	}
	b.Exports = append(b.Exports, wasm.Export{Name: "jd_validate", Index: g.functions[programFunctions-1]})
	b.Elements = [][]byte{
		{0, 0x41, 0, 0x0b, 3, 1, 2, 0}, // active: jd_abi_1, jd_reserve, the import
		{1, 0, 2, 1, 3},                // passive: jd_abi_1 and function 3
		{5, 0x70, 2, 0xd2, 2, 0x0b, 0xd0, 0x70, 0x0b},
		{3, 0, 2, 0, 3}, // declared: the import and function 3
	}
	b.Data = [][]byte{{0, 0x41, 8, 0x0b, 4, 'a', 'b', 'c', 'd'}, {1, 3, 'x', 'y', 'z'}}
	return b.Bytes()
}

const maxDepth = 3

// generator turns choices into code. When they run out it chooses 0, which ends things.
type generator struct {
	choices         []byte
	functions       []uint32
	signature, pair uint32
	passing         uint32 // the type of a loop that takes an i32 and leaves one
	out             strings.Builder
	depth           int
	statements      int
	calls           int
}

func (g *generator) choose(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := g.choices[0]
	g.choices = g.choices[1:]
	return int(c) % n
}

func (g *generator) emit(format string, args ...any) { fmt.Fprintf(&g.out, format+" ", args...) }

func (g *generator) body() string {
	g.out.Reset()
	g.depth, g.statements, g.calls = 0, 0, 0
	g.block()
	g.emit("global.get 0")
	g.value()
	g.emit("i64.extend_i32_u i64.add")
	return g.out.String()
}

func (g *generator) block() {
	for range 1 + g.choose(6) {
		if g.statements++; g.statements < 40 {
			g.statement()
		}
	}
}

func (g *generator) local() int { return g.choose(2 + programLocals) }

// value emits code that leaves an i32.
func (g *generator) value() {
	switch g.choose(12) {
	case 0:
		g.emit("local.get %d", g.local())
	case 1:
		g.emit("i32.const %d", g.choose(256)*g.choose(256))
	case 2:
		g.emit("local.get %d local.get %d i32.add", g.local(), g.local())
	case 3:
		g.emit("local.get %d i32.const 65535 i32.rem_u i32.load 2 %d", g.local(), g.choose(200))
	case 4:
		g.emit("global.get %d i32.wrap_i64", g.choose(programGlobals))
	case 5:
		g.emit("local.get %d local.get %d i32.mul i32.extend8_s", g.local(), g.local())
	case 6:
		g.emit("memory.size 0 table.size %d i32.xor", g.choose(2))
	case 7:
		g.emit("local.get %d i32x4.splat local.get %d i32x4.splat i32x4.add i32x4.extract_lane %d", g.local(), g.local(), g.choose(4))
	case 8:
		g.emit("local.get %d f32.convert_i32_u i32.trunc_sat_f32_s", g.local())
	case 9:
		g.emit("local.get %d local.get %d i32.div_u", g.local(), g.local()) // may trap
	case 10:
		g.emit("local.get %d i32.const 7 i32.rem_u table.get 0 ref.is_null", g.local())
	case 11:
		g.emit("local.get %d i64.const %d block %d drop drop i64.const 3 local.get 0 local.get 1 br_if 0 end drop i32.wrap_i64", g.local(), g.choose(9), g.pair)
	}
}

func (g *generator) small() string { return fmt.Sprintf("i32.const %d", g.choose(40)) }

func (g *generator) statement() {
	switch kind := g.choose(22); {
	case kind < 5:
		g.value()
		g.emit("local.set %d", 2+g.choose(programLocals))
	case (kind < 8 || kind >= 20) && g.depth < maxDepth:
		g.nested(kind)
	case kind < 10 && g.depth > 0:
		g.value()
		g.emit("br_if %d", g.forward())
	case kind == 10:
		g.value()
		g.emit("i64.extend_i32_u global.set %d", g.choose(programGlobals))
	case kind == 11:
		g.emit("i32.const %d", g.choose(256)*64)
		g.value()
		g.emit("i32.store 2 %d", g.choose(64))
	case kind == 12 && len(g.functions) > 0 && g.calls < 2:
		g.calls++
		g.value()
		g.value()
		g.emit("call %d global.set 0", g.functions[g.choose(len(g.functions))])
	case kind == 13:
		g.emit("call 0 drop")
	case kind == 14:
		g.value()
		g.value()
		g.emit("%s call_indirect %d 0 global.set 1", g.small(), g.signature) // traps unless the entry was set
	case kind == 15:
		g.emit("i32.const %d ref.func 3 table.set 0", g.choose(9))
	default:
		g.bulk()
	}
}

func (g *generator) bulk() {
	a, b, n := g.small(), g.small(), g.small()
	g.emit("%s", [...]string{
		a + " " + b + " " + n + " memory.fill 0",
		a + " " + b + " " + n + " memory.copy 0 0",
		a + " i32.const 0 i32.const 2 memory.init 1 0",
		"i32.const " + fmt.Sprint(g.choose(3)) + " memory.grow 0 local.set 2",
		"ref.null funcref i32.const 1 table.grow 0 local.set 3",
		"i32.const 0 i32.const 1 i32.const 2 table.copy 0 0",
		a + " i32.const 0 i32.const 2 table.init 1 0", // may trap
		"i32.const 3 ref.func 0 i32.const 2 table.fill 0",
		"data.drop 1",
		"elem.drop 2",
		"i32.const -8 i32.const 0 i32.const -1 memory.fill 0", // traps
	}[g.choose(11)])
}

// forward is the label of an open block that is no loop: loops are left by their counter alone. All of them are wrapped in a
// block, so the labels 1, 3, ... of nested() are those of blocks.
func (g *generator) forward() int { return 2*g.choose(g.depth) + 1 }

// nested emits a block, an if or a loop, each inside of a block and so two labels deep. A loop goes on by its last branch, by a
// jump table, or with a value.
func (g *generator) nested(kind int) {
	counter := programCounter + g.depth
	g.depth++
	switch kind {
	case 5:
		g.emit("block void block void")
		g.block()
		g.value()
		g.emit("br_table 2 0 1 0 end end")
	case 6:
		g.emit("block void")
		g.value()
		g.emit("if void")
		g.block()
		g.emit("else")
		g.block()
		g.emit("end end")
	case 7:
		g.emit("i32.const %d local.set %d block void loop void", 1+g.choose(3), counter)
		g.block()
		g.emit("local.get %d i32.const 1 i32.sub local.tee %d br_if 0 end end", counter, counter)
	case 20:
		g.emit("i32.const %d local.set %d block void loop void", 1+g.choose(3), counter)
		g.block()
		g.emit("local.get %d i32.const 1 i32.sub local.tee %d br_table 2 1 0 0 end end", counter, counter)
	case 21:
		g.emit("block void i32.const %d loop %d local.set %d", 1+g.choose(3), g.passing, counter)
		g.block()
		g.emit("local.get %d i32.const 1 i32.sub local.tee %d local.get %d br_if 0 end local.set %d end", counter, counter, counter, counter)
	}
	g.depth--
}
