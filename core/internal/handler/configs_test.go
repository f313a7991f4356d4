package handler_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

const (
	topicType         = kmsg.ConfigResourceTypeTopic
	brokerType        = kmsg.ConfigResourceTypeBroker
	groupType         = kmsg.ConfigResourceTypeGroupConfig
	clientMetricsType = kmsg.ConfigResourceTypeClientMetrics
)

func describe(c *cluster, version int16, t kmsg.ConfigResourceType, name string, keys ...string) kmsg.DescribeConfigsResponseResource {
	c.t.Helper()
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.IncludeSynonyms, req.IncludeDocumentation = true, true
	req.Resources = []kmsg.DescribeConfigsRequestResource{{ResourceType: t, ResourceName: name, ConfigNames: keys}}
	return ask[*kmsg.DescribeConfigsResponse](c, version, req).Resources[0]
}

// alteration is one config operation.
type alteration struct {
	key, value string
	op         kmsg.IncrementalAlterConfigOp
	null       bool
}

func incremental(t kmsg.ConfigResourceType, name string, alterations ...alteration) *kmsg.IncrementalAlterConfigsRequest {
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	r := kmsg.IncrementalAlterConfigsRequestResource{ResourceType: t, ResourceName: name}
	for _, a := range alterations {
		entry := kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: a.key, Op: a.op, Value: &a.value}
		if a.null {
			entry.Value = nil
		}
		r.Configs = append(r.Configs, entry)
	}
	req.Resources = append(req.Resources, r)
	return req
}

func TestDescribeConfigsVersions(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	ask[*kmsg.IncrementalAlterConfigsResponse](c, 1, incremental(topicType, "t", alteration{key: "retention.ms", value: "5"}))
	for version := int16(1); version <= 4; version++ {
		r := describe(c, version, topicType, "t")
		if r.ErrorCode != 0 || r.ErrorMessage == nil || *r.ErrorMessage != "" || len(r.Configs) != 33 {
			t.Fatalf("v%d: %d configs, %+v", version, len(r.Configs), r.ErrorMessage)
		}
		one := describe(c, version, topicType, "t", "retention.ms", "cleanup.policy")
		for _, e := range one.Configs {
			if e.Name == "retention.ms" && (e.Source != kmsg.ConfigSourceDynamicTopicConfig || *e.Value != "5" || len(e.ConfigSynonyms) != 1) {
				t.Errorf("v%d: %+v", version, e)
			}
			if e.Name == "cleanup.policy" && (e.Source != kmsg.ConfigSourceDefaultConfig || *e.Value != "delete" ||
				e.ConfigSynonyms[0].Name != "log.cleanup.policy") {
				t.Errorf("v%d: %+v", version, e)
			}
			if version >= 3 && (e.ConfigType == 0 || e.Documentation == nil || *e.Documentation == "") {
				t.Errorf("v%d: type or documentation of %s is missing", version, e.Name)
			}
		}
		if len(one.Configs) != 2 {
			t.Errorf("v%d: %d configs, want the 2 asked for", version, len(one.Configs))
		}
	}
}

func TestDescribeConfigsResources(t *testing.T) {
	c := newCluster(t, nil)
	f := func(typ kmsg.ConfigResourceType, name string, configs int, code kafka.ErrorCode, message string) {
		t.Helper()
		r := describe(c, 4, typ, name)
		wantError(t, name, r.ErrorCode, r.ErrorMessage, code, message)
		if len(r.Configs) != configs || r.ErrorMessage == nil {
			t.Errorf("%d %q: %d configs, want %d", typ, name, len(r.Configs), configs)
		}
	}
	f(brokerType, "1", 340, kafka.NoError, "")
	f(brokerType, "", 1, kafka.NoError, "")
	f(groupType, "any", 17, kafka.NoError, "")
	f(topicType, "nosuch", 0, kafka.UnknownTopicOrPartition, "")
	f(topicType, "", 0, kafka.InvalidTopicException, "Topic name is invalid: the empty string is not allowed")
	f(brokerType, "7", 0, kafka.InvalidRequest, "Unexpected broker id, expected 1 or empty string, but received 7")
	f(brokerType, "abc", 0, kafka.InvalidRequest, "Broker id must be an integer, but it is: abc")
	f(groupType, "", 0, kafka.InvalidRequest, "Group name must not be empty")
	f(clientMetricsType, "m", 0, kafka.InvalidRequest, "Unexpected resource type 16 for resource m")
	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool { return op == auth.DescribeConfigs }
	f(topicType, "nosuch", 0, kafka.TopicAuthorizationFailed, "Topic authorization failed.")
	f(brokerType, "1", 0, kafka.ClusterAuthorizationFailed, "Cluster authorization failed.")
	f(groupType, "any", 0, kafka.GroupAuthorizationFailed, "Group authorization failed.")
}

func TestIncrementalAlterConfigs(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	f := func(req *kmsg.IncrementalAlterConfigsRequest, code kafka.ErrorCode, message string) {
		t.Helper()
		for version := int16(0); version <= 1; version++ {
			r := ask[*kmsg.IncrementalAlterConfigsResponse](c, version, req).Resources[0]
			wantError(t, r.ResourceName, r.ErrorCode, r.ErrorMessage, code, message)
			if code == kafka.NoError && r.ErrorMessage != nil {
				t.Error("the message of a success must be null")
			}
		}
	}
	f(incremental(topicType, "t", alteration{key: "retention.ms", value: "9"}), kafka.NoError, "")
	f(incremental(topicType, "t", alteration{key: "cleanup.policy", value: "compact", op: 2}), kafka.NoError, "")
	f(incremental(topicType, "t", alteration{key: "flush.ms", op: 1, null: true}), kafka.NoError, "")
	f(incremental(topicType, "t"), kafka.NoError, "")
	f(incremental(brokerType, "1", alteration{key: "foo.bar", value: "1"}), kafka.NoError, "")
	f(incremental(groupType, "g", alteration{key: "consumer.session.timeout.ms", value: "50000"}), kafka.NoError, "")
	got := c.metadata.Image().TopicConfigs("t")
	if got["retention.ms"] != "9" || got["cleanup.policy"] != "delete,compact" || len(got) != 2 {
		t.Errorf("configs %v", got)
	}

	f(incremental(topicType, "t", alteration{key: "retention.ms", null: true}), kafka.InvalidRequest, "Null value not supported for : retention.ms")
	f(incremental(topicType, "t", alteration{key: "a"}, alteration{key: "a"}), kafka.InvalidRequest, "Error due to duplicate config keys")
	f(incremental(topicType, "t", alteration{key: "retention.ms", value: "5", op: 2}), kafka.InvalidConfig,
		"Can't APPEND to key retention.ms because its type is not LIST.")
	f(incremental(topicType, "nosuch", alteration{key: "retention.ms", value: "5"}), kafka.UnknownTopicOrPartition, "The topic 'nosuch' does not exist.")
	f(incremental(topicType, ""), kafka.InvalidRequest, "Default topic resources are not allowed.")
	f(incremental(99, "x"), kafka.InvalidRequest, "Unknown resource type 99")
	f(incremental(brokerType, "1", alteration{key: "num.partitions", value: "5"}), kafka.InvalidRequest,
		"Cannot update these configs dynamically: [num.partitions]")
	f(incremental(brokerType, "7"), kafka.InvalidRequest, "Unexpected broker id, expected 1, but received 7")
	f(incremental(brokerType, "abc"), kafka.InvalidRequest, "Node id must be an integer, but it is: abc")
	f(incremental(brokerType, "", alteration{key: "listeners", value: "x"}), kafka.InvalidRequest,
		"Cannot update these configs at default cluster level, broker id must be specified: [listeners]")
	f(incremental(groupType, "g", alteration{key: "foo", value: "x"}), kafka.InvalidConfig, "Unknown group config name: foo")

	twice := incremental(topicType, "t", alteration{key: "retention.ms", value: "1"})
	twice.Resources = append(twice.Resources, twice.Resources[0])
	f(twice, kafka.InvalidRequest, "Each resource must appear at most once.")
	check := incremental(topicType, "t", alteration{key: "retention.ms", value: "1"})
	check.ValidateOnly = true
	f(check, kafka.NoError, "")
	if v := c.metadata.Image().TopicConfigs("t")["retention.ms"]; v != "9" {
		t.Errorf("retention.ms is %s", v)
	}

	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool { return op == auth.AlterConfigs }
	f(incremental(topicType, "nosuch"), kafka.TopicAuthorizationFailed, "Topic authorization failed.")
	f(incremental(brokerType, ""), kafka.ClusterAuthorizationFailed, "Cluster authorization failed.")
	f(incremental(groupType, "g"), kafka.GroupAuthorizationFailed, "Group authorization failed.")
}

func TestAlterConfigsReplaces(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	for version := int16(0); version <= 2; version++ {
		ask[*kmsg.IncrementalAlterConfigsResponse](c, 1, incremental(topicType, "t", alteration{key: "retention.ms", value: "9"}))
		req := kmsg.NewPtrAlterConfigsRequest()
		req.Resources = []kmsg.AlterConfigsRequestResource{
			{ResourceType: topicType, ResourceName: "t", Configs: []kmsg.AlterConfigsRequestResourceConfig{
				{Name: "flush.ms", Value: kmsg.StringPtr("7")}}},
			{ResourceType: topicType, ResourceName: "nosuch"},
		}
		got := ask[*kmsg.AlterConfigsResponse](c, version, req).Resources
		wantError(t, "t", got[0].ErrorCode, got[0].ErrorMessage, kafka.NoError, "")
		wantError(t, "nosuch", got[1].ErrorCode, got[1].ErrorMessage, kafka.UnknownTopicOrPartition, "The topic 'nosuch' does not exist.")
		if configs := c.metadata.Image().TopicConfigs("t"); len(configs) != 1 || configs["flush.ms"] != "7" {
			t.Errorf("v%d: %v", version, configs)
		}
	}
}

func TestListConfigResources(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	ask[*kmsg.IncrementalAlterConfigsResponse](c, 1, incremental(groupType, "g", alteration{key: "consumer.session.timeout.ms", value: "50000"}))
	list := func(version int16, types ...int8) *kmsg.ListConfigResourcesResponse {
		req := kmsg.NewPtrListConfigResourcesRequest()
		req.ResourceTypes = types
		return ask[*kmsg.ListConfigResourcesResponse](c, version, req)
	}
	want := []kmsg.ListConfigResourcesResponseConfigResource{{Name: "t", Type: 2}, {Name: "1", Type: 4}, {Name: "g", Type: 32}}
	got := list(1).ConfigResources
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i].Name != want[i].Name || got[i].Type != want[i].Type {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if got := list(1, 2).ConfigResources; len(got) != 1 || got[0].Name != "t" {
		t.Errorf("topics: %+v", got)
	}
	if got := list(0); len(got.ConfigResources) != 0 || got.ErrorCode != 0 {
		t.Errorf("v0: %+v", got)
	}
	if got := list(1, 99); kafka.ErrorCode(got.ErrorCode) != kafka.UnsupportedVersion {
		t.Errorf("type 99: %+v", got)
	}
	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool { return op == auth.DescribeConfigs }
	if got := list(1); kafka.ErrorCode(got.ErrorCode) != kafka.ClusterAuthorizationFailed {
		t.Errorf("denied: %+v", got)
	}
}
