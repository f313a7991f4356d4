// Package assemble makes WebAssembly modules for tests: valid plugins, and modules that no assembler would make.
package assemble

import (
	"encoding/binary"
	"strconv"
	"strings"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// Module is a module under construction, by sections. Its zero value is an empty module; Plugin starts from the smallest valid plugin.
type Module struct {
	Types    []wasm.FuncType
	Imports  [][]byte // encoded entries
	Funcs    []Function
	Tables   [][]byte
	Memories [][]byte
	Globals  [][]byte
	Exports  []wasm.Export
	Start    int // function index + 1
	Elements [][]byte
	Data     [][]byte
	Customs  [][]byte // encoded sections after the header
}

// Function is an entry of the function and of the code section.
type Function struct {
	Type   uint32
	Locals []byte // encoded; none if nil
	Code   []byte // without the last end
}

// Value types, as strings of a FuncType.
const (
	I32  = "\x7f"
	I64  = "\x7e"
	V128 = "\x7b"
)

// TypeOf returns the index of a function type, which it adds when it is new.
func (b *Module) TypeOf(params, results string) uint32 {
	t := wasm.FuncType{Params: params, Results: results}
	for i, known := range b.Types {
		if known == t {
			return uint32(i)
		}
	}
	b.Types = append(b.Types, t)
	return uint32(len(b.Types) - 1)
}

// Func adds a function and returns its index. All imports must have been added before.
func (b *Module) Func(params, results string, code ...string) uint32 {
	b.Funcs = append(b.Funcs, Function{Type: b.TypeOf(params, results), Code: Assemble(code...)})
	return uint32(len(b.Imports) + len(b.Funcs) - 1)
}

// Export adds a function and exports it.
func (b *Module) Export(name, params, results string, code ...string) *Module {
	b.Exports = append(b.Exports, wasm.Export{Name: name, Index: b.Func(params, results, code...)})
	return b
}

// Import adds a function that is imported.
func (b *Module) Import(module, name, params, results string) *Module {
	entry := wasm.AppendBytes(wasm.AppendBytes(nil, module), name)
	b.Imports = append(b.Imports, wasm.AppendU32(append(entry, 0), b.TypeOf(params, results)))
	return b
}

// With changes the module and returns it.
func (b *Module) With(change func(*Module)) *Module {
	change(b)
	return b
}

// Without removes an export.
func (b *Module) Without(name string) *Module {
	for i, e := range b.Exports {
		if e.Name == name {
			b.Exports = append(b.Exports[:i:i], b.Exports[i+1:]...)
			break
		}
	}
	return b
}

// Base is a module with an exported memory of one page.
func Base() *Module {
	b := &Module{Memories: [][]byte{{0, 1}}, Exports: []wasm.Export{{Name: "memory", Kind: wasm.ExternMemory}}}
	return b
}

// Plugin is the smallest plugin: it keeps every record.
func Plugin() *Module {
	return Base().ABI().Export("jd_validate", I32+I32, I64, "i64.const 0")
}

// ABI adds what every plugin exports.
func (b *Module) ABI() *Module {
	return b.Export("jd_abi_1", "", I32, "i32.const 0").Export("jd_reserve", I32, I32, "i32.const 1024")
}

// Bytes returns the module in the binary format.
func (b *Module) Bytes() []byte {
	out := wasm.AppendHeader(nil)
	for _, c := range b.Customs {
		out = append(out, c...)
	}
	section := func(id wasm.SectionID, entries [][]byte) {
		if len(entries) > 0 {
			out = wasm.AppendSection(out, id, vector(entries))
		}
	}
	var types, functions, exports, bodies [][]byte
	for _, t := range b.Types {
		types = append(types, t.Append(nil))
	}
	for _, f := range b.Funcs {
		functions = append(functions, wasm.AppendU32(nil, f.Type))
		locals := f.Locals
		if locals == nil {
			locals = []byte{0}
		}
		body := append(append(locals[:len(locals):len(locals)], f.Code...), 0x0b)
		bodies = append(bodies, wasm.AppendBytes(nil, body))
	}
	for _, e := range b.Exports {
		exports = append(exports, wasm.AppendU32(append(wasm.AppendBytes(nil, e.Name), byte(e.Kind)), e.Index))
	}
	section(wasm.SectionType, types)
	section(wasm.SectionImport, b.Imports)
	section(wasm.SectionFunction, functions)
	section(wasm.SectionTable, b.Tables)
	section(wasm.SectionMemory, b.Memories)
	section(wasm.SectionGlobal, b.Globals)
	section(wasm.SectionExport, exports)
	if b.Start > 0 {
		out = wasm.AppendSection(out, wasm.SectionStart, wasm.AppendU32(nil, uint32(b.Start-1)))
	}
	section(wasm.SectionElement, b.Elements)
	if len(b.Data) > 0 {
		out = wasm.AppendSection(out, wasm.SectionDataCount, wasm.AppendU32(nil, uint32(len(b.Data))))
	}
	section(wasm.SectionCode, bodies)
	section(wasm.SectionData, b.Data)
	return out
}

func vector(entries [][]byte) []byte {
	content := wasm.AppendU32(nil, uint32(len(entries)))
	for _, e := range entries {
		content = append(content, e...)
	}
	return content
}

// mnemonics are the operators that Assemble knows, with the number of their immediates.
var mnemonics = map[string]struct {
	op         wasm.Opcode
	immediates int
}{
	"unreachable": {0x00, 0}, "nop": {0x01, 0}, "block": {0x02, 1}, "loop": {0x03, 1}, "if": {0x04, 1}, "else": {0x05, 0}, "end": {0x0b, 0},
	"br": {0x0c, 1}, "br_if": {0x0d, 1}, "br_table": {0x0e, -1}, "return": {0x0f, 0}, "call": {0x10, 1}, "call_indirect": {0x11, 2},
	"return_call": {0x12, 1}, "drop": {0x1a, 0}, "select": {0x1b, 0},
	"local.get": {0x20, 1}, "local.set": {0x21, 1}, "local.tee": {0x22, 1}, "global.get": {0x23, 1}, "global.set": {0x24, 1},
	"table.get": {0x25, 1}, "table.set": {0x26, 1}, "i32.load": {0x28, 2}, "i64.load": {0x29, 2}, "i32.store": {0x36, 2}, "i64.store": {0x37, 2},
	"memory.size": {0x3f, 1}, "memory.grow": {0x40, 1}, "i32.const": {0x41, 1}, "i64.const": {0x42, 1},
	"i32.eqz": {0x45, 0}, "i32.lt_u": {0x49, 0}, "i32.add": {0x6a, 0}, "i32.sub": {0x6b, 0}, "i32.mul": {0x6c, 0}, "i32.div_u": {0x6e, 0}, "i32.xor": {0x73, 0},
	"i64.add": {0x7c, 0}, "i64.sub": {0x7d, 0}, "i64.mul": {0x7e, 0}, "i64.xor": {0x85, 0}, "i32.wrap_i64": {0xa7, 0}, "i64.extend_i32_u": {0xad, 0},
	"i32.extend8_s": {0xc0, 0}, "i32.rem_u": {0x70, 0}, "i32.rotl": {0x77, 0},
	"ref.null": {0xd0, 1}, "ref.is_null": {0xd1, 0}, "ref.func": {0xd2, 1},
	"i32.trunc_sat_f32_s": {0xfc00, 0}, "memory.init": {0xfc08, 2}, "data.drop": {0xfc09, 1}, "memory.copy": {0xfc0a, 2}, "memory.fill": {0xfc0b, 1},
	"table.init": {0xfc0c, 2}, "elem.drop": {0xfc0d, 1}, "table.copy": {0xfc0e, 2}, "table.grow": {0xfc0f, 1}, "table.size": {0xfc10, 1}, "table.fill": {0xfc11, 1},
	"f32.convert_i32_u": {0xb3, 0}, "i32x4.splat": {0xfd11, 0}, "i32x4.extract_lane": {0xfd1b, 1}, "i32x4.add": {0xfdae, 0},
	"memory.atomic.notify": {0xfe00, 2}, "throw": {0x08, 1}, "struct.new": {0xfb00, 1}, "ref.as_non_null": {0xd4, 0},
}

// Assemble assembles operators in the order of the binary format: "i32.const 1 br_if 0". Block types are "void", "i32", "i64" or a
// type index; br_table is followed by its number of labels and them, the default last.
func Assemble(code ...string) []byte {
	var out []byte
	words := strings.Fields(strings.Join(code, " "))
	for i := 0; i < len(words); {
		m, ok := mnemonics[words[i]]
		if !ok {
			panic("assemble: unknown operator " + words[i])
		}
		if m.op < 0xfe00 || m.op > 0xfeff {
			out = wasm.AppendOp(out, m.op)
		} else {
			out = append(out, 0xfe, byte(m.op))
		}
		n := m.immediates
		if n < 0 {
			labels, err := strconv.Atoi(words[i+1])
			if err != nil {
				panic(err)
			}
			n = labels + 2
		}
		for _, word := range words[i+1 : i+1+n] {
			out = appendImmediate(out, m.op, word)
		}
		i += 1 + n
	}
	return out
}

func appendImmediate(out []byte, op wasm.Opcode, word string) []byte {
	switch word {
	case "void":
		return append(out, 0x40)
	case "i32":
		return append(out, I32...)
	case "i64":
		return append(out, I64...)
	case "funcref":
		return append(out, byte(wasm.FuncRef))
	}
	v, err := strconv.ParseInt(word, 0, 64)
	if err != nil {
		panic(err)
	}
	if op == wasm.OpI32Const {
		return wasm.AppendS64(out, int64(int32(v)))
	}
	if op == wasm.OpI64Const || op == wasm.OpBlock || op == wasm.OpLoop || op == wasm.OpIf {
		return wasm.AppendS64(out, v)
	}
	return binary.AppendUvarint(out, uint64(v))
}

// Repeat is code repeated n times.
func Repeat(n int, code string) string { return strings.Repeat(code+" ", n) }

// LocalRuns encodes the declarations of n locals of type I32.
func LocalRuns(n ...uint32) []byte {
	out := wasm.AppendU32(nil, uint32(len(n)))
	for _, count := range n {
		out = append(wasm.AppendU32(out, count), I32...)
	}
	return out
}

// Global encodes a mutable global of type i64.
func Global(initial int64) []byte {
	return append(wasm.AppendI64Const([]byte{I64[0], 1}, initial), 0x0b)
}
