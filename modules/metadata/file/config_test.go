package file

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

func TestDir(t *testing.T) {
	f := func(c Config, want string) {
		t.Helper()
		if err := c.Validate(); err != nil || c.Dir() != want {
			t.Errorf("%+v: %s (%v), want %s", c, c.Dir(), err, want)
		}
	}
	f(defaultConfig(), "data/__jackdaw_metadata")
	f(Config{LogDirs: []string{"/a", "/b"}}, "/a/__jackdaw_metadata")
	f(Config{MetadataLogDir: "/meta", LogDirs: []string{"/a"}}, "/meta/__jackdaw_metadata")
	if err := (Config{}).Validate(); err == nil {
		t.Error("no directory at all is accepted")
	}
}

// TestInternalTopicReplicas asks for the three replicas that are Kafka's default for internal topics.
func TestInternalTopicReplicas(t *testing.T) {
	c := startOn(t, vfs.NewMem())
	err := c.EnsureInternalTopic(t.Context(), metadata.NewTopic{Name: kafka.ConsumerOffsetsTopic, Partitions: 50, Replicas: 3})
	if err != nil || len(c.Image().Topics[kafka.ConsumerOffsetsTopic].Partitions[49].Replicas) != 1 {
		t.Errorf("%v, %+v", err, c.Image().Topics)
	}
}
