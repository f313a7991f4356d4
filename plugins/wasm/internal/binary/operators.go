package binary

import "iter"

// Opcode is an operator. Operators behind a prefix byte have it in the bits above their number: memory.fill is 0xfc<<8 | 11.
type Opcode uint32

// The operators that have a meaning for the meter.
const (
	OpUnreachable  Opcode = 0x00
	OpReturn       Opcode = 0x0f
	OpBlock        Opcode = 0x02
	OpLoop         Opcode = 0x03
	OpIf           Opcode = 0x04
	OpElse         Opcode = 0x05
	OpEnd          Opcode = 0x0b
	OpBr           Opcode = 0x0c
	OpBrIf         Opcode = 0x0d
	OpBrTable      Opcode = 0x0e
	OpCall         Opcode = 0x10
	OpCallIndirect Opcode = 0x11
	OpLocalGet     Opcode = 0x20
	OpLocalSet     Opcode = 0x21
	OpLocalTee     Opcode = 0x22
	OpGlobalGet    Opcode = 0x23
	OpGlobalSet    Opcode = 0x24
	OpTableGet     Opcode = 0x25
	OpTableSet     Opcode = 0x26
	OpMemoryGrow   Opcode = 0x40
	OpI32Const     Opcode = 0x41
	OpI64Const     Opcode = 0x42
	OpF32Const     Opcode = 0x43
	OpF64Const     Opcode = 0x44
	OpI64Eqz       Opcode = 0x50
	OpI64GtU       Opcode = 0x56
	OpI64GeS       Opcode = 0x59
	OpI32Add       Opcode = 0x6a
	OpI64Add       Opcode = 0x7c
	OpI64Sub       Opcode = 0x7d
	OpI64Mul       Opcode = 0x7e
	OpI64ShrU      Opcode = 0x88
	OpI64ExtendU   Opcode = 0xad
	OpSelect       Opcode = 0x1b
	OpI32Eqz       Opcode = 0x45
	OpRefNull      Opcode = 0xd0
	OpRefFunc      Opcode = 0xd2

	OpMemoryInit Opcode = 0xfc<<8 | 8
	OpMemoryCopy Opcode = 0xfc<<8 | 10
	OpMemoryFill Opcode = 0xfc<<8 | 11
	OpTableInit  Opcode = 0xfc<<8 | 12
	OpElemDrop   Opcode = 0xfc<<8 | 13
	OpTableCopy  Opcode = 0xfc<<8 | 14
	OpTableGrow  Opcode = 0xfc<<8 | 15
	OpTableSize  Opcode = 0xfc<<8 | 16
	OpTableFill  Opcode = 0xfc<<8 | 17

	OpV128Const Opcode = 0xfd<<8 | 12
)

// Operator is one operator of an expression.
type Operator struct {
	Code  Opcode
	Start int // offsets in the expression's bytes: [Start, End)
	End   int
	// Index is the first index among the immediates: of the function, global, type, table or label; for br_table the number of
	// labels without the default; for a block the index of its type, or one of the two values below.
	Index  uint32
	labels int // where the labels of br_table begin
	// Index2 is the table of call_indirect, and the source or destination table of table.init and table.copy.
	Index2 uint32
}

// Block types that are not an index into the type section.
const (
	BlockEmpty    = 1<<32 - 1 // no parameters, no result
	BlockOneValue = 1<<32 - 2 // no parameters, one result
)

// Walker steps through the operators of one function body.
type Walker struct{ r reader }

// Walk returns a walker at the first operator of the body.
func (b *Body) Walk() *Walker {
	return &Walker{reader{data: b.Raw, pos: b.Code, base: b.Offset}}
}

// Next reads an operator, its offsets counted from the start of Body.Raw. It returns false at the end and at the first error.
func (w *Walker) Next(op *Operator) bool {
	if w.r.err != nil || w.r.remaining() == 0 {
		return false
	}
	w.r.operator(op)
	return w.r.err == nil
}

// Labels yields the labels of a br_table that Next just read, the default last.
func (w *Walker) Labels(op *Operator) iter.Seq[uint32] {
	return func(yield func(uint32) bool) {
		labels := reader{data: w.r.data, pos: op.labels}
		for range op.Index + 1 {
			if !yield(labels.u32()) {
				return
			}
		}
	}
}

// Err is what stopped the walk: nil at the end of the body, or a MalformedError or FeatureError.
func (w *Walker) Err() error { return w.r.err }

// Fail stops the walk at the current place.
func (w *Walker) Fail(reason string) { w.r.fail("%s", reason) }

// immediates is what follows an opcode.
type immediates byte

const (
	none immediates = iota
	blockType
	index       // one index
	twoIndexes  // call_indirect, table.init, table.copy
	labels      // br_table
	memArg      // alignment and offset
	memArgLane  // with a SIMD lane
	lane        // a SIMD lane
	zero        // memory index 0
	zeroTwice   // memory.copy
	indexZero   // memory.init
	constant32  // i32.const
	constant64  // i64.const
	bytes4      // f32.const
	bytes8      // f64.const
	bytes16     // v128.const, i8x16.shuffle
	oneType     // select with a type
	heapType    // ref.null
	exceptions  // what follows are operators of other proposals
	tailCalls   //
	references  //
	gc          //
	threads     //
	unknown     //
	prefixMisc  //
	prefixSIMD  //
	proposalMin = exceptions
)

var proposals = [...]string{
	exceptions - proposalMin: "exception handling",
	tailCalls - proposalMin:  "tail calls",
	references - proposalMin: "typed function references",
	gc - proposalMin:         "garbage collection",
	threads - proposalMin:    "threads",
}

// single maps the one-byte opcodes to their immediates.
var single = singleTable()

func singleTable() (t [256]immediates) {
	set := func(from, to byte, kind immediates) {
		for i := int(from); i <= int(to); i++ {
			t[i] = kind
		}
	}
	set(0xc5, 0xff, unknown)
	set(0x02, 0x04, blockType)
	set(0x06, 0x0a, exceptions)
	set(0x0c, 0x0d, index)
	t[0x0e] = labels
	t[0x10], t[0x11] = index, twoIndexes
	set(0x12, 0x13, tailCalls)
	t[0x14], t[0x15] = references, tailCalls
	set(0x16, 0x17, unknown)
	set(0x18, 0x19, exceptions)
	t[0x1c] = oneType
	set(0x1d, 0x1e, unknown)
	t[0x1f] = exceptions
	set(0x20, 0x26, index) // locals, globals, tables
	t[0x27] = unknown
	set(0x28, 0x3e, memArg)
	set(0x3f, 0x40, zero)
	t[0x41], t[0x42], t[0x43], t[0x44] = constant32, constant64, bytes4, bytes8
	t[0xd0], t[0xd2] = heapType, index
	t[0xd1] = none
	t[0xd3] = gc
	set(0xd4, 0xd6, references)
	t[0xfb], t[0xfe] = gc, threads
	t[0xfc], t[0xfd] = prefixMisc, prefixSIMD
	return t
}

// misc are the immediates of the operators behind the prefix 0xfc.
var misc = [...]immediates{
	0: none, 1: none, 2: none, 3: none, 4: none, 5: none, 6: none, 7: none,
	8: indexZero, 9: index, 10: zeroTwice, 11: zero, 12: twoIndexes, 13: index, 14: twoIndexes, 15: index, 16: index, 17: index,
}

func simd(n uint32) immediates {
	switch {
	case n <= 11, n == 92, n == 93:
		return memArg
	case n == 12, n == 13:
		return bytes16
	case n >= 21 && n <= 34:
		return lane
	case n >= 84 && n <= 91:
		return memArgLane
	}
	return none
}

func (r *reader) operator(op *Operator) {
	*op = Operator{Start: r.pos}
	code := r.byte()
	op.Code = Opcode(code)
	kind := single[code]
	if kind >= prefixMisc {
		kind = r.prefixed(op)
	}
	if kind != none {
		r.immediates(op, kind)
	}
	op.End = r.pos
}

// prefixed reads the number behind a prefix. It must be encoded as short as possible: engines differ in how they read others.
func (r *reader) prefixed(op *Operator) immediates {
	start := r.pos
	n := r.u32()
	prefix := op.Code
	op.Code = prefix<<8 | Opcode(n&0xff)
	short := r.pos-start == 1 || n >= 0x80 && r.pos-start == 2
	switch {
	case r.err != nil:
	case prefix == 0xfd && n > 0xff:
		r.unsupported("relaxed SIMD")
	case prefix == 0xfc && n >= uint32(len(misc)), !short:
		r.fail("unknown opcode %#x %d", byte(prefix), n)
	case prefix == 0xfc:
		return misc[n]
	default:
		return simd(n)
	}
	return none
}

func (r *reader) immediates(op *Operator, kind immediates) {
	switch kind {
	case blockType:
		op.Index = r.blockType()
	case index:
		op.Index = r.u32()
	case twoIndexes:
		op.Index, op.Index2 = r.u32(), r.u32()
	case indexZero:
		op.Index = r.u32()
		r.memoryIndex()
	case zero:
		r.memoryIndex()
	case zeroTwice:
		r.memoryIndex()
		r.memoryIndex()
	case labels:
		n := r.count(1)
		op.Index, op.labels = uint32(n), r.pos
		for range n + 1 {
			r.u32()
		}
	case memArg, memArgLane:
		r.memArg()
		if kind == memArgLane {
			r.byte()
		}
	default:
		r.plainImmediates(op, kind)
	}
}

// plainImmediates are those without an index.
func (r *reader) plainImmediates(op *Operator, kind immediates) {
	switch kind {
	case lane:
		r.byte()
	case constant32:
		r.signed(32)
	case constant64:
		r.signed(64)
	case bytes4:
		r.bytes(4)
	case bytes8:
		r.bytes(8)
	case bytes16:
		r.bytes(16)
	case oneType:
		if n := r.u32(); n != 1 {
			r.fail("select with %d types", n)
		}
		r.valueType()
	case heapType:
		r.refType()
	case unknown:
		r.pos = op.Start
		r.fail("unknown opcode %#x", uint32(op.Code))
	default:
		r.pos = op.Start
		r.unsupported(proposals[kind-proposalMin])
	}
}

func (r *reader) memoryIndex() {
	if r.byte() != 0 {
		r.unsupported("several memories")
	}
}

func (r *reader) memArg() {
	if align := r.u32(); align >= 64 {
		r.unsupported("several memories")
	}
	r.u32()
}

func (r *reader) blockType() uint32 {
	if r.remaining() > 0 {
		switch b := r.data[r.pos]; {
		case b == 0x40:
			r.pos++
			return BlockEmpty
		case b > 0x40 && b < 0x80:
			r.valueType()
			return BlockOneValue
		}
	}
	n := r.signed(33)
	if n < 0 || n >= BlockOneValue {
		r.fail("unknown block type %d", n)
	}
	return uint32(n)
}
