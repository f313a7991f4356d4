package meter

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"

// region is a function, or a loop in it.
type region struct {
	cost  int64 // of the longest way through the function, or once around the loop
	calls bool  // there are calls in it, or what is metered by one
	outer int   // the region around a loop
}

// regions appends the regions of a body to list: first the function, then its loops in the order in which they begin.
func regions(body *binary.Body, list []region) ([]region, error) {
	list = append(list, region{})
	ways := longestWays{regions: list, open: []opened{{joined: nowhere}}}
	walk := body.Walk()
	var op binary.Operator
	for walk.Next(&op) {
		ways.operator(&op, walk)
	}
	list = ways.regions
	list[0].cost = CallFuel + ways.longest
	for i := len(list) - 1; i > 0; i-- {
		outer := &list[list[i].outer]
		outer.calls = outer.calls || list[i].calls
	}
	return list, walk.Err()
}

// longestWays measures ways through a function in operators. Branches lead forward, except those to the begin of a loop, which
// end a way; so the longest way to a place is found in one walk. Inside of a loop every way comes by the loop's begin: the
// longest way from there to a place is the difference of the two.
//
// What is charged is never less than what has run, once a function has returned: its own cost covers one pass through every
// loop that it comes to, and each further pass was paid for when it began. Only one arm of an if or a br_table counts, so a
// loop over the bytes of a text does not pay for what it does with a rare one, and one that interprets instructions, as Go's
// compiler builds out of every function, pays for one instruction.
type longestWays struct {
	regions []region
	region  int // of the operator
	open    []opened
	at      int64 // the longest way to the operator
	dead    bool  // no way leads to it
	longest int64
}

// opened is a block that is open, or the function.
type opened struct {
	kind   binary.Opcode
	dead   bool  // no way leads to it
	begin  int64 // the longest way to its begin
	joined int64 // the longest way that branches to its end
	region int   // a loop's own
	outer  int   // the region around it
}

// nowhere is the length of a way that does not exist.
const nowhere = -1

func (w *longestWays) operator(op *binary.Operator, walk *binary.Walker) {
	if !w.dead {
		w.at++
		w.longest = max(w.longest, w.at)
	}
	switch op.Code {
	case binary.OpLoop, binary.OpBlock, binary.OpIf:
		w.begin(op.Code)
	case binary.OpElse:
		w.otherwise()
	case binary.OpEnd:
		w.end()
	case binary.OpBr:
		w.branch(op.Index)
		w.dead = true
	case binary.OpBrIf:
		w.branch(op.Index)
	case binary.OpBrTable:
		for l := range walk.Labels(op) {
			w.branch(l)
		}
		w.dead = true
	case binary.OpReturn, binary.OpUnreachable:
		w.dead = true
	case binary.OpCall, binary.OpCallIndirect:
		w.regions[w.region].calls = true
	default:
		if _, _, sized := priceOf(op.Code); sized {
			w.regions[w.region].calls = true
		}
	}
}

func (w *longestWays) begin(kind binary.Opcode) {
	b := opened{kind: kind, dead: w.dead, begin: w.at, joined: nowhere, outer: w.region}
	if kind == binary.OpLoop {
		w.regions = append(w.regions, region{outer: w.region})
		w.region = len(w.regions) - 1
		b.region = w.region
	}
	w.open = append(w.open, b)
}

// branch notes a way that leaves for a label: it goes on at the end of a block, or has been once around a loop.
func (w *longestWays) branch(depth uint32) {
	if w.dead || uint64(depth) >= uint64(len(w.open)) {
		return
	}
	b := &w.open[len(w.open)-1-int(depth)]
	if b.kind == binary.OpLoop {
		cost := &w.regions[b.region].cost
		*cost = max(*cost, w.at-b.begin)
		return
	}
	b.joined = max(b.joined, w.at)
}

// otherwise goes from the first arm of an if to the second.
func (w *longestWays) otherwise() {
	w.branch(0)
	b := &w.open[len(w.open)-1]
	b.kind = binary.OpElse
	w.at, w.dead = b.begin, b.dead
}

func (w *longestWays) end() {
	if w.open[len(w.open)-1].kind == binary.OpIf {
		w.otherwise() // the second arm is empty
	}
	b := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	w.region = b.outer
	if b.joined != nowhere {
		if w.dead || b.joined > w.at {
			w.at = b.joined
		}
		w.dead = false
	}
}
