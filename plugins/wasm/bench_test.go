package wasm_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// TestAllocations is the gate of the hot path: a call allocates nothing on the Go heap.
func TestAllocations(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{}), guest(t, "guest"))
	s := values(t, p, "")
	b := batchOf("keep", "Rnot good", "Vnew", "D")
	var o plugin.Outcome
	n := testing.AllocsPerRun(1000, func() {
		if err := s.Serialize(t.Context(), b, &o); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("a batch allocates %v times", n)
	}
}

func BenchmarkBatch(b *testing.B) {
	p := load(b, newEngine(b, wasm.Config{}), guest(b, "guest"))
	s := values(b, p, "")
	batch := batchOf("keep")
	var o plugin.Outcome
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Validate(b.Context(), batch, &o); err != nil {
			b.Fatal(err)
		}
	}
}
