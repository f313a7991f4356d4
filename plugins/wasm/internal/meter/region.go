package meter

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"

// region is a function, or a loop in it.
type region struct {
	cost  int64 // of one pass through all of it
	calls bool  // there are calls in it, or what is metered by one
	outer int   // the region around a loop
}

// regions appends the regions of a body to list: first the function, then its loops in the order in which they begin. Loops
// inside of a region are parts of it. A pass runs each operator at most once, and goes on only by paying for another pass
// through a loop; so what is charged is never less than what runs.
func regions(body *binary.Body, list []region) ([]region, error) {
	list = append(list, region{cost: CallFuel})
	current := 0           // region of the operator
	open := []int{current} // region outside of each open block, the function itself first
	walk := body.Walk()
	var op binary.Operator
	for walk.Next(&op) {
		list[current].cost++
		switch op.Code {
		case binary.OpLoop:
			open = append(open, current)
			list = append(list, region{outer: current})
			current = len(list) - 1
		case binary.OpBlock, binary.OpIf:
			open = append(open, current)
		case binary.OpEnd:
			current, open = open[len(open)-1], open[:len(open)-1]
		case binary.OpCall, binary.OpCallIndirect:
			list[current].calls = true
		default:
			if _, _, sized := priceOf(op.Code); sized {
				list[current].calls = true
			}
		}
	}
	for i := len(list) - 1; i > 0; i-- {
		inner, outer := &list[i], &list[list[i].outer]
		outer.cost += inner.cost
		outer.calls = outer.calls || inner.calls
	}
	return list, walk.Err()
}
