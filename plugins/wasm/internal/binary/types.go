package binary

import "strings"

// ValueType is the type of a value, as the binary format encodes it.
type ValueType byte

// The value types of WebAssembly 2.0.
const (
	I32       ValueType = 0x7f
	I64       ValueType = 0x7e
	F32       ValueType = 0x7d
	F64       ValueType = 0x7c
	V128      ValueType = 0x7b
	FuncRef   ValueType = 0x70
	ExternRef ValueType = 0x6f
)

func (v ValueType) String() string {
	switch v {
	case I32:
		return "i32"
	case I64:
		return "i64"
	case F32:
		return "f32"
	case F64:
		return "f64"
	case V128:
		return "v128"
	case FuncRef:
		return "funcref"
	case ExternRef:
		return "externref"
	}
	return "unknown"
}

// FuncType is the type of a function. Params and Results hold one byte, a ValueType, per value, so types compare with ==.
type FuncType struct {
	Params, Results string
}

// Func builds a function type.
func Func(params, results []ValueType) FuncType {
	return FuncType{encodeTypes(params), encodeTypes(results)}
}

func encodeTypes(types []ValueType) string {
	var b strings.Builder
	for _, t := range types {
		b.WriteByte(byte(t))
	}
	return b.String()
}

// String shows the type as the ABI does: "(i32, i32) -> i64".
func (t FuncType) String() string {
	list := func(types string) string {
		names := make([]string, len(types))
		for i := range names {
			names[i] = ValueType(types[i]).String()
		}
		return strings.Join(names, ", ")
	}
	switch len(t.Results) {
	case 0:
		return "(" + list(t.Params) + ")"
	case 1:
		return "(" + list(t.Params) + ") -> " + list(t.Results)
	}
	return "(" + list(t.Params) + ") -> (" + list(t.Results) + ")"
}

// ExternKind is what an import or an export refers to.
type ExternKind byte

// The kinds of imports and exports.
const (
	ExternFunc ExternKind = iota
	ExternTable
	ExternMemory
	ExternGlobal
)

func (k ExternKind) String() string {
	return [...]string{"function", "table", "memory", "global"}[k&3]
}

// Import is one import. Type is the type index of a function; the types of other imports are not kept, because plugins can't
// import them.
type Import struct {
	Module, Name string
	Kind         ExternKind
	Type         uint32
}

// Export is one export.
type Export struct {
	Name  string
	Kind  ExternKind
	Index uint32
}

// Limits is the size of a memory in pages of 64 KiB, or of a table in entries.
type Limits struct {
	Min, Max uint32
	HasMax   bool
}

// Table is one table.
type Table struct {
	Type ValueType // FuncRef or ExternRef
	Limits
}

// Global is one global variable.
type Global struct {
	Type    ValueType
	Mutable bool
	Init    ConstExpr
}

// ConstExpr is a constant expression of one operator. Index is the global of OpGlobalGet or the function of OpRefFunc.
type ConstExpr struct {
	Op    Opcode
	Index uint32
	Raw   []byte // the whole expression with its end
}

// Element is a segment of table entries.
type Element struct {
	Flags  uint32 // bit 0 passive or declarative, bit 1 table index or declarative, bit 2 Init holds expressions
	Table  uint32
	Offset ConstExpr // of an active segment
	Type   ValueType
	Count  int
	Init   []byte // Count function indices, or expressions
}

// Active tells whether instantiation copies the segment into its table.
func (e *Element) Active() bool { return e.Flags&1 == 0 }

// Data is a segment of memory contents.
type Data struct {
	Flags  uint32    // 1 passive
	Offset ConstExpr // of an active segment
	Init   []byte
}

// Body is the code of one function: its locals in runs of one type, then its expression.
type Body struct {
	Offset int    // of Raw in the module
	Raw    []byte // declarations of locals and expression
	Code   int    // where in Raw the expression begins
	Locals uint64 // declared locals, parameters not counted; more than 32 bits' worth can be declared in a few bytes
}

// Module is a decoded module. It refers to the bytes that it was decoded from.
type Module struct {
	Types     []FuncType
	Imports   []Import
	Functions []uint32 // type index of each defined function
	Tables    []Table
	Memories  []Limits
	Globals   []Global
	Exports   []Export
	Start     uint32
	HasStart  bool
	Elements  []Element
	DataCount uint32
	HasCount  bool
	Bodies    []Body
	Data      []Data
	Names     map[uint32]string // function names of the name section; empty when there is none or it is malformed

	imported []uint32 // type index of each imported function
}

// ImportedFunctions is the number of functions that are imported. They come first in the index space of functions.
func (m *Module) ImportedFunctions() int { return len(m.imported) }

// TypeAt is a type of the type section; not ok if there is none with this index.
func (m *Module) TypeAt(index uint32) (t FuncType, ok bool) {
	if uint64(index) >= uint64(len(m.Types)) {
		return t, false
	}
	return m.Types[index], true
}

// FunctionType is the type of a function of the index space; not ok if an index on the way is out of range.
func (m *Module) FunctionType(index uint32) (t FuncType, ok bool) {
	n := uint64(index)
	if n < uint64(len(m.imported)) {
		return m.TypeAt(m.imported[n])
	}
	if n -= uint64(len(m.imported)); n < uint64(len(m.Functions)) {
		return m.TypeAt(m.Functions[n])
	}
	return t, false
}
