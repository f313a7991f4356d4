package handler

// ListOffsets (key 2), versions 1 to 11. Answers the offset for a timestamp, or for one of the special timestamps: latest,
// earliest, largest timestamp (version 7, KIP-734), earliest local (8, KIP-405), latest tiered (9, KIP-1005), earliest
// pending upload (11, KIP-1023).

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// offsetNotAvailableInListOffsets is the version from which clients know OFFSET_NOT_AVAILABLE.
const offsetNotAvailableInListOffsets = 5

func (h *Handlers) listOffsets(c *api.Call, req *kmsg.ListOffsetsRequest) kmsg.Response {
	resp := kmsg.NewPtrListOffsetsResponse()
	repeated := repeatedInListOffsets(req)
	for i := range req.Topics {
		t := &req.Topics[i]
		topic := kmsg.NewListOffsetsResponseTopic()
		topic.Topic = t.Topic
		allowed := h.allowed(c, auth.Describe, auth.Topic, t.Topic)
		for j := range t.Partitions {
			p := kmsg.NewListOffsetsResponseTopicPartition()
			p.Partition = t.Partitions[j].Partition
			p.Offset, p.Timestamp, p.LeaderEpoch = -1, -1, -1
			var err error
			switch {
			case !allowed:
				err = kafka.TopicAuthorizationFailed
			case repeated[kafka.TopicPartition{Topic: t.Topic, Partition: p.Partition}]:
				err = kafka.InvalidRequest
			default:
				err = h.listOffset(c, req, t.Topic, &t.Partitions[j], &p)
			}
			p.ErrorCode = int16(kafka.CodeOf(err))
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}

// repeatedInListOffsets finds the partitions that a request names more than once: Kafka refuses to answer them.
func repeatedInListOffsets(req *kmsg.ListOffsetsRequest) map[kafka.TopicPartition]bool {
	seen := make(map[kafka.TopicPartition]bool)
	for i := range req.Topics {
		for j := range req.Topics[i].Partitions {
			tp := kafka.TopicPartition{Topic: req.Topics[i].Topic, Partition: req.Topics[i].Partitions[j].Partition}
			_, again := seen[tp]
			seen[tp] = again
		}
	}
	return seen
}

// listOffset answers for one partition.
func (h *Handlers) listOffset(
	c *api.Call, req *kmsg.ListOffsetsRequest, topic string,
	q *kmsg.ListOffsetsRequestTopicPartition, a *kmsg.ListOffsetsResponseTopicPartition,
) error {
	p, err := h.Partitions.Lookup(kafka.TopicPartition{Topic: topic, Partition: q.Partition})
	if err != nil {
		return err
	}
	if !timestampKnown(q.Timestamp, c.Version) {
		return kafka.UnsupportedVersion
	}
	current := kafka.NoEpoch
	if c.Version >= 4 {
		current = kafka.LeaderEpoch(q.CurrentLeaderEpoch)
	}
	isolation := kafka.ReadUncommitted
	if c.Version >= 2 && req.IsolationLevel == int8(kafka.ReadCommitted) {
		isolation = kafka.ReadCommitted
	}
	found, err := p.ListOffset(c.Context(), q.Timestamp, isolation, current)
	if err != nil {
		if kafka.CodeOf(err) == kafka.OffsetNotAvailable && c.Version < offsetNotAvailableInListOffsets {
			return kafka.LeaderNotAvailable
		}
		return err
	}
	a.Offset, a.Timestamp, a.LeaderEpoch = found.Offset, found.Timestamp, int32(found.LeaderEpoch)
	return nil
}

// timestampKnown reports whether a special timestamp exists in a version.
func timestampKnown(timestamp int64, version int16) bool {
	switch {
	case timestamp >= kafka.EarliestTimestamp:
		return true
	case timestamp == kafka.MaxTimestamp:
		return version >= 7
	case timestamp == kafka.EarliestLocalTimestamp:
		return version >= 8
	case timestamp == kafka.LatestTieredTimestamp:
		return version >= 9
	case timestamp == kafka.EarliestPendingUploadTimestamp:
		return version >= 11
	}
	return false
}
