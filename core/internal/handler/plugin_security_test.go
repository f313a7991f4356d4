package handler_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// TestWhoMayBind: binding a plugin is altering configs of the topic or group, and asks for nothing else; an unknown plugin
// is INVALID_CONFIG, and internal topics take none.
func TestWhoMayBind(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	c.create(kafka.ConsumerOffsetsTopic)
	bind := func(typ kmsg.ConfigResourceType, name, config, ref string) kafka.ErrorCode {
		t.Helper()
		req := incremental(typ, name, alteration{key: config, value: ref})
		return kafka.ErrorCode(ask[*kmsg.IncrementalAlterConfigsResponse](c, 1, req).Resources[0].ErrorCode)
	}
	f := func(want kafka.ErrorCode, typ kmsg.ConfigResourceType, name, config, ref string) {
		t.Helper()
		if got := bind(typ, name, config, ref); got != want {
			t.Errorf("%s=%s on %s answers %v, want %v", config, ref, name, got, want)
		}
	}
	mayNot := func(op auth.Operation, on auth.ResourceType) {
		c.deny = func(o auth.Operation, r auth.ResourceType, _ string) bool { return o == op && r == on }
	}
	mayNot(auth.AlterConfigs, auth.Topic)
	f(kafka.TopicAuthorizationFailed, topicType, "t", valueSlot, "json@1")
	f(kafka.TopicAuthorizationFailed, topicType, "t", "jackdaw.dlq.topic", "elsewhere")
	mayNot(auth.AlterConfigs, auth.Group)
	f(kafka.GroupAuthorizationFailed, groupType, "g", "jackdaw.assignor", "near@1")
	topic, group := metadata.Resource{Type: metadata.TopicResource, Name: "t"}, metadata.Resource{Type: metadata.GroupResource, Name: "g"}
	if configs := c.metadata.Image().Configs; len(configs[topic])+len(configs[group]) != 0 {
		t.Errorf("after refusals there is %v", configs)
	}
	mayNot(auth.Alter, auth.Cluster) // as one who may not deploy
	f(kafka.InvalidConfig, topicType, kafka.ConsumerOffsetsTopic, valueSlot, "json@1")
	f(kafka.InvalidConfig, topicType, "t", valueSlot, "nosuch@1")
	f(kafka.InvalidConfig, groupType, "g", "jackdaw.assignor", "nosuch@1")
	f(kafka.NoError, topicType, "t", valueSlot, "json@1")
	if got := c.metadata.Image().Configs[topic][valueSlot]; got != "json@1" {
		t.Errorf("the binding is %q", got)
	}
}

// TestClientsDoNotWritePlugins: the bytes of plugins go into their topic by deployments, which ask for more than WRITE.
func TestClientsDoNotWritePlugins(t *testing.T) {
	b := newBroker(t)
	b.createTopic(kafka.PluginsTopic, 1)
	if a := b.produce(kafka.PluginsTopic, 0, batch(t, nil, "v")); a.ErrorCode != int16(kafka.InvalidTopicException) {
		t.Errorf("a client's record answers %v", kafka.ErrorCode(a.ErrorCode))
	}
}
