package handler_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// onDisk makes a broker keep its logs in segment files of a temporary directory.
func onDisk(t testing.TB) func(*partition.Settings, *handler.Deps) {
	return func(s *partition.Settings, _ *handler.Deps) {
		cfg := segment.DefaultConfig()
		cfg.Dirs = []string{t.TempDir()}
		s.Engine = segment.New(cfg, vfs.OS{}, zap.NewNop())
	}
}

// BenchmarkProduce is one request with one batch, from the router to the page cache.
func BenchmarkProduce(b *testing.B) {
	f := func(name string, codec record.Codec, values ...string) {
		b.Run(name, func(b *testing.B) {
			br := newBroker(b, onDisk(b))
			br.createTopic("t", 1, "retention.bytes", "1048576")
			benchmarkProduce(b, br, codec, values)
		})
	}
	f("1x100B", record.None, strings.Repeat("x", 100))
	f("16x1KiB", record.None, repeat(16, 1000)...)
	f("100x1KiB", record.None, repeat(100, 1000)...)
	f("1000x1KiB", record.None, repeat(1000, 1000)...)
	f("1000x100B", record.None, repeat(1000, 70)...)
	f("10000x100B", record.None, repeat(10000, 70)...)
	f("100x1KiB/lz4", record.LZ4, repeat(100, 1000)...)
}

// benchmarkProduce sends one batch to t over and over.
func benchmarkProduce(b *testing.B, br *broker, codec record.Codec, values []string) {
	records := batch(b, func(h *record.Header) { h.Attributes = int16(codec) }, values...)
	c, serve := serveAgain(br, produceRequest(9, -1, "t", kafka.TopicID{}, 0, records))
	at := bytes.Index(c.Body, records)
	b.SetBytes(int64(len(records)))
	b.ReportAllocs()
	for b.Loop() {
		copy(c.Body[at:], records)
		serve()
	}
}

// BenchmarkProduceJudged is BenchmarkProduce with a validator before the append that keeps everything: "go" shows what the
// chain costs beside its plugins, "wasm" what a pass-through plugin does.
func BenchmarkProduceJudged(b *testing.B) {
	f := func(name string, validator plugin.Serializer, codec record.Codec, values ...string) {
		b.Run(name, func(b *testing.B) {
			br := newBroker(b, onDisk(b))
			br.createTopic("t", 1, "retention.bytes", "1048576", valueSlot, "fake@1")
			br.bind("t", func(c *plugin.Chain) {
				c.Value = &plugin.Slot[plugin.Serializer]{Plugin: validator, Policy: plugin.Policy{Mode: plugin.Validate}}
			})
			benchmarkProduce(b, br, codec, values)
		})
	}
	for name, open := range map[string]func(testing.TB) plugin.Serializer{"go": keepAll, "wasm": passThrough} {
		f(name+"/1x100B", open(b), record.None, strings.Repeat("x", 100))
		f(name+"/16x1KiB", open(b), record.None, repeat(16, 1000)...)
		f(name+"/100x1KiB", open(b), record.None, repeat(100, 1000)...)
		f(name+"/1000x100B", open(b), record.None, repeat(1000, 70)...)
		f(name+"/100x1KiB/lz4", open(b), record.LZ4, repeat(100, 1000)...)
	}
}

func keepAll(testing.TB) plugin.Serializer {
	return &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
}

// passThrough is a validator in WebAssembly that looks at nothing.
func passThrough(b testing.TB) plugin.Serializer {
	code, err := os.ReadFile("../../../plugins/wasm/testdata/pass.wasm")
	if err != nil {
		b.Fatal(err)
	}
	engine, err := wasm.New(wasm.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := engine.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	})
	program, err := engine.Load(b.Context(), code)
	if err != nil {
		b.Fatal(err)
	}
	defer program.Close()
	s, err := program.Serializer(b.Context(), plugin.Binding{Kind: plugin.KindValueSerializer, Name: "pass", Target: "t"})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func repeat(n, size int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = strings.Repeat("x", size)
	}
	return list
}

// BenchmarkFetch is one request that returns an extent of 1 MiB, without sending it.
func BenchmarkFetch(b *testing.B) {
	br := newBroker(b, onDisk(b))
	br.createTopic("t", 1)
	for range 4 {
		br.mustProduce("t", 0, repeat(500, 1000)...)
	}
	req := fetchRequest(12, "t", kafka.TopicID{}, 0, 700)
	c := call(context.Background(), req)
	b.ReportAllocs()
	for b.Loop() {
		br.router.Serve(c)
		c.Response.Release()
		c.Response.Reset()
	}
}
