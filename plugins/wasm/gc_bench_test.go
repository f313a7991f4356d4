package wasm_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// BenchmarkGC collects garbage beside guests that never return by themselves: the time of a collection is how long a guest
// keeps the whole broker waiting. "none" is a collection without a guest.
func BenchmarkGC(b *testing.B) {
	c := wasm.Config{QuarantineAfter: 1 << 30, BatchTimeout: time.Minute, AssignTimeout: time.Minute}
	p := load(b, newEngine(b, c), guest(b, "guest"))
	for name, letter := range map[string]string{"none": "", "loop": "L", "calls": "E", "fill": "F", "copy": "Y", "recursion": "X", "tables": "H"} {
		b.Run(name, func(b *testing.B) {
			s, err := p.Assignor(b.Context(), binding(plugin.KindAssignor, ""))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			stop, stopped := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(stopped)
				g := groupOf(1)
				g.ID, g.Topics[0] = letter, plugin.Topic{Name: "a", NumPartitions: 1000}
				var a plugin.Assignment
				for letter != "" {
					select {
					case <-stop:
						return
					default:
						_ = s.Assign(b.Context(), g, &a) // it runs out of fuel
					}
				}
			}()
			var worst time.Duration
			for b.Loop() {
				start := time.Now()
				runtime.GC()
				worst = max(worst, time.Since(start))
			}
			close(stop)
			<-stopped
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
		})
	}
}
