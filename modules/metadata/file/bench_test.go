package file_test

import (
	"fmt"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/metadata/metadatatest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/metadata/file"
)

func topics(n int) []metadata.NewTopic {
	list := make([]metadata.NewTopic, n)
	for i := range list {
		list[i] = metadata.NewTopic{Name: fmt.Sprint("topic-", i), Partitions: 1, Replicas: -1}
	}
	return list
}

// BenchmarkCreateTopics makes 1,000 topics at once in a cluster that has none.
func BenchmarkCreateTopics(b *testing.B) {
	list := topics(1000)
	b.ReportAllocs()
	for b.Loop() {
		c := file.New(file.Settings{Configs: config.NewResolver(nil), Log: zap.NewNop()})
		if err := c.Start(b.Context(), metadatatest.Self()); err != nil {
			b.Fatal(err)
		}
		if r := c.CreateTopics(b.Context(), list, false); r[0].Err != nil {
			b.Fatal(r[0].Err)
		}
	}
}

// BenchmarkCreateOneTopic makes and deletes one topic beside 10,000 others: the copy of the maps.
func BenchmarkCreateOneTopic(b *testing.B) {
	c := many(b, nil)
	one := []metadata.NewTopic{{Name: "one", Partitions: 1, Replicas: -1}}
	b.ReportAllocs()
	for b.Loop() {
		if r := c.CreateTopics(b.Context(), one, false); r[0].Err != nil {
			b.Fatal(r[0].Err)
		}
		c.DeleteTopics(b.Context(), []metadata.TopicRef{{Name: "one"}})
	}
}

// BenchmarkStart loads 10,000 topics.
func BenchmarkStart(b *testing.B) {
	fsys := vfs.NewMem()
	if err := many(b, fsys).Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		c := file.New(file.Settings{FS: fsys, Dir: "meta", Configs: config.NewResolver(nil), Log: zap.NewNop()})
		if err := c.Start(b.Context(), metadatatest.Self()); err != nil {
			b.Fatal(err)
		}
		if err := c.Stop(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// many starts a controller with 10,000 topics.
func many(b *testing.B, fsys vfs.FS) *file.Controller {
	b.Helper()
	s := file.Settings{FS: fsys, Configs: config.NewResolver(nil), Log: zap.NewNop()}
	if fsys != nil {
		s.Dir = "meta"
	}
	c := file.New(s)
	if err := c.Start(b.Context(), metadatatest.Self()); err != nil {
		b.Fatal(err)
	}
	list := topics(10_000)
	for i := 0; i < len(list); i += 1000 {
		if r := c.CreateTopics(b.Context(), list[i:i+1000], false); r[0].Err != nil {
			b.Fatal(r[0].Err)
		}
	}
	return c
}
