package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// workload is one way to use a broker. Its topic is made before and deleted after the measurement.
type workload struct {
	name        string
	partitions  int32
	record      int // bytes of a value
	batch       int32
	codec       kgo.CompressionCodec
	acks        kgo.Acks
	connections int  // clients that work side by side; of fetchers each fetches everything
	fetch       bool // measures fetching; else producing
	cold        bool // of fetching: the page cache is told to forget the records first
	noFloor     bool // the floor would move the same bytes in the same way as in another row
	needsPlugin bool // part of a comparison with a plugin bound
	bound       bool // the plugin judges every record
	again       bool // Jackdaw beside itself: every partition has been written to before, and others do not take part
}

func workloads() []workload {
	const kib, mb, small = 1 << 10, 1 << 20, 16 << 10
	all, leader := kgo.AllISRAcks(), kgo.LeaderAck()
	none := kgo.NoCompression()
	return []workload{
		{name: "produce 1 KiB, 1 MB batches", partitions: 6, record: kib, batch: mb, codec: none, acks: all, connections: 1},
		{name: "produce 1 KiB, 1 MB batches, acks=1", partitions: 6, record: kib, batch: mb, codec: none, acks: leader, connections: 1, noFloor: true},
		{name: "produce 1 KiB, 16 KiB batches", partitions: 6, record: kib, batch: small, codec: none, acks: all, connections: 1},
		{name: "produce 100 B, 1 MB batches", partitions: 6, record: 100, batch: mb, codec: none, acks: all, connections: 1, noFloor: true},
		{name: "produce 100 B, 16 KiB batches", partitions: 6, record: 100, batch: small, codec: none, acks: all, connections: 1, noFloor: true},
		{name: "produce 1 KiB, 1 MB batches, lz4", partitions: 6, record: kib, batch: mb, codec: kgo.Lz4Compression(), acks: all, connections: 1, noFloor: true},
		{name: "produce 1 KiB, 1 MB batches, zstd", partitions: 6, record: kib, batch: mb, codec: kgo.ZstdCompression(), acks: all, connections: 1, noFloor: true},
		{name: "produce 1 KiB, 1 MB batches, 1 partition", partitions: 1, record: kib, batch: mb, codec: none, acks: all, connections: 1, noFloor: true},
		{name: "produce 1 KiB, 50 connections", partitions: 6, record: kib, batch: mb, codec: none, acks: all, connections: 50, noFloor: true},
		{name: "produce 1 KiB, 1000 partitions, first writes", partitions: 1000, record: kib, batch: small, codec: none, acks: all, connections: 1, noFloor: true},
		{name: "produce 1 KiB, 10000 partitions, 16 KiB batches, again", partitions: 10000, record: kib, batch: small, codec: none, acks: all, connections: 1, noFloor: true, again: true},
		{name: "fetch 1 KiB, 1 connection", partitions: 6, record: kib, batch: mb, codec: none, acks: all, connections: 1, fetch: true},
		{name: "fetch 1 KiB, 50 connections", partitions: 6, record: kib, batch: mb, codec: none, acks: all, connections: 50, fetch: true},
		{name: "fetch 1 KiB, cold", partitions: 6, record: kib, batch: mb, codec: none, acks: all, connections: 1, fetch: true, cold: true, noFloor: true},
	}
}

// pluginWorkloads are pairs: the same work with a plugin bound to the topic and without.
func pluginWorkloads() []workload {
	var pairs []workload
	for _, size := range []struct {
		name  string
		batch int32
	}{{"16 KiB", 16 << 10}, {"1 MB", 1 << 20}} {
		for _, bound := range []bool{false, true} {
			name := "produce, no validator, "
			if bound {
				name = "produce, validator bound, "
			}
			pairs = append(pairs, workload{name: name + size.name + " batches", partitions: 6, record: 1 << 10, batch: size.batch,
				codec: kgo.NoCompression(), acks: kgo.AllISRAcks(), connections: 1, noFloor: true, needsPlugin: true, bound: bound})
		}
	}
	return pairs
}

func (w workload) matches(part string) bool { return strings.Contains(w.name, part) }

// slow reports whether the workload moves many times as many bytes as the others, or waits for the disk.
func (w workload) slow() bool { return w.connections > 1 || w.cold || w.partitions > 100 }

// ourselves reports whether the workload compares Jackdaw with itself.
func (w workload) ourselves() bool { return w.needsPlugin || w.again }

func (w workload) run(ctx context.Context, p *process, t target, n int64, results *table) error {
	if t.name() == "floor" {
		return w.runFloor(p, t, n, results)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(p.addr))
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	quickly, ref := "100", pluginRef
	configs := map[string]*string{"file.delete.delay.ms": &quickly}
	if w.bound {
		configs["jackdaw.value.serializer"] = &ref
	}
	topic := fmt.Sprintf("bench-%d", time.Now().UnixNano())
	if err := w.create(ctx, admin, topic, configs); err != nil {
		return err
	}
	defer func() { _, _ = admin.DeleteTopic(ctx, topic) }()

	spread := func(f func(context.Context, string, string, int64) error, each int64) func() error {
		return func() error { return w.parallel(func() error { return f(ctx, p.addr, topic, each) }) }
	}
	if w.again {
		if err := w.produce(ctx, p.addr, topic, n); err != nil {
			return err
		}
	}
	if !w.fetch {
		return w.account(p, t, n, results, spread(w.produce, n/int64(w.connections)))
	}
	if err := w.produce(ctx, p.addr, topic, n); err != nil {
		return err
	}
	if w.cold {
		if err := dropCaches(); err != nil {
			return err
		}
	}
	return w.account(p, t, n*int64(w.connections), results, spread(w.consume, n))
}

// create makes the topic. A broker takes fewer than 10,000 partitions in one request.
func (w workload) create(ctx context.Context, admin *kadm.Client, topic string, configs map[string]*string) error {
	const atOnce = 5000
	if _, err := admin.CreateTopic(ctx, min(w.partitions, atOnce), 1, configs, topic); err != nil {
		return err
	}
	if w.partitions <= atOnce {
		return nil
	}
	updated, err := admin.UpdatePartitions(ctx, int(w.partitions), topic)
	if err != nil {
		return err
	}
	return updated.Error()
}

// parallel runs f once for each connection, all at the same time.
func (w workload) parallel(f func() error) error {
	errs := make([]error, w.connections)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = f() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (w workload) runFloor(p *process, t target, n int64, results *table) error {
	if w.noFloor {
		return nil
	}
	write := func() error { return talkToFloor(p.addr, floorWrite, n, int(w.batch)) }
	if !w.fetch {
		return w.account(p, t, n, results, write)
	}
	if err := write(); err != nil {
		return err
	}
	return w.account(p, t, n*int64(w.connections), results, func() error {
		return w.parallel(func() error { return talkToFloor(p.addr, floorRead, n, int(w.batch)) })
	})
}

// account adds what the process used during the work to the results, for each GB.
func (w workload) account(p *process, t target, n int64, results *table, work func() error) error {
	before, err := p.settle()
	if err != nil {
		return err
	}
	started := time.Now()
	if err := work(); err != nil {
		return err
	}
	took := time.Since(started)
	after, err := p.cpu()
	if err != nil {
		return err
	}
	used := after.minus(before)
	gb := float64(n) / 1e9
	results.add(w.name, "CPU s/GB", t.name(), used.total()/gb)
	results.add(w.name+", user", "CPU s/GB", t.name(), used.user/gb)
	if w.needsPlugin {
		results.add(w.name+", throughput", "MB/s", t.name(), float64(n)/1e6/took.Seconds())
	}
	return nil
}

func (w workload) produce(ctx context.Context, addr, topic string, n int64) error {
	opts := []kgo.Opt{kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(w.codec),
		kgo.ProducerBatchMaxBytes(w.batch), kgo.ProducerLinger(5 * time.Millisecond), kgo.MaxBufferedBytes(64 << 20),
		kgo.MaxBufferedRecords(1 << 20), kgo.RequiredAcks(w.acks)}
	if w.acks != kgo.AllISRAcks() {
		opts = append(opts, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	values := jsonValues(w.record)
	var once sync.Once
	var failed error
	for i := range int(n / int64(w.record)) {
		client.Produce(ctx, &kgo.Record{Value: values[i%len(values)]}, func(_ *kgo.Record, err error) {
			if err != nil {
				once.Do(func() { failed = err })
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	return failed
}

func (w workload) consume(ctx context.Context, addr, topic string, n int64) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(topic), kgo.FetchMaxPartitionBytes(1<<20),
		kgo.FetchMaxBytes(50<<20))
	if err != nil {
		return err
	}
	defer client.Close()
	for want := n / int64(w.record); want > 0; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		want -= int64(fetches.NumRecords())
	}
	return nil
}

// jsonValues makes values that compress about 3:1, as JSON does.
func jsonValues(size int) [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([][]byte, 512)
	for i := range values {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, `{"id":%d,"user":"user-%d","amount":%.2f,"state":"shipped"}`, random.Int64(), random.IntN(10000), random.Float64()*1000)
		}
		values[i] = []byte(b.String()[:size])
	}
	return values
}
