package handler_test

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// createRequest asks for topics with default sizes.
func createRequest(names ...string) *kmsg.CreateTopicsRequest {
	req := kmsg.NewPtrCreateTopicsRequest()
	req.TimeoutMillis = 1000
	for _, name := range names {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = name, -1, -1
		req.Topics = append(req.Topics, t)
	}
	return req
}

func askCreate(c *cluster, version int16, req *kmsg.CreateTopicsRequest) []kmsg.CreateTopicsResponseTopic {
	c.t.Helper()
	return ask[*kmsg.CreateTopicsResponse](c, version, req).Topics
}

func TestCreateTopicsVersions(t *testing.T) {
	c := newCluster(t, nil)
	for version := int16(2); version <= 7; version++ {
		req := createRequest("t" + string('0'+rune(version)))
		req.Topics[0].NumPartitions = 2
		req.Topics[0].Configs = []kmsg.CreateTopicsRequestTopicConfig{
			{Name: "retention.ms", Value: kmsg.StringPtr("1")}, {Name: "retention.ms", Value: kmsg.StringPtr("5000")}}
		got := askCreate(c, version, req)[0]
		if got.ErrorCode != 0 || got.ErrorMessage != nil || len(c.metadata.Image().Topics[got.Topic].Partitions) != 2 {
			t.Fatalf("v%d: %+v", version, got)
		}
		if version >= 7 && got.TopicID != c.topicID(got.Topic) {
			t.Errorf("v%d: id %v", version, got.TopicID)
		}
		if version < 5 {
			continue
		}
		if got.NumPartitions != 2 || got.ReplicationFactor != 1 || len(got.Configs) != 33 {
			t.Errorf("v%d: %d partitions, %d replicas, %d configs", version, got.NumPartitions, got.ReplicationFactor, len(got.Configs))
		}
		for _, config := range got.Configs {
			if config.Name == "min.insync.replicas" && config.Source != 3 ||
				config.Name == "retention.ms" && (config.Source != 1 || *config.Value != "5000") {
				t.Errorf("v%d: %+v", version, config)
			}
		}
	}
}

func TestCreateTopicsValidateOnly(t *testing.T) {
	c := newCluster(t, nil)
	req := createRequest("v")
	req.ValidateOnly = true
	req.Topics[0].Configs = []kmsg.CreateTopicsRequestTopicConfig{{Name: "retention.ms", Value: kmsg.StringPtr("5")}}
	got := askCreate(c, 7, req)[0]
	if got.ErrorCode != 0 || len(got.Configs) != 33 || got.TopicID == [16]byte{} || got.NumPartitions != 1 {
		t.Errorf("%+v", got)
	}
	i := slices.IndexFunc(got.Configs, func(e kmsg.CreateTopicsResponseTopicConfig) bool { return e.Name == "retention.ms" })
	if *got.Configs[i].Value != "5" {
		t.Errorf("config of a topic that was only validated: %+v", got.Configs[i])
	}
	if len(c.metadata.Image().Topics) != 0 {
		t.Error("it was made")
	}
}

func TestCreateTopicsErrors(t *testing.T) {
	c := newCluster(t, nil)
	c.create("there")
	got := askCreate(c, 7, createRequest("twice", "there", "twice", kafka.ClusterMetadataTopic, "good"))
	want := []struct {
		name    string
		code    kafka.ErrorCode
		message string
	}{
		{"twice", kafka.InvalidRequest, "Duplicate topic name."},
		{"there", kafka.TopicAlreadyExists, "Topic 'there' already exists."},
		{kafka.ClusterMetadataTopic, kafka.InvalidRequest, "Creation of internal topic __cluster_metadata is prohibited."},
		{"good", kafka.NoError, ""},
	}
	if len(got) != len(want) {
		t.Fatalf("%d answers, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		if got[i].Topic != w.name {
			t.Errorf("answer %d is for %q, want %q", i, got[i].Topic, w.name)
		}
		wantError(t, w.name, got[i].ErrorCode, got[i].ErrorMessage, w.code, w.message)
		if w.code != 0 && (got[i].NumPartitions != -1 || got[i].ReplicationFactor != -1 || got[i].Configs == nil) {
			t.Errorf("%s: %+v", w.name, got[i])
		}
	}

	late := createRequest("late")
	late.TimeoutMillis = 0
	if got := askCreate(c, 7, late)[0]; kafka.ErrorCode(got.ErrorCode) != kafka.RequestTimedOut || c.metadata.Image().Topics["late"] != nil {
		t.Errorf("no time: %+v", got)
	}

	c.deny = func(op auth.Operation, _ auth.ResourceType, name string) bool {
		return op == auth.Create && name != "mine" || op == auth.DescribeConfigs
	}
	denied := askCreate(c, 7, createRequest("other", "mine"))
	wantError(t, "other", denied[0].ErrorCode, denied[0].ErrorMessage, kafka.TopicAuthorizationFailed, "Authorization failed.")
	if mine := denied[1]; mine.ErrorCode != 0 || kafka.ErrorCode(mine.ConfigErrorCode) != kafka.TopicAuthorizationFailed || len(mine.Configs) != 0 {
		t.Errorf("configs that must not be seen: %+v", mine)
	}
}

func deleteRequest(names ...string) *kmsg.DeleteTopicsRequest {
	req := kmsg.NewPtrDeleteTopicsRequest()
	req.TimeoutMillis = 1000
	req.TopicNames = names
	for _, name := range names {
		req.Topics = append(req.Topics, kmsg.DeleteTopicsRequestTopic{Topic: &name})
	}
	return req
}

func askDelete(c *cluster, version int16, req *kmsg.DeleteTopicsRequest) []kmsg.DeleteTopicsResponseTopic {
	c.t.Helper()
	return ask[*kmsg.DeleteTopicsResponse](c, version, req).Topics
}

func TestDeleteTopicsVersions(t *testing.T) {
	c := newCluster(t, nil)
	for version := int16(1); version <= 6; version++ {
		c.create("t")
		id := c.topicID("t")
		got := askDelete(c, version, deleteRequest("t", "nosuch"))
		if *got[0].Topic != "t" || got[0].ErrorCode != 0 || version >= 6 && got[0].TopicID != id {
			t.Errorf("v%d: %+v", version, got[0])
		}
		message := "This server does not host this topic-partition."
		if version < 5 {
			message = ""
		}
		wantError(t, "nosuch", got[1].ErrorCode, got[1].ErrorMessage, kafka.UnknownTopicOrPartition, message)
		if len(c.metadata.Image().Topics) != 0 {
			t.Fatalf("v%d: still there", version)
		}
	}
}

func TestDeleteTopicsErrors(t *testing.T) {
	c := newCluster(t, nil)
	c.create("a", "b", "d")
	a, b, unknown := c.topicID("a"), c.topicID("b"), kafka.TopicID{9}
	name := func(s string) *string { return &s }
	req := deleteRequest()
	req.Topics = []kmsg.DeleteTopicsRequestTopic{
		{}, {Topic: name("a"), TopicID: a}, {TopicID: unknown}, {Topic: name("d")}, {Topic: name("d")},
		{TopicID: b}, {Topic: name("b")}, {TopicID: kafka.TopicID{7}}, {TopicID: kafka.TopicID{7}},
	}
	got := askDelete(c, 6, req)
	want := []struct {
		code    kafka.ErrorCode
		message string
	}{
		{kafka.InvalidRequest, "Neither topic name nor id were specified."},
		{kafka.InvalidRequest, "You may not specify both topic name and topic id."},
		{kafka.UnknownTopicID, "This server does not host this topic ID."},
		{kafka.InvalidRequest, "Duplicate topic name."},
		{kafka.NoError, ""},
		{kafka.InvalidRequest, "The provided topic name maps to an ID that was already supplied."},
		{kafka.InvalidRequest, "Duplicate topic id."},
	}
	if len(got) != len(want) {
		t.Fatalf("%d answers: %+v", len(got), got)
	}
	for i, w := range want {
		wantError(t, "delete", got[i].ErrorCode, got[i].ErrorMessage, w.code, w.message)
	}
	if got[4].Topic == nil || *got[4].Topic != "b" || got[4].TopicID != b {
		t.Errorf("name and id must both be returned: %+v", got[4])
	}
	late := deleteRequest("a")
	late.TimeoutMillis = 0
	if got := askDelete(c, 6, late)[0]; kafka.ErrorCode(got.ErrorCode) != kafka.RequestTimedOut || c.metadata.Image().Topics["a"] == nil {
		t.Errorf("no time: %+v", got)
	}
}

func TestDeleteTopicsDenied(t *testing.T) {
	c := newCluster(t, nil)
	c.create("seen", "hidden")
	c.deny = func(op auth.Operation, _ auth.ResourceType, name string) bool {
		return op == auth.Delete || name != "seen"
	}
	req := deleteRequest("seen", "hidden", "nosuch")
	req.Topics = append(req.Topics, kmsg.DeleteTopicsRequestTopic{TopicID: c.topicID("seen")},
		kmsg.DeleteTopicsRequestTopic{TopicID: c.topicID("hidden")})
	for i, got := range askDelete(c, 6, req) {
		wantError(t, "denied", got.ErrorCode, got.ErrorMessage, kafka.TopicAuthorizationFailed, "Topic authorization failed.")
		if byID := i >= 3; byID != (got.TopicID != [16]byte{}) || (got.Topic == nil) != (i == 4) {
			t.Errorf("answer %d: %+v", i, got)
		}
	}
}

func TestTopicDeletionDisabled(t *testing.T) {
	c := newCluster(t, map[string]string{"delete.topic.enable": "false"})
	c.create("t")
	for version, want := range map[int16]kafka.ErrorCode{1: kafka.InvalidRequest, 3: kafka.TopicDeletionDisabled, 6: kafka.TopicDeletionDisabled} {
		if got := askDelete(c, version, deleteRequest("t"))[0]; kafka.ErrorCode(got.ErrorCode) != want {
			t.Errorf("v%d: %s", version, kafka.ErrorCode(got.ErrorCode))
		}
	}
}

func TestCreatePartitions(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t", "u")
	grow := func(version int16, validateOnly bool, topics ...kmsg.CreatePartitionsRequestTopic) []kmsg.CreatePartitionsResponseTopic {
		t.Helper()
		req := kmsg.NewPtrCreatePartitionsRequest()
		req.Topics, req.TimeoutMillis, req.ValidateOnly = topics, 1000, validateOnly
		return ask[*kmsg.CreatePartitionsResponse](c, version, req).Topics
	}
	to := func(name string, count int32) kmsg.CreatePartitionsRequestTopic {
		return kmsg.CreatePartitionsRequestTopic{Topic: name, Count: count}
	}
	for version := int16(0); version <= 3; version++ {
		if got := grow(version, false, to("t", int32(version)+2))[0]; got.ErrorCode != 0 || got.ErrorMessage != nil {
			t.Errorf("v%d: %+v", version, got)
		}
	}
	if n := len(c.metadata.Image().Topics["t"].Partitions); n != 5 {
		t.Errorf("%d partitions", n)
	}
	f := func(req kmsg.CreatePartitionsRequestTopic, code kafka.ErrorCode, message string) {
		t.Helper()
		got := grow(3, false, req)[0]
		wantError(t, req.Topic, got.ErrorCode, got.ErrorMessage, code, message)
	}
	f(to("t", 5), kafka.InvalidPartitions, "Topic already has 5 partition(s).")
	f(to("t", 2), kafka.InvalidPartitions, "The topic t currently has 5 partition(s); 2 would not be an increase.")
	f(to("nosuch", 2), kafka.UnknownTopicOrPartition, "")
	short := to("t", 7)
	short.Assignment = []kmsg.CreatePartitionsRequestTopicAssignment{{Replicas: []int32{1}}}
	f(short, kafka.InvalidReplicaAssignment, "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.")

	if got := grow(3, false, to("t", 6), to("t", 7), to("u", 2)); len(got) != 2 || kafka.ErrorCode(got[0].ErrorCode) != kafka.InvalidRequest || got[1].ErrorCode != 0 {
		t.Errorf("duplicates: %+v", got)
	}
	if got := grow(3, true, to("u", 9)); got[0].ErrorCode != 0 || len(c.metadata.Image().Topics["u"].Partitions) != 2 {
		t.Errorf("validate only: %+v", got)
	}
	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool { return op == auth.Alter }
	f(to("t", 9), kafka.TopicAuthorizationFailed, "")
}
