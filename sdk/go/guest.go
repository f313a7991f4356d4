package jackdaw

import (
	"encoding/binary"
	"unsafe"
)

// The sizes of blocks, entries and slices in version 1 of the ABI.
const (
	resultHeader = 16
	resultEntry  = 40
	sliceSize    = 8
	headerSize   = 2 * sliceSize
)

var le = binary.LittleEndian

// The areas that the host and the guest share. They are package variables, so that they stay where they are and live
// until the next call.
var (
	input  []byte
	output []byte
	kept   []Verdict // what output points to
	tables [][]byte  // the headers of replacements
)

//go:wasmexport jd_abi_1
func abi() int32 { return 0 }

//go:wasmexport jd_reserve
func reserve(size uint32) uint32 {
	if uint32(len(input)) < size {
		input = make([]byte, size)
	}
	return addr(input)
}

// addr is where b lies. Slices of 8 bytes and more are aligned to 8.
func addr(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// at returns what lies at an address of the input: everything that the host writes does.
func at(p uint32) []byte { return input[p-addr(input):] }

// slice reads the slice at the beginning of b. Null is nil.
func slice(b []byte) []byte {
	n := int32(le.Uint32(b[4:]))
	switch {
	case n < 0:
		return nil
	case n == 0:
		return []byte{}
	}
	return at(le.Uint32(b))[:n:n]
}

func appendSlice(out, b []byte) []byte {
	n := uint32(len(b))
	if b == nil {
		n = ^uint32(0)
	}
	return le.AppendUint32(le.AppendUint32(out, addr(b)), n)
}

// begin forgets the last answer and makes room for one of n bytes.
func begin(n int) {
	clear(kept)
	clear(tables)
	kept, tables = kept[:0], tables[:0]
	if cap(output) < n {
		output = make([]byte, 0, n)
	}
	output = output[:0]
}

func result() uint64 { return uint64(addr(output))<<32 | uint64(len(output)) }

func failed(class int32, message string) uint64 {
	hostError(message)
	if class < 1 {
		class = Internal
	}
	return uint64(-int64(class))
}

// Configure is what jd_configure returns: f takes the configuration, or refuses it with an error.
func Configure(block, _ uint32, f func(Config) error) uint64 {
	b := at(block)
	c := Config{
		Kind:    le.Uint32(b[16:]),
		Name:    string(slice(b[24:])),
		Binding: string(slice(b[32:])),
		Config:  slice(b[40:]),
	}
	if err := f(c); err != nil {
		return failed(1, err.Error())
	}
	return 0
}

// header reads what is in front of the entries. The sizes in it are strides: newer hosts append fields.
func header(b []byte) (batch Batch, entries []byte, stride uint32, count int) {
	batch = Batch{
		Topic:         string(slice(b[16:])),
		Time:          int64(le.Uint64(b[24:])),
		Partition:     int32(le.Uint32(b[32:])),
		NumPartitions: int32(le.Uint32(b[36:])),
		ClientID:      string(slice(b[40:])),
	}
	return batch, b[le.Uint32(b):], le.Uint32(b[4:]), int(le.Uint32(b[8:]))
}

// Each is what jd_validate, jd_serialize and jd_deserialize return: f decides about every record.
func Each(block, _ uint32, f func(*Record, *Batch) Verdict) uint64 {
	batch, entries, stride, count := header(at(block))
	begin(resultHeader + count*resultEntry)
	output = le.AppendUint32(output, resultHeader)
	output = le.AppendUint32(output, resultEntry)
	output = le.AppendUint32(output, uint32(count))
	output = le.AppendUint32(output, 0)
	var r Record
	for i := range count {
		e := entries[uint32(i)*stride:]
		r.Key, r.Value, r.Timestamp = slice(e), slice(e[8:]), int64(le.Uint64(e[24:]))
		r.Headers = headers(r.Headers[:0], le.Uint32(e[16:]), le.Uint32(e[20:]))
		v := f(&r, &batch)
		if v.action == actionFail {
			return failed(v.code, v.message)
		}
		answer(v)
		if v.action == actionReplace {
			r.Headers = nil // the answer may hold them
		}
	}
	if len(kept) == 0 {
		return 0
	}
	return result()
}

// answer adds a result entry.
func answer(v Verdict) {
	if v.action == actionKeep {
		output = append(output, make([]byte, resultEntry)...)
		return
	}
	kept = append(kept, v)
	table := make([]byte, 0, len(v.record.Headers)*headerSize)
	for _, h := range v.record.Headers {
		key := h.Key
		if key == nil {
			key = []byte{}
		}
		table = appendSlice(appendSlice(table, key), h.Value)
	}
	tables = append(tables, table)
	output = le.AppendUint32(output, v.action)
	output = le.AppendUint32(output, uint32(v.code))
	output = appendSlice(output, v.record.Key)
	output = appendSlice(output, v.record.Value)
	output = le.AppendUint32(output, addr(table))
	output = le.AppendUint32(output, uint32(len(v.record.Headers)))
	output = le.AppendUint32(output, uint32(uintptr(unsafe.Pointer(unsafe.StringData(v.message)))))
	output = le.AppendUint32(output, uint32(len(v.message)))
}

func headers(into []Header, p, n uint32) []Header {
	for i := range n {
		h := at(p + i*headerSize)
		into = append(into, Header{Key: slice(h), Value: slice(h[sliceSize:])})
	}
	return into
}

// EachKey is what jd_partition returns: f chooses a partition from 0 to numPartitions-1, or -1 for the host's default.
func EachKey(block, _ uint32, f func(key, value []byte, numPartitions int32) int32) uint64 {
	batch, entries, stride, count := header(at(block))
	begin(4 * count)
	for i := range count {
		e := entries[uint32(i)*stride:]
		output = le.AppendUint32(output, uint32(f(slice(e), slice(e[8:]), batch.NumPartitions)))
	}
	return result()
}
