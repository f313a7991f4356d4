package wasm

import (
	"fmt"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// answer is the output of a call, in a memory that may hold anything. Every number in it is a lie until it is checked, in
// 64-bit arithmetic; nothing is copied before everything is checked.
type answer struct {
	memory []byte
	start  uint64 // address of the block
	size   uint64
	budget uint64 // bytes that the block and all that it refers to may have, counted as often as they are referred to
}

// open reads a positive result, the answer to an input of so many bytes.
func open(memory []byte, r int64, input int) (answer, error) {
	a := answer{memory: memory, start: uint64(r) >> 32, size: uint64(uint32(r)), budget: abi.OutputFactor*uint64(input) + abi.OutputSlack}
	switch {
	case a.size == 0 || a.start+a.size > uint64(len(memory)):
		return a, fmt.Errorf("the result is %d bytes at address %d of a memory of %d bytes", a.size, a.start, len(memory))
	case a.start%4 != 0:
		return a, fmt.Errorf("the address %d of the result is no multiple of 4", a.start)
	}
	return a, a.spend(a.size)
}

func (a *answer) spend(n uint64) error {
	if n > a.budget {
		return fmt.Errorf("the output is larger than %d times the input and %d bytes", abi.OutputFactor, abi.OutputSlack)
	}
	a.budget -= n
	return nil
}

func (a *answer) u32(at uint64) uint32 { return le.Uint32(a.memory[at:]) }

// table checks the prefix of a block and returns where its entries begin and how far they are apart.
func (a *answer) table(header, entry, count int) (first, stride uint64, err error) {
	if a.size < abi.BlockPrefix {
		return 0, 0, fmt.Errorf("the result has %d bytes", a.size)
	}
	h, e, n := a.u32(a.start+abi.BlockHeaderSize), a.u32(a.start+abi.BlockEntrySize), a.u32(a.start+abi.BlockCount)
	switch {
	case h < uint32(header) || e < uint32(entry) || h%4 != 0 || e%4 != 0:
		return 0, 0, fmt.Errorf("the result has a header of %d bytes and entries of %d", h, e)
	case n != uint32(count):
		return 0, 0, fmt.Errorf("%d results for %d records or members", n, count)
	case uint64(h)+uint64(e)*uint64(n) > a.size:
		return 0, 0, fmt.Errorf("%d entries of %d bytes do not fit into %d bytes", n, e, a.size)
	case a.u32(a.start+abi.BlockFlags) != 0:
		return 0, 0, fmt.Errorf("the result has unknown flags")
	}
	return a.start + uint64(h), uint64(e), nil
}

// slice checks a slice and pays for it.
func (a *answer) slice(at uint64) error {
	n := int32(a.u32(at + abi.SliceLen))
	if n <= 0 {
		if n < abi.NullLen {
			return fmt.Errorf("a slice of length %d", n)
		}
		return nil
	}
	return a.list(uint64(a.u32(at+abi.SlicePtr)), uint64(n), 1, "a slice")
}

// list checks that n entries of some size lie inside of the memory, and pays for them.
func (a *answer) list(ptr, n, size uint64, what string) error {
	if ptr+n*size > uint64(len(a.memory)) {
		return fmt.Errorf("%s of %d at address %d of a memory of %d bytes", what, n, ptr, len(a.memory))
	}
	return a.spend(n * size)
}

// bytes returns a slice that was checked; it lies in the guest's memory.
func (a *answer) bytes(at uint64) []byte {
	n := int32(a.u32(at + abi.SliceLen))
	if n < 0 {
		return nil
	}
	if n == 0 {
		return []byte{}
	}
	ptr := uint64(a.u32(at + abi.SlicePtr))
	return a.memory[ptr : ptr+uint64(n)]
}

// actionsOf says which actions a function may answer with, a bit each.
func actionsOf(f function) uint32 {
	actions := uint32(1<<abi.ActionKeep | 1<<abi.ActionReject)
	if f != validate {
		actions |= 1 << abi.ActionReplace
	}
	if f == serialize {
		actions |= 1 << abi.ActionDrop
	}
	return actions
}

// verdicts is a result block for some records of a batch.
type verdicts struct {
	answer
	lens
	first, stride uint64
}

// openVerdicts checks all of a result block.
func openVerdicts(a answer, l lens, f function, count int) (verdicts, error) {
	first, stride, err := a.table(abi.ResultHeaderSize, abi.ResultEntrySize, count)
	v := verdicts{a, l, first, stride}
	legal := actionsOf(f)
	for i := 0; i < count && err == nil; i++ {
		if err = v.check(first+uint64(i)*stride, legal); err != nil {
			err = fmt.Errorf("record %d: %w", i, err)
		}
	}
	return v, err
}

// check looks only at the fields that the action of an entry uses.
func (v *verdicts) check(at uint64, legal uint32) error {
	action := v.u32(at + abi.ResultAction)
	if action > abi.ActionReject || legal>>action&1 == 0 {
		return fmt.Errorf("action %d", action)
	}
	switch action {
	case abi.ActionReject:
		return v.slice(at + abi.ResultMessage)
	case abi.ActionReplace:
		if v.sees(abi.InterestKey) && v.kind != plugin.KindKeySerializer {
			if err := v.slice(at + abi.ResultKey); err != nil {
				return err
			}
		}
		if v.sees(abi.InterestValue) {
			if err := v.slice(at + abi.ResultValue); err != nil {
				return err
			}
		}
		if v.sees(abi.InterestHeaders) {
			return v.checkHeaders(at)
		}
	}
	return nil
}

func (v *verdicts) checkHeaders(at uint64) error {
	ptr, n := uint64(v.u32(at+abi.ResultHeaders)), uint64(v.u32(at+abi.ResultHeaderCount))
	if n == 0 {
		return nil
	}
	if ptr%4 != 0 {
		return fmt.Errorf("the address %d of the headers is no multiple of 4", ptr)
	}
	if err := v.list(ptr, n, abi.HeaderItemSize, "a list of headers"); err != nil {
		return err
	}
	for i := range n {
		item := ptr + i*abi.HeaderItemSize
		if err := v.slice(item + abi.HeaderItemKey); err != nil {
			return err
		}
		if int32(v.u32(item+abi.HeaderItemKey+abi.SliceLen)) < 0 {
			return fmt.Errorf("header %d has a null key", i)
		}
		if err := v.slice(item + abi.HeaderItemValue); err != nil {
			return err
		}
	}
	return nil
}

// verdict copies the decision about record i, which is r, into the outcome's memory.
func (v *verdicts) verdict(i int, r *plugin.Record, o *plugin.Outcome, name string) plugin.Verdict {
	at := v.first + uint64(i)*v.stride
	switch v.u32(at + abi.ResultAction) {
	case abi.ActionReplace:
		return v.replacement(at, r, o)
	case abi.ActionDrop:
		return plugin.Verdict{Action: plugin.Drop}
	case abi.ActionReject:
		code := int32(v.u32(at + abi.ResultCode))
		message := rejection(o, v.bytes(at+abi.ResultMessage))
		if len(message) == 0 {
			message = fmt.Appendf(nil, "rejected by %s (code %d)", name, code)
		}
		return plugin.Verdict{Action: plugin.Reject, Code: code, Message: message}
	}
	return plugin.Verdict{}
}

// replacement is the whole record to store: what the guest does not see stays.
func (v *verdicts) replacement(at uint64, r *plugin.Record, o *plugin.Outcome) plugin.Verdict {
	out := plugin.Verdict{Action: plugin.Replace, Key: r.Key, Value: r.Value, Headers: r.Headers}
	switch keys := v.kind == plugin.KindKeySerializer; {
	case keys && v.sees(abi.InterestValue):
		out.Key = o.Copy(v.bytes(at + abi.ResultValue))
	case !keys:
		if v.sees(abi.InterestKey) {
			out.Key = o.Copy(v.bytes(at + abi.ResultKey))
		}
		if v.sees(abi.InterestValue) {
			out.Value = o.Copy(v.bytes(at + abi.ResultValue))
		}
	}
	if v.sees(abi.InterestHeaders) {
		out.Headers = v.copyHeaders(at, o)
	}
	return out
}

func (v *verdicts) copyHeaders(at uint64, o *plugin.Outcome) []record.RecordHeader {
	ptr, n := uint64(v.u32(at+abi.ResultHeaders)), int(v.u32(at+abi.ResultHeaderCount))
	if n == 0 {
		return nil
	}
	headers := o.AllocHeaders(n)
	for i := range headers {
		item := ptr + uint64(i)*abi.HeaderItemSize
		headers[i].Key = o.Copy(v.bytes(item + abi.HeaderItemKey))
		headers[i].Value = o.Copy(v.bytes(item + abi.HeaderItemValue))
	}
	return headers
}

// rejection copies a message as text that can be shown: what is replaced takes up to three bytes for one.
func rejection(o *plugin.Outcome, text []byte) []byte {
	if len(text) == 0 {
		return nil
	}
	room := o.Alloc(3 * min(len(text), abi.MaxMessage))
	return appendText(room[:0], text)
}

// readPartitions reads the answer of a partitioner.
func readPartitions(memory []byte, r int64, input int, out []int32, partitions int32) error {
	a, err := open(memory, r, input)
	if err != nil {
		return err
	}
	if a.size != 4*uint64(len(out)) {
		return fmt.Errorf("the result has %d bytes for %d records", a.size, len(out))
	}
	for i := range out {
		p := int32(a.u32(a.start + 4*uint64(i)))
		if p < plugin.NoPartition || p >= partitions {
			return fmt.Errorf("record %d: partition %d of %d", i, p, partitions)
		}
		out[i] = p
	}
	return nil
}

// readAssignment reads the answer of an assignor.
func readAssignment(memory []byte, r int64, input int, g *plugin.Group, out *plugin.Assignment) error {
	a, err := open(memory, r, input)
	if err != nil {
		return err
	}
	first, stride, err := a.table(abi.AssignResultHeader, abi.AssignResultEntry, len(g.Members))
	if err != nil {
		return err
	}
	for i := range g.Members {
		at := first + uint64(i)*stride
		ptr, n := uint64(a.u32(at+abi.ListPtr)), uint64(a.u32(at+abi.ListCount))
		if n > 0 && ptr%4 != 0 {
			return fmt.Errorf("member %d: the address %d is no multiple of 4", i, ptr)
		}
		if err := a.list(ptr, n, abi.AssignedSize, "a list of partitions"); err != nil {
			return fmt.Errorf("member %d: %w", i, err)
		}
	}
	out.Reset(len(g.Members))
	for i := range g.Members {
		at := first + uint64(i)*stride
		ptr, n := uint64(a.u32(at+abi.ListPtr)), uint64(a.u32(at+abi.ListCount))
		for end := ptr + n*abi.AssignedSize; ptr < end; ptr += abi.AssignedSize {
			out.Members[i] = append(out.Members[i], plugin.Assigned{Topic: int32(a.u32(ptr)), Partition: int32(a.u32(ptr + 4))})
		}
	}
	return out.Check(g)
}
