package meter

import (
	"slices"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
)

// code is the new code section.
func (r *rewriter) code() ([]byte, error) {
	size := 0
	for i := range r.Bodies {
		size += len(r.Bodies[i].Raw)
	}
	out := binary.AppendU32(make([]byte, 0, size+size/2), r.functionCount())
	if err := r.findLeaves(); err != nil {
		return nil, err
	}
	w := bodyWriter{rewriter: r}
	for i := range r.Bodies {
		params := r.Types[r.Functions[i]].Params
		if err := w.write(&r.Bodies[i], uint32(len(params))); err != nil {
			return nil, err
		}
		out = binary.AppendBytes(out, w.b)
	}
	for i, imp := range r.Imports {
		out = binary.AppendBytes(out, r.gateBody(uint32(i), len(r.Types[imp.Type].Params)))
	}
	out = binary.AppendBytes(out, r.spentBody())
	return binary.AppendBytes(out, r.payBody()), nil
}

// bodyWriter rewrites function bodies, one after the other.
//
// A function pays at its entry for the longest way through it, and a loop whenever it begins again, for the longest way around
// it; so what only runs once pays nothing more. For that a loop becomes
//
//	block                 the loop's type
//	  loop                the loop's type
//	    block             from the loop's parameters to themselves
//	      ...             what branched to the loop now leaves this block
//	      br 2
//	    end
//	    fuel -= cost of the loop
//	    if fuel >= 0: br to the loop
//	    call spent
//	    br to the loop
//	  end
//	end
//
// In a loop that calls nothing the fuel is also in a local, so that no round waits for the memory of the one before. The call
// of spent lies on a way of its own to the begin of the loop: it must not make wazero spill registers on the other one.
type bodyWriter struct {
	*rewriter
	b       []byte
	regions []region
	open    []block
	height  uint32 // labels that are open in the rewritten body, the function's own not counted
	loops   int    // that have begun
	local   uint32 // the fuel, in loops that call nothing
	calm    int    // such loops that are open
	frame   int64  // about how many bytes a call of the function takes
}

// block is an open block of the original, or the function itself.
type block struct {
	height uint32 // of the label, in the rewritten body, that takes its branches
	loop   int    // its region, if it is a loop; else 0
	params bool   // it is a loop with parameters
}

// write puts a rewritten body into w.b.
func (w *bodyWriter) write(body *binary.Body, params uint32) (err error) {
	if w.regions, err = regions(body, w.regions[:0]); err != nil {
		return err
	}
	w.open, w.height, w.loops, w.calm = append(w.open[:0], block{}), 0, 0, 0
	w.local = params + uint32(body.Locals)
	w.frame = frameSize(uint64(w.local), len(body.Raw))
	w.b = w.b[:0]
	if slices.ContainsFunc(w.regions[1:], func(r region) bool { return !r.calls }) {
		w.b = body.AppendLocals(w.b, binary.I64)
	} else {
		w.b = append(w.b, body.Raw[:body.Code]...)
	}
	w.b = w.charge(w.b, w.regions[0].cost)
	walk := body.Walk()
	var op binary.Operator
	for walk.Next(&op) {
		w.operator(&op, walk, body.Raw[op.Start:op.End])
	}
	return walk.Err()
}

// operator appends an operator of the original, whose bytes are raw.
func (w *bodyWriter) operator(op *binary.Operator, walk *binary.Walker, raw []byte) {
	switch op.Code {
	case binary.OpLoop:
		w.beginLoop(op.Index, raw[1:])
		return
	case binary.OpEnd:
		l := w.open[len(w.open)-1]
		w.open = w.open[:len(w.open)-1]
		if l.loop != 0 {
			w.endLoop(l)
			return
		}
		w.height--
	case binary.OpBlock, binary.OpIf:
		w.height++
		w.open = append(w.open, block{height: w.height})
	case binary.OpBr, binary.OpBrIf:
		w.b = binary.AppendOpIndex(w.b, op.Code, w.target(op.Index))
		return
	case binary.OpBrTable:
		w.b = binary.AppendOpIndex(w.b, op.Code, op.Index)
		for l := range walk.Labels(op) {
			w.b = binary.AppendU32(w.b, w.target(l))
		}
		return
	case binary.OpCall:
		if leaf := op.Index < w.imported || w.leaves[op.Index-w.imported]; leaf {
			w.b = binary.AppendOpIndex(w.b, op.Code, w.function(op.Index))
			return
		}
		w.deepen(w.frame)
		w.b = binary.AppendOpIndex(w.b, op.Code, w.function(op.Index))
		w.deepen(-w.frame)
		return
	case binary.OpCallIndirect:
		w.deepen(w.frame)
		w.b = append(w.b, raw...)
		w.deepen(-w.frame)
		return
	case binary.OpRefFunc:
		w.b = binary.AppendS64(binary.AppendOp(w.b, binary.OpI32Const), int64(int32(w.entry(op.Index))))
		w.b = binary.AppendOpIndex(w.b, binary.OpTableGet, uint32(len(w.Tables)))
		return
	default:
		if base, quarters, sized := priceOf(op.Code); sized {
			w.b = binary.AppendI64Const(w.b, base)
			w.b = binary.AppendI64Const(w.b, quarters)
			w.b = binary.AppendOpIndex(w.b, binary.OpCall, w.pay())
		}
	}
	w.b = append(w.b, raw...)
}

// target is the label in the rewritten body for a label of the original. One that is not open stays one.
func (w *bodyWriter) target(depth uint32) uint32 {
	n := uint32(len(w.open))
	if depth >= n {
		return max(depth, w.height+1)
	}
	return w.height - w.open[n-1-depth].height
}

// beginLoop appends what a loop begins with; kind is its type, as number and as bytes.
func (w *bodyWriter) beginLoop(kind uint32, raw []byte) {
	w.loops++
	if w.calm > 0 || !w.regions[w.loops].calls {
		if w.calm == 0 {
			w.loadFuel()
		}
		w.calm++
	}
	w.b = append(append(w.b, byte(binary.OpBlock)), raw...)
	w.b = append(append(w.b, byte(binary.OpLoop)), raw...)
	w.b = append(w.b, byte(binary.OpBlock))
	through, params := w.through(kind)
	if params {
		w.b = binary.AppendS64(w.b, int64(through))
	} else {
		w.b = append(w.b, emptyBlock)
	}
	w.height += 3
	w.open = append(w.open, block{height: w.height, loop: w.loops, params: params})
}

// endLoop appends what a loop ends with.
func (w *bodyWriter) endLoop(l block) {
	w.height -= 3
	w.b = binary.AppendOpIndex(w.b, binary.OpBr, 2)
	w.b = binary.AppendOp(w.b, binary.OpEnd)
	w.chargeLoop(w.regions[l.loop].cost)
	if l.params { // an if could not see them
		w.b = binary.AppendI64Const(w.b, 0)
		w.b = binary.AppendOp(w.b, binary.OpI64GeS)
		w.b = binary.AppendOpIndex(w.b, binary.OpBrIf, 0)
	} else {
		w.b = appendEnough(w.b)
		w.b = binary.AppendOpIndex(w.b, binary.OpBr, 1)
		w.b = binary.AppendOp(w.b, binary.OpEnd)
	}
	w.b = binary.AppendOpIndex(w.b, binary.OpCall, w.spent())
	if w.calm > 0 {
		w.loadFuel()
		w.calm--
	}
	w.b = binary.AppendOpIndex(w.b, binary.OpBr, 0)
	w.b = binary.AppendOp(w.b, binary.OpEnd)
	w.b = binary.AppendOp(w.b, binary.OpEnd)
}

// chargeLoop appends: fuel -= cost, and leaves the fuel on the stack.
func (w *bodyWriter) chargeLoop(cost int64) {
	get, index, set := binary.OpGlobalGet, w.fuel, binary.OpGlobalSet
	if w.calm > 0 {
		get, index, set = binary.OpLocalGet, w.local, binary.OpLocalTee
	}
	w.b = binary.AppendOpIndex(w.b, get, index)
	w.b = binary.AppendI64Const(w.b, cost)
	w.b = binary.AppendOp(w.b, binary.OpI64Sub)
	w.b = binary.AppendOpIndex(w.b, set, index)
	if w.calm > 0 {
		w.b = binary.AppendOpIndex(w.b, binary.OpGlobalSet, w.fuel)
	}
	w.b = binary.AppendOpIndex(w.b, get, index)
}

// loadFuel appends: local = fuel.
func (w *bodyWriter) loadFuel() {
	w.b = binary.AppendOpIndex(w.b, binary.OpGlobalGet, w.fuel)
	w.b = binary.AppendOpIndex(w.b, binary.OpLocalSet, w.local)
}

// deepen appends: depth += bytes.
func (w *bodyWriter) deepen(bytes int64) {
	w.b = binary.AppendOpIndex(w.b, binary.OpGlobalGet, w.depth())
	w.b = binary.AppendS64(binary.AppendOp(w.b, binary.OpI32Const), bytes)
	w.b = binary.AppendOp(w.b, binary.OpI32Add)
	w.b = binary.AppendOpIndex(w.b, binary.OpGlobalSet, w.depth())
}

// frameSize estimates what a call takes of the engine's stack: saved registers, locals, and values on the way, of which a long
// body has more.
func frameSize(locals uint64, body int) int64 { return 128 + 8*int64(locals) + int64(body)/8 }

// findLeaves finds the functions that call nothing: calls of them make nothing deep.
func (r *rewriter) findLeaves() error {
	r.leaves = make([]bool, len(r.Bodies))
	var op binary.Operator
	for i := range r.Bodies {
		walk := r.Bodies[i].Walk()
		r.leaves[i] = true
		for r.leaves[i] && walk.Next(&op) {
			r.leaves[i] = op.Code != binary.OpCall && op.Code != binary.OpCallIndirect
		}
		if err := walk.Err(); err != nil {
			return err
		}
	}
	return nil
}
