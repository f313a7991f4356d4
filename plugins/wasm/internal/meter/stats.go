package meter

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"

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
	raise(&most.Loops, &where.Loops, s.loops, i)
	raise(&most.Branches, &where.Branches, s.effort.branches, i)
	raise(&most.JumpEntries, &where.JumpEntries, s.jumps, i)
	raise(&most.LocalBlocks, &where.LocalBlocks, s.variables*s.blocks, i)
	raise(&most.LocalLoops, &where.LocalLoops, s.variables*s.loops, i)
	raise(&most.GlobalCalls, &where.GlobalCalls, s.mutable*(1+s.loops+s.calls), i)
	raise(&most.CallValues, &where.CallValues, s.values, i)
	raise(&most.Effort, &where.Effort, s.effort.steps, i)
}
