package meter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// checker walks all function bodies and every other place that refers to an index space. The rewriter adds functions, types, a
// global, a table and its segment, so an index that is out of range in the original must be refused here: it would name something injected.
type checker struct {
	module   *binary.Module
	types    uint32
	spaces   [4]uint32 // sizes of the index spaces, by binary.ExternKind
	mutable  uint64    // mutable globals
	used     *usage
	effort   effort   // of the current body
	features []string // proposals that a reason names already
	reasons  []error
}

func checkCode(m *binary.Module, u *usage) []error {
	c := &checker{module: m, used: u, types: uint32(len(m.Types)), spaces: [...]uint32{
		binary.ExternFunc: uint32(len(m.Functions)), binary.ExternTable: uint32(len(m.Tables)),
		binary.ExternMemory: uint32(len(m.Memories)), binary.ExternGlobal: uint32(len(m.Globals)),
	}}
	for _, i := range m.Imports {
		c.spaces[i.Kind]++
	}
	c.declarations()
	for i := range m.Bodies {
		if m.Functions[i] < c.types {
			c.body(i)
		}
	}
	return c.reasons
}

func (c *checker) refuse(format string, args ...any) {
	if len(c.reasons) <= maxReasons {
		c.reasons = append(c.reasons, fmt.Errorf(format, args...))
	}
}

// place is where a module refers to something: its number or its name, or none. The words are only made for a refusal.
type place struct {
	what, name string
	number     int
}

// unnumbered is the number of a place of which there is one.
const unnumbered = -1

func (p place) String() string {
	switch {
	case p.name != "":
		return p.what + " " + quoted(p.name)
	case p.number == unnumbered:
		return p.what
	}
	return p.what + " " + strconv.Itoa(p.number)
}

// typeIndex refuses the index of a type that is not there.
func (c *checker) typeIndex(index uint32, where place) {
	if index >= c.types {
		c.refuse("%v refers to type %d, and there are %d", where, index, c.types)
	}
}

// index refuses the index of a function, table, memory or global that is not there.
func (c *checker) index(index uint32, kind binary.ExternKind, where place) {
	if index >= c.spaces[kind] {
		c.refuse("%v refers to %s %d, and there are %d", where, kind, index, c.spaces[kind])
	}
}

// segment refuses the index of an element segment that is not there.
func (c *checker) segment(index uint32, where place) {
	if n := len(c.module.Elements); uint64(index) >= uint64(n) {
		c.refuse("%v refers to element segment %d, and there are %d", where, index, n)
	}
}

func (c *checker) declarations() {
	m := c.module
	for i, g := range m.Globals {
		if g.Mutable {
			c.mutable++
		}
		c.constant(g.Init, place{what: "global", number: i})
	}
	for _, i := range m.Imports {
		if i.Kind == binary.ExternFunc {
			c.typeIndex(i.Type, place{what: "the import", name: i.Module + "." + i.Name})
		}
	}
	for i, t := range m.Functions {
		c.typeIndex(t, place{what: "function", number: i + m.ImportedFunctions()})
	}
	for _, e := range m.Exports {
		c.index(e.Index, e.Kind, place{what: "the export", name: e.Name})
	}
	if m.HasStart {
		c.index(m.Start, binary.ExternFunc, place{what: "the start section", number: unnumbered})
	}
	for i := range m.Elements {
		c.element(&m.Elements[i], place{what: "element segment", number: i})
	}
	for i, d := range m.Data {
		if d.Flags != 1 {
			c.constant(d.Offset, place{what: "data segment", number: i})
		}
	}
}

func (c *checker) constant(e binary.ConstExpr, where place) {
	switch e.Op {
	case binary.OpGlobalGet:
		c.index(e.Index, binary.ExternGlobal, where)
	case binary.OpRefFunc:
		c.index(e.Index, binary.ExternFunc, where)
	}
}

func (c *checker) element(e *binary.Element, where place) {
	if e.Active() {
		c.index(e.Table, binary.ExternTable, where)
		c.constant(e.Offset, where)
	}
	e.Entries(func(entry binary.ConstExpr) { c.constant(entry, where) })
}

// body checks one function body and notes what it uses.
func (c *checker) body(i int) {
	n := i + c.module.ImportedFunctions()
	body, where := &c.module.Bodies[i], place{what: "function", number: n}
	variables := body.Locals + uint64(len(c.module.Types[c.module.Functions[i]].Params)) + c.mutable
	s := stats{function: n, depth: 1, variables: variables, mutable: c.mutable, effort: c.effort.reset(variables)}
	walk := body.Walk()
	var op binary.Operator
	for walk.Next(&op) {
		if s.depth == 0 {
			walk.Fail("operators follow the end of a function")
			break
		}
		s.operator(&op)
		s.effort.operator(&op, walk)
		c.operator(&op, &s, where)
	}
	if err := walk.Err(); err != nil {
		c.codeError(err, where)
	} else if s.depth != 0 {
		c.refuse("%v does not close all of its blocks", where)
	}
	c.used.function(&s, body)
}

// codeError adds what stopped a walk, the use of a proposal only once.
func (c *checker) codeError(err error, where place) {
	if feature, ok := errors.AsType[*binary.FeatureError](err); ok {
		if slices.Contains(c.features, feature.Feature) {
			return
		}
		c.features = append(c.features, feature.Feature)
	}
	c.refuse("%v: %w", where, err)
}

func (c *checker) operator(op *binary.Operator, s *stats, where place) {
	switch op.Code {
	case binary.OpRefFunc:
		c.index(op.Index, binary.ExternFunc, where)
	case binary.OpCall:
		c.index(op.Index, binary.ExternFunc, where)
		if t, ok := c.module.FunctionType(op.Index); ok {
			s.call(t)
		}
	case binary.OpGlobalGet, binary.OpGlobalSet:
		c.index(op.Index, binary.ExternGlobal, where)
	case binary.OpCallIndirect:
		c.typeIndex(op.Index, where)
		c.index(op.Index2, binary.ExternTable, where)
		if op.Index < c.types {
			s.call(c.module.Types[op.Index])
		}
	case binary.OpTableGet, binary.OpTableSet, binary.OpTableGrow, binary.OpTableSize, binary.OpTableFill:
		c.index(op.Index, binary.ExternTable, where)
	case binary.OpTableCopy:
		c.index(op.Index, binary.ExternTable, where)
		c.index(op.Index2, binary.ExternTable, where)
	case binary.OpTableInit:
		c.segment(op.Index, where)
		c.index(op.Index2, binary.ExternTable, where)
	case binary.OpElemDrop:
		c.segment(op.Index, where)
	case binary.OpBlock, binary.OpLoop, binary.OpIf:
		if op.Index != binary.BlockEmpty && op.Index != binary.BlockOneValue {
			c.typeIndex(op.Index, where)
		}
	}
}
