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

const (
	attackers = 4                    // producers to the topics of the modules, each as fast as it is answered
	window    = 200                  // records of the canary
	interval  = 5 * time.Millisecond // between two of them
)

// BenchmarkCanary is what a client of an ordinary topic notices: how long a record takes from when it was due until it is
// acknowledged, 200 of them a second. An iteration is a second without and a second with every endless module being
// called all the time, because each quarantine is ended at once; compilations are over before. The figures are medians over
// the iterations, so that what else the machine does counts on both sides, or on none.
func BenchmarkCanary(b *testing.B) {
	broker := process.Start(b)
	c := newCanary(b, broker.Addr)
	modules := wasmtest.Endless()
	for i, m := range modules {
		if !newAttacker(b, broker).install(fmt.Sprintf("m-%d", i), m.Wasm) {
			return
		}
	}
	siege := make([]*attacker, attackers)
	for i := range siege {
		siege[i] = newAttacker(b, broker)
	}
	c.window() // connections, a producer id, the caches of both sides
	var quiet, hostile figures
	var calm, cores []float64 // what the broker takes of all cores, in percent
	for b.Loop() {
		share := shareOfCores(b, broker)
		quiet.add(c.window())
		calm = append(calm, share())
		done := make(chan struct{})
		var running sync.WaitGroup
		for i, a := range siege {
			running.Go(func() { a.siege(done, i, len(modules)) })
		}
		share = shareOfCores(b, broker)
		hostile.add(c.window())
		cores = append(cores, share())
		close(done)
		running.Wait()
	}
	b.ReportMetric(median(quiet.p50), "quiet-p50-ms")
	b.ReportMetric(median(quiet.p99), "quiet-p99-ms")
	b.ReportMetric(median(hostile.p50), "hostile-p50-ms")
	b.ReportMetric(median(hostile.p99), "hostile-p99-ms")
	b.ReportMetric(slices.Min(quiet.p99), "quiet-p99-min-ms")
	b.ReportMetric(slices.Min(hostile.p99), "hostile-p99-min-ms")
	b.ReportMetric(median(calm), "quiet-%cores")
	b.ReportMetric(median(cores), "hostile-%cores")
	b.ReportMetric(0, "ns/op") // the rate is fixed
}

// shareOfCores begins to measure which share of all cores the broker takes, in percent, until the function is called.
func shareOfCores(b *testing.B, broker *process.Broker) func() float64 {
	before, start := cpu(b, broker), time.Now()
	return func() float64 {
		used := cpu(b, broker) - before
		return 100 * used.Seconds() / time.Since(start).Seconds() / float64(runtime.NumCPU())
	}
}

// figures are those of each window, in milliseconds.
type figures struct{ p50, p99 []float64 }

func (f *figures) add(took []time.Duration) {
	slices.Sort(took)
	f.p50 = append(f.p50, milliseconds(took[len(took)/2]))
	f.p99 = append(f.p99, milliseconds(took[len(took)*99/100]))
}

func median(f []float64) float64 { return slices.Sorted(slices.Values(f))[len(f)/2] }

// window sends records at a fixed rate and returns how long each took from when it was due.
func (c *canary) window() []time.Duration {
	took := make([]time.Duration, 0, window)
	for due := time.Now(); len(took) < window; due = due.Add(interval) {
		<-time.After(time.Until(due))
		c.send()
		took = append(took, time.Since(due))
	}
	return took
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
