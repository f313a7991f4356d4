package handler_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// metadataRequest asks for topics by name; without names for none.
func metadataRequest(names ...string) *kmsg.MetadataRequest {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{}
	for _, name := range names {
		req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{Topic: &name})
	}
	return req
}

func byID(ids ...kafka.TopicID) *kmsg.MetadataRequest {
	req := metadataRequest()
	for _, id := range ids {
		req.Topics = append(req.Topics, kmsg.MetadataRequestTopic{TopicID: id})
	}
	return req
}

func askMetadata(c *cluster, version int16, req *kmsg.MetadataRequest) *kmsg.MetadataResponse {
	c.t.Helper()
	return ask[*kmsg.MetadataResponse](c, version, req)
}

func TestMetadataVersions(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	for version := int16(0); version <= 13; version++ {
		resp := askMetadata(c, version, metadataRequest("t"))
		if len(resp.Brokers) != 1 || resp.Brokers[0].NodeID != 1 || resp.Brokers[0].Host != "inside" ||
			resp.Brokers[0].Port != 9092 || resp.Brokers[0].Rack != nil {
			t.Errorf("v%d: brokers %+v", version, resp.Brokers)
		}
		if version >= 1 && resp.ControllerID != 1 || version >= 2 && *resp.ClusterID != "AAAAAAAAQACAAAAAAAAAAg" {
			t.Errorf("v%d: controller %d, cluster id %v", version, resp.ControllerID, resp.ClusterID)
		}
		topic := resp.Topics[0]
		if *topic.Topic != "t" || topic.ErrorCode != 0 || topic.IsInternal || version >= 10 && topic.TopicID != c.topicID("t") {
			t.Errorf("v%d: topic %+v", version, topic)
		}
		p := topic.Partitions[0]
		if p.Leader != 1 || !slices.Equal(p.Replicas, []int32{1}) || !slices.Equal(p.ISR, []int32{1}) ||
			len(p.OfflineReplicas) != 0 || version >= 7 && p.LeaderEpoch != 0 {
			t.Errorf("v%d: partition %+v", version, p)
		}
		if resp.AuthorizedOperations != math.MinInt32 || topic.AuthorizedOperations != math.MinInt32 {
			t.Errorf("v%d: authorized operations that nobody asked for", version)
		}
	}
}

func TestMetadataWhichTopics(t *testing.T) {
	c := newCluster(t, nil)
	c.create("a", "b")
	f := func(version int16, req *kmsg.MetadataRequest, want ...string) {
		t.Helper()
		var got []string
		for _, topic := range askMetadata(c, version, req).Topics {
			got = append(got, *topic.Topic)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("v%d: %v, want %v", version, got, want)
		}
	}
	all := kmsg.NewPtrMetadataRequest()
	f(0, metadataRequest(), "a", "b")
	f(1, metadataRequest())
	f(1, all, "a", "b")
	f(13, metadataRequest())
	f(13, all, "a", "b")
	f(5, metadataRequest("b", "b", "a"), "a", "b")
	f(12, byID(c.topicID("a"), c.topicID("a")), "a")
	c.deny = func(op auth.Operation, _ auth.ResourceType, name string) bool { return name == "b" }
	f(9, all, "a")
}

func TestMetadataErrors(t *testing.T) {
	c := newCluster(t, map[string]string{"auto.create.topics.enable": "false"})
	c.create("t", "secret")
	f := func(version int16, req *kmsg.MetadataRequest, want kafka.ErrorCode) kmsg.MetadataResponseTopic {
		t.Helper()
		topic := askMetadata(c, version, req).Topics[0]
		if kafka.ErrorCode(topic.ErrorCode) != want {
			t.Errorf("v%d: %s, want %s", version, kafka.ErrorCode(topic.ErrorCode), want)
		}
		return topic
	}
	f(9, metadataRequest("nosuch"), kafka.UnknownTopicOrPartition)
	f(9, metadataRequest(""), kafka.InvalidTopicException)
	f(9, metadataRequest("a b"), kafka.InvalidTopicException)
	if topic := f(9, metadataRequest(kafka.TransactionStateTopic), kafka.UnknownTopicOrPartition); !topic.IsInternal {
		t.Error("an internal name is not marked so")
	}
	unknown := kafka.TopicID{1}
	if topic := f(12, byID(unknown), kafka.UnknownTopicID); topic.TopicID != unknown || topic.Topic != nil {
		t.Errorf("unknown id: %+v", topic)
	}
	both := metadataRequest("t")
	both.Topics[0].TopicID = unknown
	f(12, both, kafka.UnknownTopicID)

	c.deny = func(_ auth.Operation, _ auth.ResourceType, name string) bool {
		return name == "secret" || name == "nosuch"
	}
	f(9, metadataRequest("nosuch"), kafka.TopicAuthorizationFailed)
	if topic := f(12, metadataRequest("secret"), kafka.TopicAuthorizationFailed); topic.TopicID != [16]byte{} || *topic.Topic != "secret" {
		t.Errorf("secret by name: %+v", topic)
	}
	if topic := f(12, byID(c.topicID("secret")), kafka.TopicAuthorizationFailed); topic.TopicID != c.topicID("secret") || topic.Topic != nil {
		t.Errorf("secret by id: %+v", topic)
	}
}

func TestMetadataRefusesTheWholeRequest(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	f := func(version int16, req *kmsg.MetadataRequest) {
		t.Helper()
		resp := askMetadata(c, version, req)
		if len(resp.Brokers) != 0 || resp.ControllerID != -1 || kafka.ErrorCode(resp.Topics[0].ErrorCode) != kafka.InvalidRequest {
			t.Errorf("v%d: %+v", version, resp)
		}
		if version >= 13 && kafka.ErrorCode(resp.ErrorCode) != kafka.InvalidRequest {
			t.Errorf("v%d: top-level %s", version, kafka.ErrorCode(resp.ErrorCode))
		}
	}
	f(10, byID(c.topicID("t")))
	f(11, byID(c.topicID("t")))
	f(12, byID(kafka.TopicID{}))
	f(13, byID(kafka.TopicID{}))
}

func TestAutoCreation(t *testing.T) {
	c := newCluster(t, map[string]string{"num.partitions": "3"}, groupCoordinator())
	f := func(version int16, allow bool, name string, want kafka.ErrorCode) {
		t.Helper()
		req := metadataRequest(name)
		req.AllowAutoTopicCreation = allow
		topic := askMetadata(c, version, req).Topics[0]
		if *topic.Topic != name || kafka.ErrorCode(topic.ErrorCode) != want {
			t.Errorf("v%d %s: %s, want %s", version, name, kafka.ErrorCode(topic.ErrorCode), want)
		}
		if made := c.metadata.Image().Topics[name] != nil; made != (want == kafka.NoError) {
			t.Errorf("v%d %s: created is %v", version, name, made)
		}
	}
	f(9, false, "new.1", kafka.UnknownTopicOrPartition)
	f(9, true, "new.1", kafka.NoError)
	f(3, false, "new.2", kafka.NoError) // old versions can't say no
	f(9, true, "new_1", kafka.UnknownTopicOrPartition)
	f(9, true, "a b", kafka.InvalidTopicException)
	f(9, true, kafka.ConsumerOffsetsTopic, kafka.NoError)
	f(9, true, kafka.TransactionStateTopic, kafka.UnknownTopicOrPartition) // no coordinator owns it
	f(9, true, kafka.ClusterMetadataTopic, kafka.UnknownTopicOrPartition)
	if n := len(c.metadata.Image().Topics["new.1"].Partitions); n != 3 {
		t.Errorf("%d partitions, want num.partitions", n)
	}
	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool { return op == auth.Create }
	f(9, true, "denied", kafka.TopicAuthorizationFailed)
	c.deny = func(op auth.Operation, t auth.ResourceType, _ string) bool {
		return op == auth.Create && t == auth.Cluster
	}
	f(9, true, "allowed", kafka.NoError)
}

func TestMetadataListeners(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	c.listener = "EXTERNAL"
	if b := askMetadata(c, 9, metadataRequest("t")).Brokers[0]; b.Host != "outside" || b.Port != 19092 {
		t.Errorf("broker %+v", b)
	}
	c.listener = "NOWHERE"
	f := func(version int16, want kafka.ErrorCode) {
		t.Helper()
		resp := askMetadata(c, version, metadataRequest("t"))
		p := resp.Topics[0].Partitions[0]
		if len(resp.Brokers) != 0 || kafka.ErrorCode(p.ErrorCode) != want || p.Leader != -1 {
			t.Errorf("v%d: %+v", version, resp)
		}
		if replicas := len(p.Replicas); (version == 0) != (replicas == 0) || version >= 5 && len(p.OfflineReplicas) != 1 {
			t.Errorf("v%d: replicas %+v", version, p)
		}
	}
	f(0, kafka.LeaderNotAvailable)
	f(5, kafka.LeaderNotAvailable)
	f(6, kafka.ListenerNotFound)
	f(13, kafka.ListenerNotFound)
}

func TestAuthorizedOperations(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	for version := int16(8); version <= 13; version++ {
		req := metadataRequest("t")
		req.IncludeClusterAuthorizedOperations, req.IncludeTopicAuthorizedOperations = true, true
		resp := askMetadata(c, version, req)
		if got := resp.Topics[0].AuthorizedOperations; got != 3576 {
			t.Errorf("v%d: topic %d", version, got)
		}
		want := int32(8096)
		if version > 10 {
			want = math.MinInt32
		}
		if resp.AuthorizedOperations != want {
			t.Errorf("v%d: cluster %d", version, resp.AuthorizedOperations)
		}
	}
	c.deny = func(op auth.Operation, _ auth.ResourceType, _ string) bool {
		return op != auth.Describe && op != auth.Read
	}
	req := metadataRequest("t")
	req.IncludeTopicAuthorizedOperations = true
	if got := askMetadata(c, 9, req).Topics[0].AuthorizedOperations; got != 1<<auth.Read|1<<auth.Describe {
		t.Errorf("restricted: %d", got)
	}
}

// TestMetadataOfTheGateway asks without a Kafka listener: any address will do.
func TestMetadataOfTheGateway(t *testing.T) {
	c := newCluster(t, nil)
	c.create("t")
	c.listener = ""
	resp := askMetadata(c, 12, metadataRequest("t"))
	if len(resp.Brokers) != 1 || resp.Topics[0].Partitions[0].Leader != 1 {
		t.Errorf("%+v", resp)
	}
}

// TestMetadataAllocations keeps the answer for all topics from allocating for each of them.
func TestMetadataAllocations(t *testing.T) {
	c := newCluster(t, nil)
	topics := make([]metadata.NewTopic, 1000)
	for i := range topics {
		topics[i] = metadata.NewTopic{Name: fmt.Sprint("topic-", i), Partitions: 3, Replicas: -1}
	}
	c.metadata.CreateTopics(t.Context(), topics, false)
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(12)
	sent := call(t.Context(), req)
	allocs := testing.AllocsPerRun(20, func() {
		sent.Response.Reset()
		c.router.Serve(sent)
	})
	if allocs > 100 {
		t.Errorf("%v allocations for 1000 topics", allocs)
	}
}

func BenchmarkMetadataAll(b *testing.B) {
	c := newCluster(b, nil)
	for i := range 10 {
		topics := make([]metadata.NewTopic, 1000)
		for j := range topics {
			topics[j] = metadata.NewTopic{Name: fmt.Sprintf("topic-%d-%d", i, j), Partitions: 1, Replicas: -1}
		}
		if r := c.metadata.CreateTopics(b.Context(), topics, false); r[0].Err != nil {
			b.Fatal(r[0].Err)
		}
	}
	req := kmsg.NewPtrMetadataRequest()
	req.SetVersion(12)
	sent := call(b.Context(), req)
	b.ReportAllocs()
	for b.Loop() {
		sent.Response.Reset()
		c.router.Serve(sent)
	}
}
