package metadata_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func TestImagePartition(t *testing.T) {
	image := &metadata.Image{Topics: map[string]*metadata.Topic{
		"t": {Name: "t", Partitions: []metadata.Partition{{Leader: 4}, {Leader: 5}}},
	}}
	f := func(topic string, partition int32, want kafka.NodeID) {
		t.Helper()
		got := kafka.NoNode
		if p := image.Partition(kafka.TopicPartition{Topic: topic, Partition: partition}); p != nil {
			got = p.Leader
		}
		if got != want {
			t.Errorf("%s-%d has the leader %d, want %d", topic, partition, got, want)
		}
	}
	f("t", 0, 4)
	f("t", 1, 5)
	f("t", 2, kafka.NoNode)
	f("t", -1, kafka.NoNode)
	f("u", 0, kafka.NoNode)
}

func TestBrokerEndpoint(t *testing.T) {
	b := metadata.Broker{Endpoints: []metadata.Endpoint{{Listener: "A", Port: 1}, {Listener: "B", Port: 2}}}
	if e, ok := b.Endpoint("B"); !ok || e.Port != 2 {
		t.Errorf("B is %+v, %v", e, ok)
	}
	if e, ok := b.Endpoint("C"); ok {
		t.Errorf("C is %+v", e)
	}
}
