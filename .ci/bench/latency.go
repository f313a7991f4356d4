package main

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sys/unix"
)

// latency sends records at a fixed rate, whatever the answers do (an open loop), and counts from when a record was due to
// when it was acknowledged: a broker that stalls is charged for everything that it kept waiting.
type latency struct {
	name string
	rate int // records a second
	time time.Duration
}

func latencies() []latency {
	return []latency{
		{"5,000 records/s of 1 KiB", 5000, 10 * time.Second},
		{"500 records/s of 1 KiB", 500, 10 * time.Second},
	}
}

func (l latency) run(ctx context.Context, p *process, t target, results *table) error {
	topic := fmt.Sprintf("latency-%d", time.Now().UnixNano())
	client, err := kgo.NewClient(kgo.SeedBrokers(p.addr), kgo.DefaultProduceTopic(topic), kgo.ProducerLinger(0),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(ctx, 6, 1, nil, topic); err != nil {
		return err
	}
	defer func() { _, _ = admin.DeleteTopic(ctx, topic) }()

	values := jsonValues(1 << 10)
	n := l.rate * int(l.time/time.Second)
	taken := make([]time.Duration, n)
	var failed error
	var once sync.Once
	before, err := p.cpu()
	if err != nil {
		return err
	}
	started := time.Now()
	for i := range n {
		due := started.Add(time.Duration(i) * time.Second / time.Duration(l.rate))
		sleepUntil(due)
		client.Produce(ctx, &kgo.Record{Value: values[i%len(values)]}, func(_ *kgo.Record, err error) {
			taken[i] = time.Since(due)
			if err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	after, err := p.cpu()
	if err != nil || failed != nil {
		return fmt.Errorf("%w, %w", err, failed)
	}
	slices.Sort(taken)
	for _, q := range []struct {
		name  string
		share float64
	}{{"p50", 0.5}, {"p99", 0.99}, {"p999", 0.999}} {
		at := taken[int(q.share*float64(n-1))]
		results.add(l.name+", "+q.name, "ms", t.name(), float64(at.Microseconds())/1000)
	}
	results.add(l.name+", CPU", "% of a core", t.name(), 100*after.minus(before).total()/l.time.Seconds())
	return nil
}

// sleepUntil waits more exactly than time.Sleep does: an idle Go program sleeps for whole milliseconds, since the kernel's poller
// counts in them, and would charge the broker for half of one.
func sleepUntil(due time.Time) {
	runtime.Gosched() // what was just produced goes out first
	for d := time.Until(due); d > 0; d = time.Until(due) {
		ts := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&ts, nil) // a signal ends it early
	}
}
