package handler_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
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
	f := func(name string, values ...string) {
		b.Run(name, func(b *testing.B) {
			br := newBroker(b, onDisk(b))
			br.createTopic("t", 1, "retention.bytes", "1048576")
			records := batch(b, nil, values...)
			req := produceRequest(9, -1, "t", kafka.TopicID{}, 0, records)
			c, serve := serveAgain(br, req)
			at := bytes.Index(c.Body, records)
			b.SetBytes(int64(len(records)))
			b.ReportAllocs()
			for b.Loop() {
				copy(c.Body[at:], records)
				serve()
			}
		})
	}
	f("1x100B", strings.Repeat("x", 100))
	f("16x1KiB", repeat(16, 1000)...)
	f("1000x1KiB", repeat(1000, 1000)...)
	f("10000x100B", repeat(10000, 70)...)
}

// BenchmarkProduceJudged is BenchmarkProduce with a validator before the append that keeps everything: what the chain
// costs beside its plugins.
func BenchmarkProduceJudged(b *testing.B) {
	f := func(name string, values ...string) {
		b.Run(name, func(b *testing.B) {
			br := newBroker(b, onDisk(b))
			br.createTopic("t", 1, "retention.bytes", "1048576", valueSlot, "fake@1")
			fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
			br.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Validate}) })
			records := batch(b, nil, values...)
			c, serve := serveAgain(br, produceRequest(9, -1, "t", kafka.TopicID{}, 0, records))
			at := bytes.Index(c.Body, records)
			b.SetBytes(int64(len(records)))
			b.ReportAllocs()
			for b.Loop() {
				copy(c.Body[at:], records)
				serve()
			}
		})
	}
	f("1x100B", strings.Repeat("x", 100))
	f("16x1KiB", repeat(16, 1000)...)
	f("1000x1KiB", repeat(1000, 1000)...)
	f("10000x100B", repeat(10000, 70)...)
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
