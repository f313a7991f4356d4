package meter

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// What a rewritten module needs from its host.
//
// It imports HostModule.RefillFunction, of the type (i64) -> i64, and calls it whenever it has spent its fuel. The argument is
// the fuel that is left, below zero by what was charged and not there; the result is the fuel to go on with. The host traps
// instead when the budget of the call is spent. The fuel itself is the global FuelGlobal, a mutable i64, which the host sets
// before a call and reads after it, and from which host functions subtract.
const (
	HostModule     = "__jd"
	RefillFunction = "refill"
	FuelGlobal     = injected + "fuel"
	// DepthGlobal is a mutable i32: about how many bytes of stack the calls under way take. A host looks at it when it is asked
	// for fuel: between two times a module can't call much deeper. A trap leaves it as it was.
	DepthGlobal = injected + "depth"
)

// Instrument returns the module with the meter inside: it charges for every function entered, every iteration of a loop, every
// call of the host and every operation on memory or tables, before they run. Its memory and tables are bounded by the limits of
// Check. The module starts with initialFuel, because its start function runs before a host can set any.
//
// The result is validated by the engine like any module. Nothing that the original says can name what is injected, and only
// stack-neutral code is added, so it is valid exactly if the original is.
func (m *Module) Instrument(initialFuel int64) ([]byte, error) {
	r := newRewriter(m.decoded)
	code, err := r.code()
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, m.size+m.size/2)
	out = binary.AppendHeader(out)
	section := func(id binary.SectionID, present bool, content []byte) {
		if present {
			out = binary.AppendSection(out, id, content)
		}
	}
	d := m.decoded
	section(binary.SectionType, true, r.types())
	section(binary.SectionImport, true, r.imports())
	section(binary.SectionFunction, true, r.functions())
	section(binary.SectionTable, len(d.Tables)+len(r.referred) > 0, r.tables())
	section(binary.SectionMemory, len(d.Memories) > 0, r.memories())
	section(binary.SectionGlobal, true, r.globals(initialFuel))
	section(binary.SectionExport, true, r.exports())
	section(binary.SectionStart, d.HasStart, binary.AppendU32(nil, r.function(d.Start)))
	section(binary.SectionElement, len(d.Elements)+len(r.referred) > 0, r.elements())
	section(binary.SectionDataCount, d.HasCount, binary.AppendU32(nil, d.DataCount))
	section(binary.SectionCode, true, code)
	section(binary.SectionData, len(d.Data) > 0, r.data())
	if len(out) > math.MaxUint32 {
		return nil, fmt.Errorf("the rewritten module has %d bytes", len(out))
	}
	return binary.AppendNames(out, r.names()), nil
}

// rewriter knows where everything goes. The index space of functions becomes: the original imports, the refill import, the
// original functions, a gate for each original import, then the two functions of the meter. What called an import calls its
// gate, which charges for the call; so calls through tables pay as well.
type rewriter struct {
	*binary.Module
	imported, defined uint32
	fuel              uint32            // the global; the next one is the depth
	leaves            []bool            // the functions that call nothing
	refillType        uint32            // (i64) -> i64, the first of the injected types
	passes            map[uint32]uint32 // by the type of a loop: the injected type from its parameters to themselves
	passed            []binary.FuncType // these types, in the order of their indexes
	entries           map[uint32]uint32 // by function, as the original numbers it: its entry in the injected table
	referred          []uint32          // these functions, in the order of their entries
}

func newRewriter(m *binary.Module) *rewriter {
	return &rewriter{
		Module: m, imported: uint32(m.ImportedFunctions()), defined: uint32(len(m.Functions)),
		fuel: uint32(len(m.Globals)), refillType: uint32(len(m.Types)), passes: make(map[uint32]uint32), entries: make(map[uint32]uint32),
	}
}

func (r *rewriter) refill() uint32        { return r.imported }
func (r *rewriter) depth() uint32         { return r.fuel + 1 }
func (r *rewriter) gate(i uint32) uint32  { return r.imported + 1 + r.defined + i }
func (r *rewriter) spent() uint32         { return r.gate(r.imported) }
func (r *rewriter) pay() uint32           { return r.spent() + 1 }
func (r *rewriter) spentType() uint32     { return r.refillType + 1 }
func (r *rewriter) payType() uint32       { return r.refillType + 2 }
func (r *rewriter) functionCount() uint32 { return r.defined + r.imported + 2 }

// entry is where the injected table holds a reference to a function. wazero makes a new reference, on the Go heap, whenever
// ref.func runs, and keeps it as long as the instance; a table's are made once.
func (r *rewriter) entry(function uint32) uint32 {
	entry, known := r.entries[function]
	if !known {
		entry = uint32(len(r.referred))
		r.entries[function] = entry
		r.referred = append(r.referred, function)
	}
	return entry
}

// through is the type of the block around a loop's contents, if the loop has parameters.
func (r *rewriter) through(kind uint32) (index uint32, params bool) {
	t, ok := r.TypeAt(kind)
	if !ok || t.Params == "" {
		return 0, false
	}
	index, known := r.passes[kind]
	if !known {
		index = r.payType() + 1 + uint32(len(r.passed))
		r.passes[kind] = index
		r.passed = append(r.passed, binary.FuncType{Params: t.Params, Results: t.Params})
	}
	return index, true
}

// function is the new index of a function.
func (r *rewriter) function(old uint32) uint32 {
	if old < r.imported {
		return r.gate(old)
	}
	return old + 1
}

func (r *rewriter) types() []byte {
	b := binary.AppendU32(nil, uint32(len(r.Types)+3+len(r.passed)))
	for _, t := range r.Types {
		b = t.Append(b)
	}
	b = binary.FuncType{Params: i64, Results: i64}.Append(b)
	b = binary.FuncType{}.Append(b)
	b = binary.FuncType{Params: i32 + i64 + i64, Results: i32}.Append(b)
	for _, t := range r.passed {
		b = t.Append(b)
	}
	return b
}

func (r *rewriter) imports() []byte {
	b := binary.AppendU32(nil, r.imported+1)
	for _, i := range r.Imports {
		b = appendImport(b, i)
	}
	return appendImport(b, binary.Import{Module: HostModule, Name: RefillFunction, Type: r.refillType})
}

func appendImport(b []byte, i binary.Import) []byte {
	b = binary.AppendBytes(binary.AppendBytes(b, i.Module), i.Name)
	return binary.AppendU32(append(b, byte(binary.ExternFunc)), i.Type)
}

func (r *rewriter) functions() []byte {
	b := binary.AppendU32(nil, r.functionCount())
	for _, t := range r.Functions {
		b = binary.AppendU32(b, t)
	}
	for _, i := range r.Imports {
		b = binary.AppendU32(b, i.Type)
	}
	return binary.AppendU32(binary.AppendU32(b, r.spentType()), r.payType())
}

func (r *rewriter) tables() []byte {
	tables := slices.Clip(r.Tables)
	if n := uint32(len(r.referred)); n > 0 {
		tables = append(tables, binary.Table{Type: binary.FuncRef, Limits: binary.Limits{Min: n, Max: n, HasMax: true}})
	}
	b := binary.AppendU32(nil, uint32(len(tables)))
	for _, t := range tables {
		b = t.Append(append(b, byte(t.Type)))
	}
	return b
}

func (r *rewriter) memories() []byte {
	b := binary.AppendU32(nil, uint32(len(r.Memories)))
	for _, m := range r.Memories {
		b = m.Append(b)
	}
	return b
}

func (r *rewriter) globals(fuel int64) []byte {
	b := binary.AppendU32(nil, uint32(len(r.Globals)+2))
	for _, g := range r.Globals {
		b = appendGlobalType(b, g.Type, g.Mutable)
		b = r.constant(b, g.Init)
	}
	b = appendGlobalType(b, binary.I64, true)
	b = binary.AppendOp(binary.AppendI64Const(b, fuel), binary.OpEnd)
	b = appendGlobalType(b, binary.I32, true)
	return binary.AppendOp(append(binary.AppendOp(b, binary.OpI32Const), 0), binary.OpEnd)
}

func appendGlobalType(b []byte, t binary.ValueType, mutable bool) []byte {
	if mutable {
		return append(b, byte(t), 1)
	}
	return append(b, byte(t), 0)
}

// constant appends a constant expression, or a plain function index if that is what the entry was.
func (r *rewriter) constant(b []byte, e binary.ConstExpr) []byte {
	switch {
	case e.Op != binary.OpRefFunc:
		return append(b, e.Raw...)
	case e.Raw == nil:
		return binary.AppendU32(b, r.function(e.Index))
	}
	return binary.AppendOp(binary.AppendOpIndex(b, binary.OpRefFunc, r.function(e.Index)), binary.OpEnd)
}

func (r *rewriter) exports() []byte {
	b := binary.AppendU32(nil, uint32(len(r.Exports)+2))
	for _, e := range r.Exports {
		if e.Kind == binary.ExternFunc {
			e.Index = r.function(e.Index)
		}
		b = appendExport(b, e)
	}
	b = appendExport(b, binary.Export{Name: FuelGlobal, Kind: binary.ExternGlobal, Index: r.fuel})
	return appendExport(b, binary.Export{Name: DepthGlobal, Kind: binary.ExternGlobal, Index: r.depth()})
}

func appendExport(b []byte, e binary.Export) []byte {
	return binary.AppendU32(append(binary.AppendBytes(b, e.Name), byte(e.Kind)), e.Index)
}

func (r *rewriter) elements() []byte {
	if len(r.referred) == 0 {
		return r.appendElements(binary.AppendU32(nil, uint32(len(r.Elements))))
	}
	b := r.appendElements(binary.AppendU32(nil, uint32(len(r.Elements)+1)))
	b = binary.AppendU32(append(b, 2), uint32(len(r.Tables))) // active, of the injected table
	b = binary.AppendOp(append(binary.AppendOp(b, binary.OpI32Const), 0), binary.OpEnd)
	b = binary.AppendU32(append(b, 0), uint32(len(r.referred)))
	for _, function := range r.referred {
		b = binary.AppendU32(b, r.function(function))
	}
	return b
}

// appendElements appends the segments of the original.
func (r *rewriter) appendElements(b []byte) []byte {
	for i := range r.Elements {
		e := &r.Elements[i]
		b = binary.AppendU32(b, e.Flags)
		if e.Active() {
			if e.Flags&2 != 0 {
				b = binary.AppendU32(b, e.Table)
			}
			b = r.constant(b, e.Offset)
		}
		switch {
		case e.Flags&3 == 0:
		case e.Flags&4 == 0:
			b = append(b, 0) // the only kind: functions
		default:
			b = append(b, byte(e.Type))
		}
		b = binary.AppendU32(b, uint32(e.Count))
		e.Entries(func(entry binary.ConstExpr) { b = r.constant(b, entry) })
	}
	return b
}

func (r *rewriter) data() []byte {
	b := binary.AppendU32(nil, uint32(len(r.Data)))
	for _, d := range r.Data {
		passive := d.Flags & 1
		b = binary.AppendU32(b, passive)
		if passive == 0 {
			b = r.constant(b, d.Offset)
		}
		b = binary.AppendBytes(b, d.Init)
	}
	return b
}

// names keeps the names of functions for stack traces, and names what is injected.
func (r *rewriter) names() map[uint32]string {
	names := make(map[uint32]string, len(r.Names)+int(r.imported)+3)
	for old, name := range maps.All(r.Names) {
		names[r.function(old)] = name
	}
	for i, imp := range slices.All(r.Imports) {
		names[r.gate(uint32(i))] = imp.Module + "." + imp.Name
	}
	names[r.refill()] = HostModule + "." + RefillFunction
	names[r.spent()], names[r.pay()] = injected+"spent", injected+"pay"
	return names
}
