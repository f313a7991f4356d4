package partition_test

import (
	"errors"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// inForce reports whether a chain may still be used for a batch.
func inForce(c *plugin.Chain) bool {
	if !c.Acquire() {
		return false
	}
	c.Release()
	return true
}

// TestChains has when a topic's plugin chain is in force, when it is retired, and what a topic answers that lacks its own.
func TestChains(t *testing.T) {
	c := newCluster(t, memoryEngine(t))
	c.start(nil)
	id := kafka.NewTopicID()
	c.topic("t", id, 0, 1)
	p := c.partition("t", 0)
	bind := func(configs map[string]string) {
		topic := metadata.Resource{Type: metadata.TopicResource, Name: "t"}
		c.change(&metadata.Delta{Configs: []metadata.Resource{topic}}, func(i *metadata.Image) { i.Configs[topic] = configs })
	}
	f := func(name string, want error) {
		t.Helper()
		if _, err := c.append(p, nil, "v"); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	f("no plugin is bound", nil)
	bind(map[string]string{"jackdaw.value.serializer": "x@1"})
	f("a plugin is bound that is not loaded yet", kafka.NotEnoughReplicas)
	first, second := plugin.NewChain("t"), plugin.NewChain("t")
	c.set.SetChain(id, first)
	f("it is loaded", nil)
	c.set.SetChain(id, second)
	if inForce(first) || !inForce(second) {
		t.Error("a new chain takes the place of the one before")
	}
	c.set.SetChain(id, nil)
	f("it is taken away", kafka.NotEnoughReplicas)
	third := plugin.NewChain("t")
	c.set.SetChain(id, third)
	bind(nil)
	f("it is bound no more", nil)
	if inForce(third) {
		t.Error("a chain outlives its binding")
	}

	fourth, late := plugin.NewChain("t"), plugin.NewChain("t")
	c.set.SetChain(id, fourth)
	topic := c.image.Topics["t"]
	c.change(&metadata.Delta{Deleted: []*metadata.Topic{topic}}, func(i *metadata.Image) {
		delete(i.Topics, "t")
		delete(i.TopicIDs, id)
	})
	c.set.SetChain(id, late)
	for name, chain := range map[string]*plugin.Chain{
		"taken away": second, "of a deleted topic": fourth, "for a deleted topic": late,
	} {
		if inForce(chain) {
			t.Errorf("a chain %s is in force", name)
		}
	}
}
