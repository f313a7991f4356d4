package hostileplugins_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/plugins/wasm/wasmtest"
)

// BenchmarkCanary is what a client of an ordinary topic notices: how long a record takes from when it was due until it is
// acknowledged, 200 of them a second. "hostile" has every endless module called all the time beside it, because each
// quarantine is ended at once; "harmless" has as many producers of topics that a good validator is bound to, and no more
// than that; "quiet" has nobody. Compilations are over before the clock starts.
func BenchmarkCanary(b *testing.B) {
	b.Run("quiet", func(b *testing.B) { benchmarkCanary(b, nil) })
	b.Run("harmless", func(b *testing.B) {
		var modules []wasmtest.Module
		for range wasmtest.Endless() {
			modules = append(modules, wasmtest.Module{Name: "good", Wasm: wasmtest.Plugin()})
		}
		benchmarkCanary(b, modules)
	})
	b.Run("hostile", func(b *testing.B) { benchmarkCanary(b, wasmtest.Endless()) })
}

// attackers is how many producers send to the topics of the modules, each as fast as it is answered.
const attackers = 4

func benchmarkCanary(b *testing.B, modules []wasmtest.Module) {
	broker := process.Start(b)
	c := newCanary(b, broker.Addr)
	for i, m := range modules {
		if !newAttacker(b, broker).install(fmt.Sprintf("m-%d", i), m.Wasm) {
			return
		}
	}
	done := make(chan struct{})
	var running sync.WaitGroup
	for n := range attackers {
		if len(modules) > 0 {
			a := newAttacker(b, broker)
			running.Go(func() { a.siege(done, n, len(modules)) })
		}
	}
	for range 100 { // connections, a producer id, the caches of both sides
		c.send()
	}
	var took []time.Duration
	before, start := cpu(b, broker), time.Now()
	due := time.Now()
	for b.Loop() {
		time.Sleep(time.Until(due))
		c.send()
		took = append(took, time.Since(due))
		due = due.Add(5 * time.Millisecond)
	}
	used := cpu(b, broker) - before
	b.ReportMetric(100*used.Seconds()/time.Since(start).Seconds()/float64(runtime.NumCPU()), "%cores")
	close(done)
	running.Wait()
	slices.Sort(took)
	b.ReportMetric(milliseconds(took[len(took)/2]), "p50-ms")
	b.ReportMetric(milliseconds(took[len(took)*99/100]), "p99-ms")
	b.ReportMetric(0, "ns/op") // the rate is fixed
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// siege produces to the topics of all modules, and ends the quarantine of each before ten failures make it one.
func (a *attacker) siege(done <-chan struct{}, first, modules int) {
	for i := first; ; i++ {
		select {
		case <-done:
			return
		default:
		}
		name := fmt.Sprintf("m-%d", i%modules)
		_ = a.strike(name, "record") // refused, if the module is hostile
		if i/modules%2 == 1 {
			a.release(name)
		}
	}
}

// cpu returns the processor time that the broker took so far.
func cpu(b *testing.B, broker *process.Broker) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", broker.PID()))
	if err != nil {
		b.Skip("no /proc")
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+2:])
	var ticks int
	for _, field := range fields[11:13] { // user and system
		n, err := strconv.Atoi(string(field))
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}
