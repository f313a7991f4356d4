package wasm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// FuzzVerdicts reads results from memories that hold anything: nothing panics, and what is accepted keeps to the rules.
func FuzzVerdicts(f *testing.F) {
	good := binary.LittleEndian.AppendUint32(nil, 16)
	for _, w := range []uint32{40, 1, 0, 1, 0, 0, 4, 4, 8, 16, 1, 0, 4} {
		good = binary.LittleEndian.AppendUint32(good, w)
	}
	f.Add(good, int64(len(good)), byte(serialize), byte(15), byte(3), 1)
	f.Add(good, int64(4)<<32|52, byte(validate), byte(3), byte(2), 2)
	f.Fuzz(func(t *testing.T, memory []byte, r int64, which, interest, kind byte, count int) {
		if r <= 0 || count < 1 || count > 64 {
			return
		}
		fn, l := function(which%3), lens{plugin.KindKeySerializer + plugin.Kind(kind%2), uint32(interest) & abi.InterestAll}
		const input = 100
		a, err := open(memory, r, input)
		if err != nil {
			return
		}
		v, err := openVerdicts(a, l, fn, count)
		if err != nil {
			return
		}
		var o plugin.Outcome
		o.Reset(count)
		in := plugin.Record{Key: []byte("key"), Value: []byte("value"), Headers: []record.RecordHeader{{Key: []byte("h")}}}
		total := 0
		for i := range count {
			verdict := v.verdict(i, &in, &o, "fuzz")
			o.Set(i, verdict)
			total += checkVerdict(t, &verdict, l, fn, &in)
		}
		if total > abi.OutputFactor*input+abi.OutputSlack {
			t.Errorf("%d bytes are taken over", total)
		}
	})
}

// checkVerdict returns how many bytes came from the guest.
func checkVerdict(t *testing.T, v *plugin.Verdict, l lens, f function, in *plugin.Record) int {
	t.Helper()
	legal := map[function][]plugin.Action{
		validate: {plugin.Keep, plugin.Reject}, serialize: {plugin.Keep, plugin.Replace, plugin.Drop, plugin.Reject},
		deserialize: {plugin.Keep, plugin.Replace, plugin.Reject},
	}
	if !slices.Contains(legal[f], v.Action) {
		t.Errorf("%s is answered with %s", exportOf[f], v.Action)
	}
	switch v.Action {
	case plugin.Reject:
		if len(v.Message) == 0 || len(v.Message) > 3*abi.MaxMessage {
			t.Errorf("a message of %d bytes", len(v.Message))
		}
	case plugin.Replace:
		keys := l.kind == plugin.KindKeySerializer
		if (keys || !l.sees(abi.InterestValue)) && !bytes.Equal(v.Value, in.Value) ||
			(keys && !l.sees(abi.InterestValue) || !keys && !l.sees(abi.InterestKey)) && !bytes.Equal(v.Key, in.Key) {
			t.Errorf("what the guest does not see is changed: %+v", v)
		}
		total := len(v.Key) + len(v.Value)
		for _, h := range v.Headers {
			if h.Key == nil {
				t.Error("a header without a key")
			}
			total += len(h.Key) + len(h.Value)
		}
		return total - len(in.Key) - len(in.Value)
	}
	return 0
}

// FuzzPartitions reads answers of partitioners.
func FuzzPartitions(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 1, 0, 0, 0}, int64(4)<<32|4, 1, int32(2))
	f.Fuzz(func(t *testing.T, memory []byte, r int64, count int, partitions int32) {
		if r <= 0 || count < 1 || count > 64 || partitions < 1 {
			return
		}
		out := make([]int32, count)
		if err := readPartitions(memory, r, 10, out, partitions); err != nil {
			return
		}
		for _, p := range out {
			if p < plugin.NoPartition || p >= partitions {
				t.Errorf("partition %d of %d", p, partitions)
			}
		}
	})
}

// FuzzAssignment reads answers of assignors.
func FuzzAssignment(f *testing.F) {
	g := sampleGroup()
	good := binary.LittleEndian.AppendUint32(nil, 16)
	for _, w := range []uint32{8, 3, 0, 40, 1, 0, 0, 0, 0, 1, 3} {
		good = binary.LittleEndian.AppendUint32(good, w)
	}
	f.Add(good, int64(len(good)))
	f.Fuzz(func(t *testing.T, memory []byte, r int64) {
		var a plugin.Assignment
		if r <= 0 || readAssignment(memory, r, 100, g, &a) != nil {
			return
		}
		if err := a.Check(g); err != nil {
			t.Error(err)
		}
	})
}
