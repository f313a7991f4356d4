package wasm_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// TestAllocations is the gate of the hot path: a call allocates nothing on the Go heap, also when the guest has room for a
// part of the batch only.
func TestAllocations(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{}), guest(t, "guest"))
	large := batchOf(slices.Repeat([]string{"K" + strings.Repeat("x", 1000)}, 10)...)
	for name, c := range map[string]struct {
		config string
		batch  *plugin.Batch
	}{"all verdicts": {"", batchOf("keep", "Rnot good", "Vnew", "D")}, "4 KiB of room": {"s", large}} {
		s := values(t, p, c.config)
		var o plugin.Outcome
		run := func() {
			if err := s.Serialize(t.Context(), c.batch, &o); err != nil {
				t.Fatal(err)
			}
		}
		run() // finds out how much room there is
		failed := s.Stats().Failures[plugin.OutOfMemory]
		if n := testing.AllocsPerRun(1000, run); n != 0 {
			t.Errorf("%s: a batch allocates %v times", name, n)
		}
		if more := s.Stats().Failures[plugin.OutOfMemory] - failed; more != 0 {
			t.Errorf("%s: %d calls failed for want of room after the first batch", name, more)
		}
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
