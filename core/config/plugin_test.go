package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

const (
	valueSlot = "jackdaw.value.serializer"
	keySlot   = "jackdaw.key.serializer"
	partSlot  = "jackdaw.partitioner"
)

func TestCheckPlugins(t *testing.T) {
	r := config.NewResolver(nil)
	f := func(topic, want string, pairs ...string) {
		t.Helper()
		configs := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			configs[pairs[i]] = pairs[i+1]
		}
		err := r.Check(metadata.Resource{Type: metadata.TopicResource, Name: topic}, configs)
		switch {
		case want == "" && err == nil:
		case want == "" || err == nil || kafka.CodeOf(err) != kafka.InvalidConfig || !strings.Contains(err.Error(), want):
			t.Errorf("%s %v: got %v, want %q", topic, configs, err, want)
		}
	}
	f("t", "", valueSlot, "geo@1", valueSlot+".mode", "transform", valueSlot+".config", "anything", valueSlot+".on.reject", "dlq",
		valueSlot+".on.error", "reject", valueSlot+".shadow", "geo@2", keySlot, strings.Repeat("ab", 32), partSlot, "geo@1", partSlot+".mode", "enforce",
		"jackdaw.dlq.topic", "bad-ones")
	f("t", "", valueSlot+".mode", "transform") // nothing is bound yet
	f("t", "Invalid value geo for configuration jackdaw.value.serializer: ", valueSlot, "geo")
	f("t", "Invalid value  for configuration jackdaw.value.serializer: ", valueSlot, "")
	f("t", "Invalid value x@ for configuration jackdaw.key.serializer.shadow: ", keySlot+".shadow", "x@")
	f("t", "Invalid value Validate for configuration jackdaw.value.serializer.mode: ", valueSlot+".mode", "Validate")
	f("t", "Invalid value drop for configuration jackdaw.partitioner.on.reject: ", partSlot+".on.reject", "drop")
	f("t", "jackdaw.value.serializer: mode observe is not for a value.serializer", valueSlot+".mode", "observe")
	f("t", "jackdaw.value.serializer: on.error=pass goes only with", valueSlot+".mode", "transform", valueSlot+".on.error", "pass")
	f("t", "Unknown topic config name: jackdaw.value.deserializer", "jackdaw.value.deserializer", "geo@1")
	f("t", "jackdaw.dlq.topic: Topic name is invalid", "jackdaw.dlq.topic", "a b")
	f("t", "jackdaw.dlq.topic: t can't hold", "jackdaw.dlq.topic", "t")
	f("t", "jackdaw.dlq.topic: __consumer_offsets can't hold", "jackdaw.dlq.topic", "__consumer_offsets")
	f(strings.Repeat("t", 249), "jackdaw.dlq.topic: Topic name is invalid", valueSlot, "geo@1", valueSlot+".on.reject", "dlq")
	f(strings.Repeat("t", 249), "jackdaw.dlq.topic: Topic name is invalid", keySlot, "geo@1", keySlot+".on.reject", "dlq", valueSlot, "geo@1")
	f("__consumer_offsets", "__consumer_offsets is internal", valueSlot, "geo@1")
}

func TestPluginsOf(t *testing.T) {
	if p := config.PluginsOf("t", map[string]string{valueSlot + ".mode": "transform", "retention.ms": "1"}); p != nil {
		t.Errorf("a topic without plugins has %+v", p)
	}
	set := map[string]string{valueSlot: " geo@1 ", valueSlot + ".mode": "transform", valueSlot + ".config": `{"a":1}`, partSlot: "murmur2@1",
		partSlot + ".shadow": "geo@2"}
	p := config.NewResolver(nil).Topic(&metadata.Image{Configs: map[metadata.Resource]map[string]string{
		{Type: metadata.TopicResource, Name: "t"}: set,
	}}, "t").Plugins
	want := config.Plugins{
		Partitioner: config.PluginSlot{Ref: plugin.Ref{Name: "murmur2", Version: "1"}, Shadow: plugin.Ref{Name: "geo", Version: "2"}, Policy: plugin.DefaultPolicy(plugin.KindPartitioner)},
		Value:       config.PluginSlot{Ref: plugin.Ref{Name: "geo", Version: "1"}, Policy: plugin.Policy{Mode: plugin.Transform}, Config: `{"a":1}`},
		Key:         config.PluginSlot{Policy: plugin.Policy{}},
		DeadLetters: "t.dlq",
	}
	if p == nil || *p != want {
		t.Errorf("the plugins are %+v, want %+v", p, want)
	}
	refs := config.PluginRefs(set)
	if len(refs) != 3 || refs[0].String() != "murmur2@1" || refs[1].String() != "geo@2" || refs[2].String() != "geo@1" {
		t.Errorf("the refs are %v", refs)
	}
}

func TestAssignorOf(t *testing.T) {
	b, ok := config.AssignorOf(map[string]string{"jackdaw.assignor": "near@2", "jackdaw.assignor.config": "{}"})
	if want := (config.AssignorBinding{Ref: plugin.Ref{Name: "near", Version: "2"}, Config: "{}"}); !ok || b != want {
		t.Errorf("%+v, %v", b, ok)
	}
	if _, ok := config.AssignorOf(map[string]string{"jackdaw.assignor.config": "{}"}); ok {
		t.Error("a group without a plugin has one")
	}
	r := config.NewResolver(nil)
	group := metadata.Resource{Type: metadata.GroupResource, Name: "g"}
	if err := r.Check(group, map[string]string{"jackdaw.assignor": "near@2"}); err != nil {
		t.Error(err)
	}
	if err := r.Check(group, map[string]string{"jackdaw.assignor": "near"}); kafka.CodeOf(err) != kafka.InvalidConfig {
		t.Errorf("a name without version: %v", err)
	}
}

// TestPluginConfigsAreDescribedWhereTheyAreSet: a topic without plugins looks as it does in Kafka.
func TestPluginConfigsAreDescribedWhereTheyAreSet(t *testing.T) {
	r := config.NewResolver(nil)
	topic := metadata.Resource{Type: metadata.TopicResource, Name: "t"}
	image := &metadata.Image{Configs: map[metadata.Resource]map[string]string{topic: {valueSlot: "geo@1"}}}
	named := func(list []config.Entry) (names []string) {
		for _, e := range list {
			if strings.HasPrefix(e.Name, "jackdaw.") {
				names = append(names, e.Name)
			}
		}
		return names
	}
	if got := named(r.Describe(image, topic)); !slices.Equal(got, []string{valueSlot}) {
		t.Errorf("described %q", got)
	}
	if got := r.Describe(image, metadata.Resource{Type: metadata.TopicResource, Name: "u"}); len(got) != 33 {
		t.Errorf("a topic without plugins has %d configs", len(got))
	}
}
