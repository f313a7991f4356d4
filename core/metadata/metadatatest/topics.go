package metadatatest

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func testFreshCluster(t *testing.T, f Factory) {
	m := f.New(t)
	if m.Image() == nil {
		t.Fatal("no image before Start")
	}
	self := Self()
	self.ClusterID = "AAAAAAAAQACAAAAAAAAAAg"
	if err := m.Start(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	image := m.Image()
	if image.ClusterID != self.ClusterID {
		t.Errorf("cluster id %q, want that of the log directories", image.ClusterID)
	}
	broker := image.Brokers[1]
	if image.ControllerID != 1 || len(image.Brokers) != 1 || broker == nil || broker.Rack != "r1" || broker.Fenced {
		t.Errorf("brokers %v, controller %d", image.Brokers, image.ControllerID)
	}
	if e, ok := broker.Endpoint("PLAINTEXT"); !ok || e.Port != 9092 {
		t.Errorf("endpoints %v", broker.Endpoints)
	}
	defaults := image.Configs[metadata.Resource{Type: metadata.BrokerResource}]
	if !reflect.DeepEqual(defaults, map[string]string{"min.insync.replicas": "1"}) {
		t.Errorf("cluster-wide configs %v", defaults)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}

	if id := started(t, f).Image().ClusterID; len(id) != 22 {
		t.Errorf("cluster id %q does not have 22 characters", id)
	}
}

func testCreateTopics(t *testing.T, f Factory) {
	m := started(t, f)
	before := m.Image()
	results := create(t, m, newTopic("a", 3, "retention.ms", "1000"), newTopic("b", -1))
	image := m.Image()
	if image.Offset <= before.Offset {
		t.Errorf("offset %d after %d", image.Offset, before.Offset)
	}
	a := image.Topics["a"]
	if a == nil || len(a.Partitions) != 3 || a.ID.IsZero() || image.TopicIDs[a.ID] != a || results[0].ID != a.ID {
		t.Fatalf("topic a: %+v, result %+v", a, results[0])
	}
	if len(results[0].Topic.Partitions) != 3 || results[0].Configs["retention.ms"] != "1000" || results[0].Name != "a" {
		t.Errorf("result %+v", results[0])
	}
	want := metadata.Partition{Replicas: []kafka.NodeID{1}, ISR: []kafka.NodeID{1}, Leader: 1}
	if got := *image.Partition(kafka.TopicPartition{Topic: "a", Partition: 2}); !reflect.DeepEqual(got, want) {
		t.Errorf("partition %+v", got)
	}
	if len(image.Topics["b"].Partitions) != 1 || image.TopicConfigs("a")["retention.ms"] != "1000" {
		t.Errorf("num.partitions or configs: %+v", image)
	}
}

func testCreateTopicsRefuses(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("ct1", 2), newTopic("col.x", 1), newTopic("__consumer_offsets", 1))
	check := func(n metadata.NewTopic, code kafka.ErrorCode, message string) {
		t.Helper()
		r := m.CreateTopics(t.Context(), []metadata.NewTopic{n}, false)[0]
		wantErr(t, n.Name, r.Err, code, message)
		if r.Topic != nil || r.Name != n.Name {
			t.Errorf("%s: result %+v", n.Name, r)
		}
	}
	check(newTopic("ct1", 1), kafka.TopicAlreadyExists, "Topic 'ct1' already exists.")
	check(newTopic("col_x", 1), kafka.InvalidTopicException, "Topic 'col_x' collides with existing topic: col.x")
	check(newTopic("", 1), kafka.InvalidTopicException, "Topic name is invalid: the empty string is not allowed")
	check(newTopic(".", 1), kafka.InvalidTopicException, "Topic name is invalid: '.' is not allowed")
	check(newTopic("a b", 1), kafka.InvalidTopicException,
		"Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'")
	long := strings.Repeat("x", 250)
	check(newTopic(long, 1), kafka.InvalidTopicException,
		"Topic name is invalid: the length of '"+long+"' is longer than the max allowed length 249")
	check(newTopic("n", 0), kafka.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	check(newTopic("n", -2), kafka.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	check(metadata.NewTopic{Name: "n", Partitions: 1}, kafka.InvalidReplicationFactor,
		"Replication factor must be larger than 0, or -1 to use the default value.")
	check(metadata.NewTopic{Name: "n", Partitions: 1, Replicas: 2}, kafka.InvalidReplicationFactor,
		"Unable to replicate the partition 2 time(s): The target replication factor of 2 cannot be reached because only"+
			" 1 broker(s) are registered or some brokers have all their log directories cordoned.")
	check(newTopic("n", 1, "foo", "1"), kafka.InvalidConfig, "Unknown topic config name: foo")
	check(newTopic("n", 1, "retention.ms", "abc"), kafka.InvalidConfig,
		"Invalid value abc for configuration retention.ms: Not a number of type LONG")
	check(newTopic("n", 0, "segment.bytes", "100"), kafka.InvalidConfig,
		"Invalid value 100 for configuration segment.bytes: Value must be at least 1048576")
	null := newTopic("n", 1)
	null.Configs = map[string]*string{"retention.ms": nil}
	check(null, kafka.InvalidConfig, "Null value not supported for topic configs: retention.ms")

	mixed := m.CreateTopics(t.Context(), []metadata.NewTopic{newTopic("ok.1", 1), newTopic("bad!", 1), newTopic("ok_1", 1)}, false)
	if mixed[0].Err != nil || mixed[1].Err == nil {
		t.Errorf("one bad topic must not stop the others: %v, %v", mixed[0].Err, mixed[1].Err)
	}
	wantErr(t, "collision within a request", mixed[2].Err, kafka.InvalidTopicException,
		"Topic 'ok_1' collides with existing topic: ok.1")
	if image := m.Image(); len(image.Topics) != 4 {
		t.Errorf("%d topics, want 4", len(image.Topics))
	}
}

func testCreateTopicsLimits(t *testing.T, f Factory) {
	m := started(t, f)
	r := m.CreateTopics(t.Context(), []metadata.NewTopic{newTopic("small", 1), newTopic("big", 10001)}, false)
	for i := range r {
		wantErr(t, r[i].Name, r[i].Err, kafka.PolicyViolation, "Excessively large number of partitions per request.")
	}
	r = m.CreateTopics(t.Context(), []metadata.NewTopic{newTopic("big", 10000)}, false)
	wantErr(t, "10000 partitions", r[0].Err, kafka.PolicyViolation, "Unable to perform excessively large batch operation.")
	create(t, m, newTopic("big", 9999))

	many := make([]metadata.NewTopic, 1000)
	for i := range many {
		many[i] = newTopic(fmt.Sprintf("many-%d", i), 2)
	}
	create(t, m, many...)
	if got := len(m.Image().Topics); got != 1001 {
		t.Errorf("%d topics", got)
	}
}

func testAssignments(t *testing.T, f Factory) {
	m := started(t, f)
	assigned := func(partitions int32, replicas int16, a ...metadata.ReplicaAssignment) metadata.NewTopic {
		return metadata.NewTopic{Name: "asg", Partitions: partitions, Replicas: replicas, Assignment: a}
	}
	on := func(p int32, ids ...kafka.NodeID) metadata.ReplicaAssignment {
		return metadata.ReplicaAssignment{Partition: p, Replicas: ids}
	}
	check := func(n metadata.NewTopic, code kafka.ErrorCode, message string) {
		t.Helper()
		wantErr(t, "assignment", m.CreateTopics(t.Context(), []metadata.NewTopic{n}, false)[0].Err, code, message)
	}
	check(assigned(1, -1, on(0, 1)), kafka.InvalidRequest,
		"A manual partition assignment was specified, but numPartitions was not set to -1.")
	check(assigned(-1, 1, on(0, 1)), kafka.InvalidRequest,
		"A manual partition assignment was specified, but replication factor was not set to -1.")
	check(assigned(-1, -1, on(1, 1)), kafka.InvalidReplicaAssignment,
		"partitions should be a consecutive 0-based integer sequence")
	check(assigned(-1, -1, on(0, 1), on(0, 1)), kafka.InvalidReplicaAssignment,
		"Found multiple manual partition assignments for partition 0")
	check(assigned(-1, -1, on(0, 1, 1)), kafka.InvalidReplicaAssignment,
		"The manual partition assignment includes the broker 1 more than once.")
	check(assigned(-1, -1, on(0, 1, 5)), kafka.InvalidReplicaAssignment,
		"The manual partition assignment includes broker 5, but no such broker is registered.")
	check(assigned(-1, -1, on(0)), kafka.InvalidReplicaAssignment,
		"The manual partition assignment includes an empty replica list.")
	create(t, m, assigned(-1, -1, on(1, 1), on(0, 1)))
	if n := len(m.Image().Topics["asg"].Partitions); n != 2 {
		t.Errorf("%d partitions", n)
	}
}

func testValidateOnly(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("t", 1))
	before := m.Image()
	r := m.CreateTopics(t.Context(), []metadata.NewTopic{newTopic("v", 3, "retention.ms", "5")}, true)[0]
	if r.Err != nil || r.ID.IsZero() || r.Topic == nil || len(r.Topic.Partitions) != 3 || r.Configs["retention.ms"] != "5" {
		t.Errorf("create: %+v", r)
	}
	if r := m.CreatePartitions(t.Context(), []metadata.NewPartitions{{Topic: "t", Count: 4}}, true)[0]; r.Err != nil {
		t.Errorf("partitions: %v", r.Err)
	}
	if errs := m.AlterConfigs(t.Context(), []metadata.ConfigChange{topicChange("t", set("retention.ms", "5"))}, true); errs[0] != nil {
		t.Errorf("configs: %v", errs[0])
	}
	if m.Image() != before {
		t.Error("something changed")
	}
}

func testDeleteTopics(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("t.1", 1, "retention.ms", "5"), newTopic("u", 1), newTopic("keep", 1))
	first, u := m.Image().Topics["t.1"], m.Image().Topics["u"]
	r := m.DeleteTopics(t.Context(), []metadata.TopicRef{{Name: "t.1"}, {ID: u.ID}, {Name: "nosuch"}, {ID: kafka.TopicID{9}}})
	for i, want := range []*metadata.Topic{first, u} {
		if r[i].Err != nil || r[i].Name != want.Name || r[i].ID != want.ID {
			t.Errorf("delete %s: %+v", want.Name, r[i])
		}
	}
	wantErr(t, "name", r[2].Err, kafka.UnknownTopicOrPartition, "This server does not host this topic-partition.")
	wantErr(t, "id", r[3].Err, kafka.UnknownTopicID, "This server does not host this topic ID.")
	image := m.Image()
	if len(image.Topics) != 1 || len(image.TopicIDs) != 1 || image.TopicConfigs("t.1") != nil {
		t.Errorf("left: %v, %v, %v", image.Topics, image.TopicIDs, image.Configs)
	}
	create(t, m, newTopic("t_1", 1), newTopic("u", 1)) // the name that collided is free again
	if again := m.Image().Topics["u"]; again.ID == u.ID {
		t.Error("a topic that is created again must get a new id")
	}
}

func testCreatePartitions(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("ct1", 2))
	check := func(n metadata.NewPartitions, code kafka.ErrorCode, message string) {
		t.Helper()
		wantErr(t, n.Topic, m.CreatePartitions(t.Context(), []metadata.NewPartitions{n}, false)[0].Err, code, message)
	}
	check(metadata.NewPartitions{Topic: "ct1", Count: 2}, kafka.InvalidPartitions, "Topic already has 2 partition(s).")
	check(metadata.NewPartitions{Topic: "ct1", Count: 1}, kafka.InvalidPartitions,
		"The topic ct1 currently has 2 partition(s); 1 would not be an increase.")
	check(metadata.NewPartitions{Topic: "ct1", Count: math.MinInt32}, kafka.InvalidPartitions,
		"The topic ct1 currently has 2 partition(s); -2147483648 would not be an increase.")
	check(metadata.NewPartitions{Topic: "ct1", Count: 4, Assignment: [][]kafka.NodeID{{1}}}, kafka.InvalidReplicaAssignment,
		"Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.")
	check(metadata.NewPartitions{Topic: "ct1", Count: 3, Assignment: [][]kafka.NodeID{{7}}}, kafka.InvalidReplicaAssignment,
		"The manual partition assignment includes broker 7, but no such broker is registered.")
	check(metadata.NewPartitions{Topic: "nosuch", Count: 3}, kafka.UnknownTopicOrPartition, "")
	check(metadata.NewPartitions{Topic: "ct1", Count: 20000}, kafka.PolicyViolation,
		"Unable to perform excessively large batch operation.")
	check(metadata.NewPartitions{Topic: "ct1", Count: 4, Assignment: [][]kafka.NodeID{{1}, {1}}}, kafka.NoError, "")
	if n := len(m.Image().Topics["ct1"].Partitions); n != 4 {
		t.Errorf("%d partitions", n)
	}
}

func testInternalTopic(t *testing.T, f Factory) {
	m := started(t, f)
	offsets := newTopic(kafka.ConsumerOffsetsTopic, 50, "cleanup.policy", "compact")
	for range 2 {
		if err := m.EnsureInternalTopic(t.Context(), offsets); err != nil {
			t.Fatal(err)
		}
	}
	image := m.Image()
	if n := len(image.Topics[kafka.ConsumerOffsetsTopic].Partitions); n != 50 {
		t.Errorf("%d partitions", n)
	}
	if image.TopicConfigs(kafka.ConsumerOffsetsTopic)["cleanup.policy"] != "compact" {
		t.Error("configs are missing")
	}
}
