package meter_test

import (
	"encoding/binary"
	"strconv"
	"strings"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// build is a module under construction. Its zero value is an empty module; plugin() starts from the smallest valid plugin.
type build struct {
	types    []wasm.FuncType
	imports  [][]byte // encoded entries
	funcs    []function
	tables   [][]byte
	memories [][]byte
	globals  [][]byte
	exports  []wasm.Export
	start    int // function index + 1
	elements [][]byte
	data     [][]byte
	customs  [][]byte // encoded sections after the header
}

type function struct {
	typ    uint32
	locals []byte // encoded; none if nil
	code   []byte // without the last end
}

// Value types, as strings of a FuncType.
const (
	i32  = "\x7f"
	i64  = "\x7e"
	v128 = "\x7b"
)

func (b *build) typeOf(params, results string) uint32 {
	t := wasm.FuncType{Params: params, Results: results}
	for i, known := range b.types {
		if known == t {
			return uint32(i)
		}
	}
	b.types = append(b.types, t)
	return uint32(len(b.types) - 1)
}

// fn adds a function and returns its index. All imports must have been added before.
func (b *build) fn(params, results string, code ...string) uint32 {
	b.funcs = append(b.funcs, function{typ: b.typeOf(params, results), code: asm(code...)})
	return uint32(len(b.imports) + len(b.funcs) - 1)
}

// export adds a function and exports it.
func (b *build) export(name, params, results string, code ...string) *build {
	b.exports = append(b.exports, wasm.Export{Name: name, Index: b.fn(params, results, code...)})
	return b
}

func (b *build) importFunc(module, name, params, results string) *build {
	entry := wasm.AppendBytes(wasm.AppendBytes(nil, module), name)
	b.imports = append(b.imports, wasm.AppendU32(append(entry, 0), b.typeOf(params, results)))
	return b
}

// with changes the module and returns it.
func (b *build) with(change func(*build)) *build {
	change(b)
	return b
}

// without removes an export.
func (b *build) without(name string) *build {
	for i, e := range b.exports {
		if e.Name == name {
			b.exports = append(b.exports[:i:i], b.exports[i+1:]...)
			break
		}
	}
	return b
}

// base is a module with a memory of one page and the two exports that every plugin has.
func base() *build {
	b := &build{memories: [][]byte{{0, 1}}, exports: []wasm.Export{{Name: "memory", Kind: wasm.ExternMemory}}}
	return b
}

// plugin is the smallest plugin: it keeps every record.
func plugin() *build {
	return base().abi().export("jd_validate", i32+i32, i64, "i64.const 0")
}

// abi adds what every plugin exports.
func (b *build) abi() *build {
	return b.export("jd_abi_1", "", i32, "i32.const 0").export("jd_reserve", i32, i32, "i32.const 1024")
}

func (b *build) bytes() []byte {
	out := wasm.AppendHeader(nil)
	for _, c := range b.customs {
		out = append(out, c...)
	}
	section := func(id wasm.SectionID, entries [][]byte) {
		if len(entries) > 0 {
			out = wasm.AppendSection(out, id, vector(entries))
		}
	}
	var types, functions, exports, bodies [][]byte
	for _, t := range b.types {
		types = append(types, t.Append(nil))
	}
	for _, f := range b.funcs {
		functions = append(functions, wasm.AppendU32(nil, f.typ))
		locals := f.locals
		if locals == nil {
			locals = []byte{0}
		}
		body := append(append(locals[:len(locals):len(locals)], f.code...), 0x0b)
		bodies = append(bodies, wasm.AppendBytes(nil, body))
	}
	for _, e := range b.exports {
		exports = append(exports, wasm.AppendU32(append(wasm.AppendBytes(nil, e.Name), byte(e.Kind)), e.Index))
	}
	section(wasm.SectionType, types)
	section(wasm.SectionImport, b.imports)
	section(wasm.SectionFunction, functions)
	section(wasm.SectionTable, b.tables)
	section(wasm.SectionMemory, b.memories)
	section(wasm.SectionGlobal, b.globals)
	section(wasm.SectionExport, exports)
	if b.start > 0 {
		out = wasm.AppendSection(out, wasm.SectionStart, wasm.AppendU32(nil, uint32(b.start-1)))
	}
	section(wasm.SectionElement, b.elements)
	if len(b.data) > 0 {
		out = wasm.AppendSection(out, wasm.SectionDataCount, wasm.AppendU32(nil, uint32(len(b.data))))
	}
	section(wasm.SectionCode, bodies)
	section(wasm.SectionData, b.data)
	return out
}

func vector(entries [][]byte) []byte {
	content := wasm.AppendU32(nil, uint32(len(entries)))
	for _, e := range entries {
		content = append(content, e...)
	}
	return content
}

// mnemonics are the operators that asm knows, with the number of their immediates.
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

// asm assembles operators in the order of the binary format: "i32.const 1 br_if 0". Block types are "void", "i32", "i64" or a
// type index; br_table is followed by its number of labels and them, the default last.
func asm(code ...string) []byte {
	var out []byte
	words := strings.Fields(strings.Join(code, " "))
	for i := 0; i < len(words); {
		m, ok := mnemonics[words[i]]
		if !ok {
			panic("asm: unknown operator " + words[i])
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
		return append(out, i32...)
	case "i64":
		return append(out, i64...)
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

// repeat is code repeated n times.
func repeat(n int, code string) string { return strings.Repeat(code+" ", n) }

// runs encodes the declarations of n locals of type i32.
func localRuns(n ...uint32) []byte {
	out := wasm.AppendU32(nil, uint32(len(n)))
	for _, count := range n {
		out = append(wasm.AppendU32(out, count), i32...)
	}
	return out
}

func global(initial int64) []byte {
	return append(wasm.AppendI64Const([]byte{i64[0], 1}, initial), 0x0b)
}
