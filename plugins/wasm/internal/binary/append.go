package binary

import (
	"encoding/binary"
	"maps"
	"slices"
)

// AppendU32 appends an unsigned LEB128 number.
func AppendU32(b []byte, v uint32) []byte { return binary.AppendUvarint(b, uint64(v)) }

// AppendS64 appends a signed LEB128 number.
func AppendS64(b []byte, v int64) []byte {
	for v < -64 || v > 63 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7f)
}

// AppendBytes appends a vector of bytes, such as a name or a function body.
func AppendBytes[T string | []byte](b []byte, s T) []byte {
	return append(AppendU32(b, uint32(len(s))), s...)
}

// AppendHeader appends the magic and the version of a module.
func AppendHeader(b []byte) []byte { return append(b, "\x00asm\x01\x00\x00\x00"...) }

// AppendSection appends a section.
func AppendSection(b []byte, id SectionID, content []byte) []byte {
	return AppendBytes(append(b, byte(id)), content)
}

// AppendNames appends a name section that names functions.
func AppendNames(b []byte, functions map[uint32]string) []byte {
	names := AppendU32(nil, uint32(len(functions)))
	for _, index := range slices.Sorted(maps.Keys(functions)) {
		names = AppendBytes(AppendU32(names, index), functions[index])
	}
	content := AppendBytes(nil, "name")
	content = AppendBytes(append(content, nameFunctions), names)
	return AppendSection(b, SectionCustom, content)
}

// Append appends the type.
func (t FuncType) Append(b []byte) []byte {
	return AppendBytes(AppendBytes(append(b, 0x60), t.Params), t.Results)
}

// Append appends the limits of a memory or table.
func (l Limits) Append(b []byte) []byte {
	if !l.HasMax {
		return AppendU32(append(b, 0), l.Min)
	}
	return AppendU32(AppendU32(append(b, 1), l.Min), l.Max)
}

// AppendOp appends an operator without its immediates.
func AppendOp(b []byte, op Opcode) []byte {
	if op > 0xff {
		return AppendU32(append(b, byte(op>>8)), uint32(op&0xff))
	}
	return append(b, byte(op))
}

// AppendOpIndex appends an operator whose immediate is an index.
func AppendOpIndex(b []byte, op Opcode, index uint32) []byte {
	return AppendU32(AppendOp(b, op), index)
}

// AppendI64Const appends i64.const.
func AppendI64Const(b []byte, v int64) []byte { return AppendS64(AppendOp(b, OpI64Const), v) }
