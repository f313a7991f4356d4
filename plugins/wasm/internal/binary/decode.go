package binary

import "errors"

// Decode reads the contents of all sections. The module refers to the bytes that were split. Each section is read on its own, so
// the error joins what is wrong in all of them; what could be read is returned with it.
func (s *Sections) Decode() (*Module, error) {
	m := &Module{}
	var errs []error
	read := func(id SectionID, decode func(r *reader)) {
		section := s.known[id]
		if section.Content == nil {
			return
		}
		r := &reader{data: section.Content, base: section.Offset}
		decode(r)
		if r.remaining() > 0 {
			r.fail("section %d goes on after its contents", id)
		}
		errs = append(errs, r.err)
	}
	read(SectionType, func(r *reader) { m.Types = list(r, 3, (*reader).funcType) })
	read(SectionImport, func(r *reader) { m.Imports = list(r, 4, (*reader).imported) })
	read(SectionFunction, func(r *reader) { m.Functions = list(r, 1, (*reader).u32) })
	read(SectionTable, func(r *reader) { m.Tables = list(r, 3, (*reader).table) })
	read(SectionMemory, func(r *reader) { m.Memories = list(r, 2, (*reader).limits) })
	read(SectionGlobal, func(r *reader) { m.Globals = list(r, 4, (*reader).global) })
	read(SectionExport, func(r *reader) { m.Exports = list(r, 3, (*reader).export) })
	read(SectionStart, func(r *reader) { m.Start, m.HasStart = r.u32(), true })
	read(SectionElement, func(r *reader) { m.Elements = list(r, 3, (*reader).element) })
	read(SectionDataCount, func(r *reader) { m.DataCount, m.HasCount = r.u32(), true })
	read(SectionCode, func(r *reader) { m.Bodies = list(r, 3, (*reader).body) })
	read(SectionData, func(r *reader) { m.Data = list(r, 2, (*reader).segment) })
	err := errors.Join(errs...)
	if err == nil && len(m.Functions) != len(m.Bodies) {
		err = &MalformedError{Offset: s.known[SectionCode].Offset, Reason: "there are more function declarations than bodies, or fewer"}
	}
	for _, i := range m.Imports {
		if i.Kind == ExternFunc {
			m.imported = append(m.imported, i.Type)
		}
	}
	m.Names = functionNames(s.names, uint32(m.ImportedFunctions()+len(m.Functions)))
	return m, err
}

// list reads a vector whose entries take at least size bytes each.
func list[T any](r *reader, size int, read func(*reader) T) []T {
	n := r.count(size)
	entries := make([]T, 0, n)
	for range n {
		entry := read(r)
		if r.err != nil {
			return entries
		}
		entries = append(entries, entry)
	}
	return entries
}

func (r *reader) valueType() ValueType {
	switch v := ValueType(r.byte()); v {
	case I32, I64, F32, F64, V128, FuncRef, ExternRef:
		return v
	case 0x63, 0x64:
		r.unsupported("typed function references")
	case 0x69:
		r.unsupported("exception handling")
	default:
		r.fail("unknown value type %#x", byte(v))
	}
	return 0
}

func (r *reader) refType() ValueType {
	v := r.valueType()
	if r.err == nil && v != FuncRef && v != ExternRef {
		r.fail("%s is not a reference type", v)
	}
	return v
}

func (r *reader) funcType() FuncType {
	switch form := r.byte(); form {
	case 0x60:
	case 0x4e, 0x4f, 0x50, 0x5e, 0x5f:
		r.unsupported("garbage collection")
	default:
		r.fail("unknown form of type %#x", form)
	}
	return FuncType{Params: r.valueTypes(), Results: r.valueTypes()}
}

func (r *reader) valueTypes() string {
	n := r.count(1)
	start := r.pos
	for range n {
		r.valueType()
	}
	if r.err != nil {
		return ""
	}
	return string(r.data[start:r.pos])
}

func (r *reader) imported() Import {
	i := Import{Module: r.name(), Name: r.name(), Kind: r.externKind()}
	switch i.Kind {
	case ExternFunc:
		i.Type = r.u32()
	case ExternTable:
		r.table()
	case ExternMemory:
		r.limits()
	case ExternGlobal:
		r.valueType()
		r.mutability()
	}
	return i
}

func (r *reader) externKind() ExternKind {
	k := ExternKind(r.byte())
	if k == 4 {
		r.unsupported("exception handling")
	} else if k > ExternGlobal {
		r.fail("unknown kind of import or export %d", k)
	}
	return k
}

func (r *reader) limits() Limits {
	flags := r.byte()
	switch {
	case flags > 7:
		r.fail("unknown limits flags %#x", flags)
	case flags&2 != 0:
		r.unsupported("threads")
	case flags&4 != 0:
		r.unsupported("64-bit memories")
	}
	l := Limits{Min: r.u32(), HasMax: flags&1 != 0}
	if l.HasMax {
		l.Max = r.u32()
		if l.Max < l.Min {
			r.fail("a maximum of %d is below the minimum of %d", l.Max, l.Min)
		}
	}
	return l
}

func (r *reader) table() Table {
	if r.remaining() > 0 && r.data[r.pos] == 0x40 {
		r.unsupported("typed function references")
	}
	return Table{Type: r.refType(), Limits: r.limits()}
}

func (r *reader) mutability() bool {
	b := r.byte()
	if b > 1 {
		r.fail("unknown mutability %d", b)
	}
	return b == 1
}

func (r *reader) global() Global {
	return Global{Type: r.valueType(), Mutable: r.mutability(), Init: r.constExpr()}
}

func (r *reader) export() Export {
	return Export{Name: r.name(), Kind: r.externKind(), Index: r.u32()}
}

// constExpr reads an expression of one operator, which is all that WebAssembly 2.0 can type.
func (r *reader) constExpr() ConstExpr {
	start := r.pos
	op := Operator{}
	r.operator(&op)
	switch op.Code {
	case OpI32Const, OpI64Const, OpF32Const, OpF64Const, OpV128Const, OpGlobalGet, OpRefNull, OpRefFunc:
	default:
		r.fail("opcode %#x is not constant", uint32(op.Code))
	}
	if end := r.byte(); end != byte(OpEnd) && r.err == nil {
		r.pos--
		r.unsupported("extended constant expressions")
	}
	return ConstExpr{Op: op.Code, Index: op.Index, Raw: r.data[start:r.pos]}
}

func (r *reader) element() Element {
	e := Element{Flags: r.u32(), Type: FuncRef}
	if e.Flags > 7 {
		r.fail("unknown element segment flags %d", e.Flags)
	}
	if e.Active() {
		if e.Flags&2 != 0 {
			e.Table = r.u32()
		}
		e.Offset = r.constExpr()
	}
	if e.Flags&3 != 0 {
		if e.Flags&4 != 0 {
			e.Type = r.refType()
		} else if kind := r.byte(); kind != 0 {
			r.fail("unknown element kind %d", kind)
		}
	}
	e.Count = r.count(1)
	start := r.pos
	for range e.Count {
		if e.Flags&4 != 0 {
			r.constExpr()
		} else {
			r.u32()
		}
	}
	e.Init = r.data[min(start, r.pos):r.pos]
	return e
}

// Entries calls f for each entry of the segment. An entry that is a plain function index appears as OpRefFunc without Raw.
func (e *Element) Entries(f func(ConstExpr)) {
	r := &reader{data: e.Init}
	for range e.Count {
		if e.Flags&4 != 0 {
			f(r.constExpr())
		} else {
			f(ConstExpr{Op: OpRefFunc, Index: r.u32()})
		}
	}
}

func (r *reader) segment() Data {
	d := Data{Flags: r.u32()}
	switch d.Flags {
	case 0:
		d.Offset = r.constExpr()
	case 1:
	case 2:
		if memory := r.u32(); memory != 0 {
			r.unsupported("several memories")
		}
		d.Offset = r.constExpr()
	default:
		r.fail("unknown data segment flags %d", d.Flags)
	}
	d.Init = r.bytes(r.u32())
	return d
}

func (r *reader) body() Body {
	raw := r.bytes(r.u32())
	b := Body{Offset: r.base + r.pos - len(raw), Raw: raw}
	locals := &reader{data: raw, base: b.Offset}
	for range locals.count(2) {
		b.Locals += uint64(locals.u32())
		locals.valueType()
		if locals.err != nil {
			break
		}
	}
	b.Code = locals.pos
	if locals.err == nil && (locals.remaining() == 0 || raw[len(raw)-1] != byte(OpEnd)) {
		locals.fail("a function body does not end")
	}
	if r.err == nil {
		r.err = locals.err
	}
	return b
}

// LocalRuns returns the number of runs of locals that the body declares, and their encoding.
func (b *Body) LocalRuns() (n uint32, encoded []byte) {
	r := &reader{data: b.Raw[:b.Code]}
	n = r.u32()
	return n, b.Raw[r.pos:b.Code]
}

// AppendLocals appends the declarations of the body's locals, and of one more at the end.
func (b *Body) AppendLocals(to []byte, t ValueType) []byte {
	r := &reader{data: b.Raw[:b.Code]}
	to = AppendU32(to, r.u32()+1)
	to = append(to, r.data[r.pos:]...)
	return append(to, 1, byte(t))
}

// functionNames reads the names of the module's functions from a name section, which is optional: a malformed one is ignored.
func functionNames(section Section, functions uint32) map[uint32]string {
	r := &reader{data: section.Content, base: section.Offset}
	for r.remaining() > 0 {
		id := r.byte()
		content := r.bytes(r.u32())
		if id != nameFunctions || r.err != nil {
			continue
		}
		sub := &reader{data: content}
		names := make(map[uint32]string)
		for range sub.count(2) {
			index, name := sub.u32(), sub.name()
			if sub.err != nil {
				return nil
			}
			if index < functions {
				names[index] = name
			}
		}
		return names
	}
	return nil
}

// nameFunctions is the subsection of the name section that names functions.
const nameFunctions = 1
