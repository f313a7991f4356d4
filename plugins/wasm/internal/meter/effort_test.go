package meter_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// TestEffort: what wazero does in linear time has little effort, and what takes it the square or more of its size has as much.
func TestEffort(t *testing.T) {
	effort := func(code ...string) uint64 {
		b := plugin()
		b.Func(i32+i32, "", code...)
		limits := meter.DefaultLimits(pages)
		limits.Effort = 1 << 62
		m, err := meter.Check(b.Bytes(), limits)
		if err != nil {
			t.Fatal(err)
		}
		return m.Used.Effort
	}
	for _, c := range []struct {
		name, before, unit, after string
		square                    bool
	}{
		{"straight line", "", "local.get 0 drop", "", false},
		{"blocks that are joined", "", "block void local.get 0 br_if 0 end", "", false},
		{"ifs", "", "local.get 0 if void nop else nop end", "", false},
		{"branches out of one block", "block void", "local.get 0 br_if 0", "end", true},
		{"branches out of the function", "", "local.get 0 br_if 0", "", true},
		{"ifs that don't come back", "", "local.get 0 if void unreachable end", "", true},
		{"elses that don't come back", "", "local.get 0 if void nop else return end", "", true},
		{"blocks without branches", "", "block void local.get 0 drop end", "", true},
		{"loops without branches", "", "loop void local.get 0 drop end", "", true},
		{"unreachable code", "unreachable", "local.get 0 br_if 0", "", false},
		{"unreachable blocks", "return", "block void local.get 0 br_if 0 end", "", false},
	} {
		small := effort(c.before, repeat(100, c.unit), c.after)
		large := effort(c.before, repeat(1000, c.unit), c.after)
		if square := large > 30*max(small, 1); square != c.square {
			t.Errorf("%s: %d steps for 100, %d for 1,000", c.name, small, large)
		}
	}
}
