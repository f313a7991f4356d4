// Command guest is a plugin as the Go toolchain builds it, with the packages that such plugins use.
package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"
	"unsafe"
)

var input, output []byte

var digits = regexp.MustCompile(`^[0-9]+$`)

//go:wasmexport jd_abi_1
func abi() int32 { return 0 }

//go:wasmexport jd_reserve
func reserve(size uint32) uint32 {
	input = make([]byte, size)
	return address(input)
}

//go:wasmexport jd_validate
func validate(addr, size uint32) uint64 {
	var v struct {
		ID   string
		When time.Time
	}
	output = output[:0]
	switch err := json.Unmarshal(input[:size], &v); {
	case err != nil:
		output = fmt.Appendf(output, "error: %v", err)
	case !digits.MatchString(v.ID):
		output = fmt.Appendf(output, "bad id %q", v.ID)
	default:
		output = fmt.Appendf(output, "%s at %s", v.ID, v.When.Format(time.RFC1123))
	}
	return uint64(address(output))<<32 | uint64(len(output))
}

func address(b []byte) uint32 { return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

func main() {}
