package meter

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"

// effort estimates how many steps wazero takes to find the definitions of variables in one function. Its compiler walks back
// over basic blocks from every use, and for every variable from every branch to a place where branches join, until it meets the
// definition or the last join. So a few kilobytes of code in one long chain of blocks can take minutes: with b branches out of
// one block and v locals the steps are v x b x b / 2.
type effort struct {
	steps     uint64
	variables uint64 // locals, parameters, mutable globals and those of the compiler
	chain     uint64 // basic blocks since the last join
	branches  uint64 // direct ones to the label that has most of them
	dead      bool   // the code can't be reached, and is not compiled
	open      []label
}

// label is an open block.
type label struct {
	kind     binary.Opcode
	dead     bool   // the block itself can't be reached
	branches uint64 // to the label
	direct   uint64 // of them, not by a table
	chains   uint64 // sum of the chains at these branches
	before   uint64 // chain at the begin
}

// compilerVariables are the base and the length of the memory, the fuel, also in a local, and the depth.
const compilerVariables = 5

// reset begins a function with so many locals, parameters and mutable globals.
func (e *effort) reset(variables uint64) *effort {
	*e = effort{variables: variables + compilerVariables, open: append(e.open[:0], label{})}
	return e
}

// operator notes an operator, with the labels that it may branch to.
func (e *effort) operator(op *binary.Operator, walk *binary.Walker) {
	switch op.Code {
	case binary.OpBlock, binary.OpLoop, binary.OpIf:
		e.begin(op.Code)
	case binary.OpElse:
		e.otherwise()
	case binary.OpEnd:
		e.end()
	default:
		if !e.dead {
			e.plain(op, walk)
		}
	}
}

// plain notes an operator that begins and ends nothing.
func (e *effort) plain(op *binary.Operator, walk *binary.Walker) {
	switch op.Code {
	case binary.OpBr:
		e.direct(op.Index)
		e.dead = true
	case binary.OpBrIf:
		e.direct(op.Index)
		e.chain++
	case binary.OpBrTable:
		for l := range walk.Labels(op) {
			e.branch(l)
		}
		e.dead = true
	case binary.OpReturn, binary.OpUnreachable:
		e.dead = true
	default:
		e.steps += e.chain
		if _, _, sized := priceOf(op.Code); sized { // a loop, or a call that reloads variables
			e.steps += e.variables * (e.chain + 1)
		}
	}
}

func (e *effort) begin(kind binary.Opcode) {
	l := label{kind: kind, dead: e.dead, before: e.chain}
	switch kind {
	case binary.OpLoop:
		e.chain = 0
	case binary.OpIf:
		e.chain++
	}
	e.open = append(e.open, l)
}

// direct notes a branch that is no entry of a table, of which those to one label cost the square.
func (e *effort) direct(depth uint32) {
	e.branch(depth)
	if uint64(depth) < uint64(len(e.open)) {
		l := &e.open[len(e.open)-1-int(depth)]
		l.direct++
		e.branches = max(e.branches, l.direct)
	}
}

func (e *effort) branch(depth uint32) {
	if e.dead || uint64(depth) >= uint64(len(e.open)) {
		return
	}
	l := &e.open[len(e.open)-1-int(depth)]
	l.branches++
	l.chains += e.chain + 1
}

// otherwise goes from the first arm of an if to the second.
func (e *effort) otherwise() {
	e.branch(0)
	l := &e.open[len(e.open)-1]
	l.kind = binary.OpElse
	e.chain, e.dead = l.before+1, l.dead
}

func (e *effort) end() {
	if e.open[len(e.open)-1].kind == binary.OpIf {
		e.otherwise() // the second arm is empty
	}
	l := e.open[len(e.open)-1]
	if l.kind == binary.OpLoop {
		e.open = e.open[:len(e.open)-1]
		e.again(&l)
		e.chain++
		return
	}
	e.branch(0)
	l = e.open[len(e.open)-1]
	e.open = e.open[:len(e.open)-1]
	switch {
	case l.branches > 1:
		e.steps += e.variables * l.chains
		e.chain = 0
	case l.branches == 1:
		e.chain = l.chains
	}
	e.dead = l.branches == 0
}

// again notes what leads back to the begin of a loop: its branches meet, the loop is paid for, and there are two ways from
// there, one of them through a call.
func (e *effort) again(l *label) {
	if l.branches == 0 {
		e.steps += e.variables * (l.before + 1)
		e.chain += l.before
		return
	}
	back := l.chains + 1
	if l.branches > 1 {
		e.steps += e.variables * l.chains
		back = 1
	}
	e.steps += e.variables * (l.before + 1 + 2*(back+1))
}
