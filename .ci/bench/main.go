// Command bench measures what a broker costs: CPU seconds of its process for each GB produced and fetched, the time until
// it is ready, and its memory when idle. It measures in turn Jackdaw, optionally Apache Kafka, and a floor (a process that
// only copies a socket to a file, and sends the file back with sendfile), several rounds, and prints minimum and median.
//
//	go run . -broker ../../bin/broker [-kafka java/cp.txt] [-rounds 5] [-mib 256]
//	go run . -plugin ../../plugins/wasm/testdata/pass.wasm -only validator # with a plugin bound, beside none
//	go run . -before OLDER/broker                                           # two builds of Jackdaw
//
// The method and its reasons: ARCHITECTURE.md, "How speed is measured".
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "floor-server" {
		if err := serveFloor(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, "floor:", err)
			os.Exit(1)
		}
		return
	}
	var o options
	flag.StringVar(&o.broker, "broker", "../../bin/broker", "the Jackdaw binary")
	flag.StringVar(&o.classpath, "kafka", "", "a file that holds the class path of Apache Kafka; none leaves it out")
	flag.StringVar(&o.before, "before", "", "another Jackdaw binary, measured in turn; none leaves it out")
	flag.StringVar(&o.plugin, "plugin", "", "a validator that keeps every record: producing is measured with it bound, and in turn without")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds; each measures every target once")
	flag.Int64Var(&o.bytes, "mib", 256, "MiB of record values in a run")
	flag.StringVar(&o.only, "only", "", "run only workloads whose name contains this")
	flag.BoolVar(&o.short, "short", false, "leave out the slow workloads")
	flag.StringVar(&o.svg, "svg", "", "also write a plot of the ratios to this file")
	flag.StringVar(&o.markdown, "markdown", "", "also write the table as Markdown to this file")
	flag.Parse()
	o.bytes <<= 20
	if err := run(context.Background(), o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	broker, before, classpath, only, plugin, svg, markdown string

	rounds int
	bytes  int64
	short  bool
}

func run(ctx context.Context, o options) error {
	touchMemory()
	targets := []target{&jackdaw{label: "jackdaw", binary: o.broker, plugin: o.plugin}}
	if o.before != "" {
		targets = append(targets, &jackdaw{label: "before", binary: o.before})
	}
	if o.classpath != "" {
		targets = append(targets, &kafka{classpath: o.classpath})
	}
	targets = append(targets, &floor{})
	results := newTable()
	for round := range o.rounds {
		for _, t := range targets {
			fmt.Fprintf(os.Stderr, "round %d of %d: %s\n", round+1, o.rounds, t.name())
			if err := measure(ctx, t, o, results); err != nil {
				return fmt.Errorf("%s: %w", t.name(), err)
			}
		}
	}
	results.print(os.Stdout)
	if o.svg != "" {
		if err := results.plot(o.svg); err != nil {
			return err
		}
	}
	if o.markdown == "" {
		return nil
	}
	var b bytes.Buffer
	results.markdown(&b)
	return os.WriteFile(o.markdown, b.Bytes(), 0o600)
}

// measure starts a target, runs every workload on it, and stops it.
func measure(ctx context.Context, t target, o options, results *table) error {
	dir, err := os.MkdirTemp("", "jackdaw-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	started := time.Now()
	p, err := t.start(ctx, dir)
	if err != nil {
		return err
	}
	defer p.stop()
	results.add("ready", "ms", t.name(), float64(time.Since(started).Milliseconds()))
	if err := idle(p, t, results); err != nil {
		return err
	}
	if t.name() == "kafka" {
		if err := warm(ctx, p, t); err != nil {
			return err
		}
	}
	for _, w := range append(workloads(), pluginWorkloads()...) {
		if !w.matches(o.only) || o.short && w.slow() || w.needsPlugin && o.plugin == "" || w.ourselves() && t.name() != "jackdaw" {
			continue
		}
		if err := w.run(ctx, p, t, o.bytes, results); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	for _, l := range latencies() {
		if t.name() == "floor" || !strings.Contains(l.name, o.only) {
			continue
		}
		if err := l.run(ctx, p, t, results); err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return nil
}

// warm lets Apache Kafka compile what it will need: cold, it takes two to three times as much. Its peers are measured cold.
func warm(ctx context.Context, p *process, t target) error {
	const enough = 2 << 30
	for _, w := range workloads() {
		if w.slow() || w.partitions == 1 {
			continue
		}
		if err := w.run(ctx, p, t, enough/8, newTable()); err != nil {
			return fmt.Errorf("warming up: %w", err)
		}
	}
	return nil
}

// idle measures memory and CPU of a target that nobody uses.
func idle(p *process, t target, results *table) error {
	before, err := p.cpu()
	if err != nil {
		return err
	}
	const watched = 5 * time.Second
	time.Sleep(watched)
	after, err := p.cpu()
	if err != nil {
		return err
	}
	rss, err := p.rss()
	if err != nil {
		return err
	}
	results.add("idle CPU", "% of a core", t.name(), 100*after.minus(before).total()/watched.Seconds())
	results.add("idle memory", "MiB", t.name(), float64(rss)/(1<<20))
	return nil
}

// touchMemory writes to most of the free memory once: in a virtual machine the first touch of a page is paid by whoever
// touches it, and would be counted as the broker's cost.
func touchMemory() {
	const block = 64 << 20
	var kept [][]byte
	for range min(freeMemory()*7/10, 12<<30) / block {
		b := make([]byte, block)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
	}
	_ = kept
}
