package wasmtest

import (
	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// Dangling refer to what is not there: some of it would be there after the rewrite.
func Dangling() []Module {
	set := func(change func(b *build)) *build { return plugin().With(change) }
	return []Module{
		refuse("call of what is injected", withCode("call 4"), "function 3 refers to function 4, and there are 4"),
		refuse("global.get of the fuel", withCode("global.get 0 drop"), "refers to global 0, and there are 0"),
		refuse("global.set of the fuel", withCode("i64.const 0x7fffffff global.set 0"), "refers to global 0"),
		refuse("ref.func", withCode("ref.func 5 drop"), "refers to function 5"),
		refuse("table.get of the references", withCode("ref.func 0 drop i32.const 0 table.get 0 drop"), "refers to table 0, and there are 0"),
		refuse("table.set of the references", withCode("i32.const 0 ref.func 0 table.set 0"), "refers to table 0"),
		refuse("table.init of the references", withCode("i32.const 0 i32.const 0 i32.const 1 table.init 0 0"), "refers to element segment 0", "refers to table 0"),
		refuse("elem.drop of the references", withCode("ref.func 0 drop elem.drop 0"), "refers to element segment 0, and there are 0"),
		refuse("call_indirect type", withCode("i32.const 0 call_indirect 99 0"), "refers to type 99", "refers to table 0"),
		refuse("block type", withCode("block 77 end"), "refers to type 77"),
		refuse("export", set(func(b *build) { b.Exports = append(b.Exports, wasm.Export{Name: "x", Index: 3}) }), "the export x refers to function 3"),
		refuse("exported global", set(func(b *build) { b.Exports = append(b.Exports, wasm.Export{Name: "x", Kind: wasm.ExternGlobal}) }), "the export x refers to global 0"),
		refuse("start", set(func(b *build) { b.Start = 4 }), "the start section refers to function 3"),
		refuse("element", set(func(b *build) { b.Elements = [][]byte{{1, 0, 1, 3}} }), "element segment 0 refers to function 3"),
		refuse("element expression", set(func(b *build) { b.Elements = [][]byte{{5, 0x70, 1, 0xd2, 9, 0x0b}} }), "element segment 0 refers to function 9"),
		refuse("element table", set(func(b *build) { b.Elements = [][]byte{{0, 0x41, 0, 0x0b, 0}} }), "element segment 0 refers to table 0"),
		refuse("global", set(func(b *build) { b.Globals = [][]byte{{0x7e, 0, 0x23, 1, 0x0b}} }), "global 0 refers to global 1"),
		refuse("data offset", set(func(b *build) { b.Data = [][]byte{{0, 0x23, 0, 0x0b, 0}} }), "data segment 0 refers to global 0"),
		refuse("function type", set(func(b *build) { b.Funcs = append(b.Funcs, function{Type: 50}) }), "function 3 refers to type 50"),
		refuse("import type", set(func(b *build) {
			b.Imports = [][]byte{append(wasm.AppendBytes(wasm.AppendBytes(nil, "jackdaw_1"), "log"), 0, 60)}
		}), "the import jackdaw_1.log refers to type 60"),
		refuse("unclosed block", withCode("block void"), "does not close"),
		refuse("code after the end", withCode("end nop"), "follow the end"),
		refuse("unknown opcode", set(func(b *build) { b.Funcs[0].Code = []byte{0xc5} }), "unknown opcode 0xc5"),
		refuse("unknown miscellaneous opcode", set(func(b *build) { b.Funcs[0].Code = []byte{0xfc, 18} }), "unknown opcode 0xfc 18"),
		refuse("opcode in too many bytes", set(func(b *build) { b.Funcs[0].Code = []byte{0xfd, 0x8c, 0x00} }), "unknown opcode 0xfd 12"),
	}
}
