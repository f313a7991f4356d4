package handler_test

import (
	"context"
	"slices"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// brokenDisk is an engine in which the logs of one partition of each topic can't be opened.
type brokenDisk struct {
	log.Engine
	partition int32
}

func (d *brokenDisk) Open(ctx context.Context, spec log.Spec, host log.Host) (log.Log, error) {
	if spec.TopicPartition.Partition == d.partition {
		return nil, syscall.EIO
	}
	return d.Engine.Open(ctx, spec, host)
}

// onBrokenDisk starts a broker with a topic of two partitions, the second of which is offline.
func onBrokenDisk(t *testing.T) *broker {
	t.Helper()
	b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Engine = &brokenDisk{s.Engine, 1} })
	b.createTopic("orders", 2)
	b.setLeader("orders", 1, 4)
	return b
}

// TestOfflinePartitionsInMetadata compares with what Apache Kafka 4.3.1 answers when one of its two directories is full.
func TestOfflinePartitionsInMetadata(t *testing.T) {
	b := onBrokenDisk(t)
	for version := int16(0); version <= 13; version++ {
		req := metadataRequest("orders")
		req.SetVersion(version)
		list := b.do(req).(*kmsg.MetadataResponse).Topics[0].Partitions
		good, bad := list[0], list[1]
		if good.ErrorCode != 0 || good.Leader != 1 || !slices.Equal(good.ISR, []int32{1}) || len(good.OfflineReplicas) != 0 {
			t.Errorf("v%d: %+v", version, good)
		}
		if kafka.ErrorCode(bad.ErrorCode) != kafka.LeaderNotAvailable || bad.Leader != -1 || !slices.Equal(bad.Replicas, []int32{1}) || len(bad.ISR) != 0 {
			t.Errorf("v%d: %+v", version, bad)
		}
		if version >= 5 && !slices.Equal(bad.OfflineReplicas, []int32{1}) {
			t.Errorf("v%d: offline replicas %v", version, bad.OfflineReplicas)
		}
		if version >= 7 && (good.LeaderEpoch != 4 || bad.LeaderEpoch != 5) {
			t.Errorf("v%d: leader epochs %d and %d", version, good.LeaderEpoch, bad.LeaderEpoch)
		}
	}
}

func TestOfflinePartitionsInDescribeTopicPartitions(t *testing.T) {
	b := onBrokenDisk(t)
	req := kmsg.NewPtrDescribeTopicPartitionsRequest()
	req.Topics = []kmsg.DescribeTopicPartitionsRequestTopic{{Topic: "orders"}}
	req.ResponsePartitionLimit = 10
	list := b.do(req).(*kmsg.DescribeTopicPartitionsResponse).Topics[0].Partitions
	want := []kmsg.DescribeTopicPartitionsResponseTopicPartition{
		{Partition: 0, LeaderID: 1, LeaderEpoch: 4, Replicas: []int32{1}, ISR: []int32{1}},
		{Partition: 1, LeaderID: -1, LeaderEpoch: 5, Replicas: []int32{1}, OfflineReplicas: []int32{1},
			EligibleLeaderReplicas: []int32{1}, LastKnownELR: []int32{1}},
	}
	for i, p := range list {
		w := want[i]
		if p.ErrorCode != 0 || p.LeaderID != w.LeaderID || p.LeaderEpoch != w.LeaderEpoch || !slices.Equal(p.Replicas, w.Replicas) ||
			!slices.Equal(p.ISR, w.ISR) || !slices.Equal(p.OfflineReplicas, w.OfflineReplicas) ||
			!slices.Equal(p.EligibleLeaderReplicas, w.EligibleLeaderReplicas) || !slices.Equal(p.LastKnownELR, w.LastKnownELR) {
			t.Errorf("got  %+v\nwant %+v", p, w)
		}
	}
}

// TestOfflineFollower leaves a partition that another broker leads its leader.
func TestOfflineFollower(t *testing.T) {
	b := onBrokenDisk(t)
	shared := &metadata.Topic{Name: "shared", ID: kafka.NewTopicID()}
	both := []kafka.NodeID{1, 2}
	for range 2 {
		shared.Partitions = append(shared.Partitions, metadata.Partition{Replicas: both, ISR: both, Leader: 2, LeaderEpoch: 7})
	}
	b.change(&metadata.Delta{Topics: []*metadata.Topic{shared}}, func(image *metadata.Image) {
		other := *image.Brokers[1]
		other.ID = 2
		image.Brokers = map[kafka.NodeID]*metadata.Broker{1: image.Brokers[1], 2: &other}
		image.Topics[shared.Name], image.TopicIDs[shared.ID] = shared, shared
	})
	req := metadataRequest("shared")
	req.SetVersion(12)
	p := b.do(req).(*kmsg.MetadataResponse).Topics[0].Partitions[1]
	if p.ErrorCode != 0 || p.Leader != 2 || p.LeaderEpoch != 7 || !slices.Equal(p.ISR, []int32{2}) || !slices.Equal(p.OfflineReplicas, []int32{1}) {
		t.Errorf("%+v", p)
	}
	if isr := shared.Partitions[1].ISR; len(isr) != 2 {
		t.Errorf("the image has changed: %v", isr)
	}
}
