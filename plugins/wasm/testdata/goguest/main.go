// Command goguest is a validator in Go: values have to be JSON.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"unsafe"
)

// Package variables: neither moved nor freed.
var in, out []byte

func address(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

//go:wasmexport jd_abi_1
func abi() int32 { return 0 }

//go:wasmexport jd_reserve
func reserve(n int32) int32 {
	if int(n) > len(in) {
		in = make([]byte, n)
	}
	return int32(address(in))
}

//go:wasmexport jd_validate
func validate(p, n int32) int64 {
	b := in[:n]
	u32 := func(at uint32) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	count, entry, stride := u32(8), u32(0), u32(4)
	out = append(out[:0], make([]byte, 16+40*count)...)
	le := binary.LittleEndian
	le.PutUint32(out, 16)
	le.PutUint32(out[4:], 40)
	le.PutUint32(out[8:], count)
	rejected := false
	for i := range count {
		at := entry + i*stride
		length := int32(u32(at + 12))
		start := u32(at+8) - uint32(p)
		var v any
		if length < 0 || json.Unmarshal(b[start:start+uint32(length)], &v) == nil {
			continue
		}
		rejected = true
		message := []byte("no JSON")
		keep = append(keep, message)
		result := out[16+40*i:]
		le.PutUint32(result, 3)
		le.PutUint32(result[32:], address(message))
		le.PutUint32(result[36:], uint32(len(message)))
	}
	keep = keep[:0]
	if !rejected {
		return 0
	}
	return int64(address(out))<<32 | int64(len(out))
}

var keep [][]byte

func init() { fmt.Fprintln(os.Stderr, "ready,", os.Getenv("GOMEMLIMIT")) }

func main() {}
