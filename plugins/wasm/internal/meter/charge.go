package meter

import "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"

// charge appends: fuel -= cost, and spent() if that is below zero. It leaves the stack as it was.
func (r *rewriter) charge(b []byte, cost int64) []byte {
	b = binary.AppendOpIndex(b, binary.OpGlobalGet, r.fuel)
	b = binary.AppendI64Const(b, cost)
	b = binary.AppendOp(b, binary.OpI64Sub)
	return r.settle(b)
}

// settle appends: fuel = top of the stack, and spent() if that is below zero. What nearly always happens stands before the
// else, because wazero keeps after the end what is in registers at the end of the first arm.
func (r *rewriter) settle(b []byte) []byte {
	b = binary.AppendOpIndex(b, binary.OpGlobalSet, r.fuel)
	b = binary.AppendOpIndex(b, binary.OpGlobalGet, r.fuel)
	b = appendEnough(b)
	b = binary.AppendOp(b, binary.OpElse)
	b = binary.AppendOpIndex(b, binary.OpCall, r.spent())
	return binary.AppendOp(b, binary.OpEnd)
}

// appendEnough appends the begin of an if whose condition is that the top of the stack, fuel, is not below zero.
func appendEnough(b []byte) []byte {
	b = binary.AppendI64Const(b, 0)
	b = binary.AppendOp(b, binary.OpI64GeS)
	return append(binary.AppendOp(b, binary.OpIf), emptyBlock)
}

// emptyBlock is the type of a block without parameters and results.
const emptyBlock = 0x40

// gateBody charges for a call of an import, and calls it.
func (r *rewriter) gateBody(imported uint32, params int) []byte {
	b := r.charge([]byte{0}, ImportFuel)
	for i := range params {
		b = binary.AppendOpIndex(b, binary.OpLocalGet, uint32(i))
	}
	b = binary.AppendOpIndex(b, binary.OpCall, imported)
	return binary.AppendOp(b, binary.OpEnd)
}

// spentBody asks the host for fuel: fuel = refill(fuel).
func (r *rewriter) spentBody() []byte {
	b := binary.AppendOpIndex([]byte{0}, binary.OpGlobalGet, r.fuel)
	b = binary.AppendOpIndex(b, binary.OpCall, r.refill())
	b = binary.AppendOpIndex(b, binary.OpGlobalSet, r.fuel)
	return binary.AppendOp(b, binary.OpEnd)
}

// payBody is pay(n, base, quarters) -> n: it charges base + n*quarters/4, n unsigned, at most a slice at a time.
func (r *rewriter) payBody() []byte {
	const n, base, quarters, step = 0, 1, 2, 3
	b := []byte{1, 1, byte(binary.I64)} // one local: step
	index := func(op binary.Opcode, i uint32) { b = binary.AppendOpIndex(b, op, i) }
	op := func(op binary.Opcode) { b = binary.AppendOp(b, op) }
	constant := func(v int64) { b = binary.AppendI64Const(b, v) }

	index(binary.OpLocalGet, n) // base += n*quarters >> 2: below 1<<48 + base
	op(binary.OpI64ExtendU)
	index(binary.OpLocalGet, quarters)
	op(binary.OpI64Mul)
	constant(2)
	op(binary.OpI64ShrU)
	index(binary.OpLocalGet, base)
	op(binary.OpI64Add)
	index(binary.OpLocalSet, base)

	b = append(b, byte(binary.OpLoop), emptyBlock)
	constant(Slice) // step = min(base, Slice)
	index(binary.OpLocalGet, base)
	index(binary.OpLocalGet, base)
	constant(Slice)
	op(binary.OpI64GtU)
	op(binary.OpSelect)
	index(binary.OpLocalSet, step)
	index(binary.OpGlobalGet, r.fuel)
	index(binary.OpLocalGet, step)
	op(binary.OpI64Sub)
	b = r.settle(b)
	index(binary.OpLocalGet, base)
	index(binary.OpLocalGet, step)
	op(binary.OpI64Sub)
	index(binary.OpLocalSet, base)
	index(binary.OpLocalGet, base) // until nothing is left
	op(binary.OpI64Eqz)
	op(binary.OpI32Eqz)
	index(binary.OpBrIf, 0)
	op(binary.OpEnd)

	index(binary.OpLocalGet, n)
	op(binary.OpEnd)
	return b
}
