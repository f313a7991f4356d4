package meter

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"

// What things cost, in units of fuel. One unit is about 0.1 to 0.5 ns of plain code.
const (
	// Slice is the most that an instance spends between two returns to the host, about 1 ms: the charge for one operation of a
	// large size is split. It is also what the host hands out at a time.
	Slice = 10_000_000
	// CallFuel is charged at the entry of a function, besides its operators.
	CallFuel = 64
	// ImportFuel is charged for a call of the host, besides what the host function charges for what it reads (BytesFuel).
	ImportFuel = 1_000
	// bytesPerFuel is how much memory an operation touches for one unit.
	bytesPerFuel = 4
	// growFuel is charged for memory.grow, besides the pages.
	growFuel = 10_000
)

// BytesFuel is what a host function charges for reading n bytes of the guest's memory.
func BytesFuel(n uint32) int64 { return int64(n) / bytesPerFuel }

// priceOf is what an operator costs whose work grows with its last operand, besides being an operator: base units, and so many
// quarters of a unit for each of what the operand counts. It is paid before the operator runs, and even if that traps or fails.
func priceOf(op binary.Opcode) (base, quarters int64, sized bool) {
	const entry = 8 // bytes of a table entry
	switch op {
	case binary.OpMemoryInit, binary.OpMemoryCopy, binary.OpMemoryFill:
		return 0, 1, true
	case binary.OpTableInit, binary.OpTableCopy, binary.OpTableFill:
		return 0, entry, true
	case binary.OpTableGrow:
		return 0, 16 * bytesPerFuel, true
	case binary.OpMemoryGrow:
		return growFuel, 64 << 10, true
	}
	return 0, 0, false
}
