package handler

// OffsetForLeaderEpoch (key 23), versions 2 to 4. Tells where a leader epoch ends in the leader's log: clients check with
// it, after a change of leaders, whether their position still exists (KIP-101, KIP-320).

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) offsetForLeaderEpoch(c *api.Call, req *kmsg.OffsetForLeaderEpochRequest) kmsg.Response {
	resp := kmsg.NewPtrOffsetForLeaderEpochResponse()
	for i := range req.Topics {
		t := &req.Topics[i]
		topic := kmsg.NewOffsetForLeaderEpochResponseTopic()
		topic.Topic = t.Topic
		allowed := h.allowed(c, auth.Describe, auth.Topic, t.Topic)
		for j := range t.Partitions {
			q := &t.Partitions[j]
			p := kmsg.NewOffsetForLeaderEpochResponseTopicPartition()
			p.Partition = q.Partition
			epoch, end, err := kafka.NoEpoch, int64(-1), error(kafka.TopicAuthorizationFailed)
			if allowed {
				epoch, end, err = h.epochEnd(t.Topic, q)
			}
			p.LeaderEpoch, p.EndOffset, p.ErrorCode = int32(epoch), end, int16(kafka.CodeOf(err))
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}

func (h *Handlers) epochEnd(topic string, q *kmsg.OffsetForLeaderEpochRequestTopicPartition) (kafka.LeaderEpoch, int64, error) {
	p, err := h.Partitions.Lookup(kafka.TopicPartition{Topic: topic, Partition: q.Partition})
	if err != nil {
		return kafka.NoEpoch, -1, err
	}
	return p.EpochEnd(kafka.LeaderEpoch(q.CurrentLeaderEpoch), kafka.LeaderEpoch(q.LeaderEpoch))
}
