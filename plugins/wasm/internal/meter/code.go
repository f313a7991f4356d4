package meter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// checker walks all function bodies and every other place that refers to an index space. The rewriter adds functions, types and
// one global, so an index that is out of range in the original must be refused here: it would name something injected.
type checker struct {
	module                           *binary.Module
	imported                         int // functions
	types, functions, tables, global uint32
	mutable                          uint64 // mutable globals
	used                             *usage
	effort                           effort   // of the current body
	features                         []string // proposals that a reason names already
	reasons                          []error
}

func checkCode(m *binary.Module, u *usage) []error {
	imported := m.ImportedFunctions()
	c := &checker{
		module: m, used: u, imported: imported,
		types: uint32(len(m.Types)), functions: uint32(imported + len(m.Functions)),
		tables: uint32(len(m.Tables)), global: uint32(len(m.Globals)),
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

// index refuses an index that is not below limit.
func (c *checker) index(index, limit uint32, where place, what string) {
	if index >= limit {
		c.refuse("%v refers to %s %d, and there are %d", where, what, index, limit)
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
			c.index(i.Type, c.types, place{what: "the import", name: i.Module + "." + i.Name}, "type")
		}
	}
	for i, t := range m.Functions {
		c.index(t, c.types, place{what: "function", number: i + c.imported}, "type")
	}
	for _, e := range m.Exports {
		limit := [...]uint32{c.functions, c.tables, uint32(len(m.Memories)), c.global}[e.Kind]
		c.index(e.Index, limit, place{what: "the export", name: e.Name}, e.Kind.String())
	}
	if m.HasStart {
		c.index(m.Start, c.functions, place{what: "the start section", number: unnumbered}, "function")
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
		c.index(e.Index, c.global, where, "global")
	case binary.OpRefFunc:
		c.index(e.Index, c.functions, where, "function")
	}
}

func (c *checker) element(e *binary.Element, where place) {
	if e.Active() {
		c.index(e.Table, c.tables, where, "table")
		c.constant(e.Offset, where)
	}
	e.Entries(func(entry binary.ConstExpr) { c.constant(entry, where) })
}

// body checks one function body and notes what it uses.
func (c *checker) body(i int) {
	n := i + c.imported
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
		c.index(op.Index, c.functions, where, "function")
	case binary.OpCall:
		c.index(op.Index, c.functions, where, "function")
		if t, ok := c.module.FunctionType(op.Index); ok {
			s.call(t)
		}
	case binary.OpGlobalGet, binary.OpGlobalSet:
		c.index(op.Index, c.global, where, "global")
	case binary.OpCallIndirect:
		c.index(op.Index, c.types, where, "type")
		c.index(op.Index2, c.tables, where, "table")
		if op.Index < c.types {
			s.call(c.module.Types[op.Index])
		}
	case binary.OpBlock, binary.OpLoop, binary.OpIf:
		if op.Index != binary.BlockEmpty && op.Index != binary.BlockOneValue {
			c.index(op.Index, c.types, where, "type")
		}
	}
}

// stats is what a walk over one body counts.
type stats struct {
	function                    int
	variables, mutable          uint64 // locals, parameters and mutable globals; the last alone
	depth, nesting              uint64
	blocks, loops, calls, jumps uint64
	values                      uint64 // of calls
	effort                      *effort
}

func (s *stats) operator(op *binary.Operator) {
	switch op.Code {
	case binary.OpLoop:
		s.loops++
		fallthrough
	case binary.OpBlock, binary.OpIf:
		s.blocks++
		s.depth++
		s.nesting = max(s.nesting, s.depth-1)
	case binary.OpEnd:
		s.depth--
	case binary.OpBrTable:
		s.jumps += uint64(op.Index) + 1
	default:
		if _, _, sized := priceOf(op.Code); sized { // compiled to loops, and metered by a call
			s.calls++
			s.blocks++
		}
	}
}

func (s *stats) call(t binary.FuncType) {
	s.calls++
	s.values += uint64(1 + len(t.Params) + len(t.Results))
}

// function adds one function to what the module uses.
func (u *usage) function(s *stats, body *binary.Body) {
	most, where, i := &u.most, &u.where, s.function
	most.ModuleLocals += body.Locals
	most.GlobalUses += s.mutable
	raise(&most.Locals, &where.Locals, body.Locals, i)
	raise(&most.Body, &where.Body, uint64(len(body.Raw)), i)
	raise(&most.Nesting, &where.Nesting, s.nesting, i)
	raise(&most.Blocks, &where.Blocks, s.blocks, i)
	raise(&most.JumpEntries, &where.JumpEntries, s.jumps, i)
	raise(&most.LocalBlocks, &where.LocalBlocks, s.variables*s.blocks, i)
	raise(&most.LocalLoops, &where.LocalLoops, s.variables*s.loops, i)
	raise(&most.GlobalCalls, &where.GlobalCalls, s.mutable*(1+s.loops+s.calls), i)
	raise(&most.CallValues, &where.CallValues, s.values, i)
	raise(&most.Effort, &where.Effort, s.effort.steps, i)
}
