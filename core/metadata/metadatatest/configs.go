package metadatatest

import (
	"reflect"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func edit(op metadata.ConfigOp, name, value string) metadata.ConfigEdit {
	return metadata.ConfigEdit{Name: name, Op: op, Value: &value}
}

func remove(name string) metadata.ConfigEdit {
	return metadata.ConfigEdit{Name: name, Op: metadata.DeleteConfig}
}

func testAlterConfigs(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("t", 1, "retention.ms", "5"))
	check := func(change metadata.ConfigChange, want map[string]string) {
		t.Helper()
		alter(t, m, change)
		if got := m.Image().Configs[change.Resource]; !reflect.DeepEqual(got, want) && len(got)+len(want) > 0 {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	type kv = map[string]string
	check(topicChange("t", set("segment.bytes", "2000000")), kv{"retention.ms": "5", "segment.bytes": "2000000"})
	check(topicChange("t", set("retention.ms", "6"), remove("segment.bytes")), kv{"retention.ms": "6"})
	check(topicChange("t", remove("nosuch.config"), remove("flush.ms")), kv{"retention.ms": "6"})
	check(topicChange("t"), kv{"retention.ms": "6"})
	check(topicChange("t", edit(metadata.AppendConfig, "cleanup.policy", "compact")),
		kv{"retention.ms": "6", "cleanup.policy": "delete,compact"})
	check(topicChange("t", edit(metadata.AppendConfig, "cleanup.policy", "compact")),
		kv{"retention.ms": "6", "cleanup.policy": "delete,compact"})
	check(topicChange("t", edit(metadata.SubtractConfig, "cleanup.policy", "delete")),
		kv{"retention.ms": "6", "cleanup.policy": "compact"})
	check(topicChange("t", edit(metadata.SubtractConfig, "cleanup.policy", "compact")),
		kv{"retention.ms": "6", "cleanup.policy": ""})
	replace := topicChange("t", set("flush.ms", "7"))
	replace.Replace = true
	check(replace, kv{"flush.ms": "7"})
	replace.Ops = nil
	check(replace, nil)

	group := metadata.Resource{Type: metadata.GroupResource, Name: "g"}
	check(metadata.ConfigChange{Resource: group, Ops: []metadata.ConfigEdit{set("consumer.session.timeout.ms", "50000")}},
		kv{"consumer.session.timeout.ms": "50000"})
	broker := metadata.Resource{Type: metadata.BrokerResource, Name: "1"}
	check(metadata.ConfigChange{Resource: broker, Ops: []metadata.ConfigEdit{set("log.cleaner.threads", "2")}},
		kv{"log.cleaner.threads": "2"})
	all := metadata.Resource{Type: metadata.BrokerResource}
	check(metadata.ConfigChange{Resource: all, Ops: []metadata.ConfigEdit{set("message.max.bytes", "2000000")}},
		kv{"message.max.bytes": "2000000", "min.insync.replicas": "1"})
}

func testAlterConfigsRefuses(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("t", 1, "retention.ms", "5"))
	check := func(change metadata.ConfigChange, code kafka.ErrorCode, message string) {
		t.Helper()
		wantErr(t, "alter", m.AlterConfigs(t.Context(), []metadata.ConfigChange{change}, false)[0], code, message)
	}
	null := metadata.ConfigEdit{Name: "retention.ms", Op: metadata.SetConfig}
	check(topicChange("t", null), kafka.InvalidRequest, "Null value not supported for : retention.ms")
	check(topicChange("t", set("flush.ms", "1"), set("flush.ms", "2")), kafka.InvalidRequest, "Error due to duplicate config keys")
	check(topicChange("t", edit(metadata.AppendConfig, "retention.ms", "5")), kafka.InvalidConfig,
		"Can't APPEND to key retention.ms because its type is not LIST.")
	check(topicChange("t", edit(metadata.SubtractConfig, "foo", "5")), kafka.InvalidConfig,
		"Can't SUBTRACT to key foo because its type is not LIST.")
	check(topicChange("t", edit(9, "retention.ms", "5")), kafka.InvalidRequest, "Unknown config operation 9")
	check(topicChange("nosuch", set("flush.ms", "1")), kafka.UnknownTopicOrPartition, "The topic 'nosuch' does not exist.")
	check(topicChange("", set("flush.ms", "1")), kafka.InvalidRequest, "Default topic resources are not allowed.")
	check(topicChange("t", set("flush.ms", "8"), set("segment.bytes", "1")), kafka.InvalidConfig,
		"Invalid value 1 for configuration segment.bytes: Value must be at least 1048576")
	on := func(typ metadata.ResourceType, name string, e ...metadata.ConfigEdit) metadata.ConfigChange {
		return metadata.ConfigChange{Resource: metadata.Resource{Type: typ, Name: name}, Ops: e}
	}
	check(on(99, "x"), kafka.InvalidRequest, "Unknown resource type 99")
	check(on(metadata.BrokerResource, "7", set("log.cleaner.threads", "1")), kafka.BrokerIDNotRegistered, "No broker with id 7 found.")
	check(on(metadata.BrokerResource, "1", set("num.partitions", "1")), kafka.InvalidRequest,
		"Cannot update these configs dynamically: [num.partitions]")
	check(on(metadata.BrokerResource, "", remove("min.insync.replicas")), kafka.InvalidConfig,
		"Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
	check(on(metadata.GroupResource, "g", set("foo", "1")), kafka.InvalidConfig, "Unknown group config name: foo")

	errs := m.AlterConfigs(t.Context(), []metadata.ConfigChange{
		topicChange("nosuch"), topicChange("t", set("flush.ms", "9")),
	}, false)
	if errs[0] == nil || errs[1] != nil {
		t.Errorf("one bad resource must not stop the others: %v", errs)
	}
	if got := m.Image().TopicConfigs("t"); !reflect.DeepEqual(got, map[string]string{"retention.ms": "5", "flush.ms": "9"}) {
		t.Errorf("configs %v", got)
	}
}
