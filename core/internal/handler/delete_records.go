package handler

// DeleteRecords (key 21), versions 0 to 2. Moves the log start offset of partitions (KIP-107). With one replica the move
// is done when it is answered.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) deleteRecords(c *api.Call, req *kmsg.DeleteRecordsRequest) kmsg.Response {
	resp := kmsg.NewPtrDeleteRecordsResponse()
	for i := range req.Topics {
		t := &req.Topics[i]
		topic := kmsg.NewDeleteRecordsResponseTopic()
		topic.Topic = t.Topic
		allowed := h.allowed(c, auth.Delete, auth.Topic, t.Topic)
		for j := range t.Partitions {
			p := kmsg.NewDeleteRecordsResponseTopicPartition()
			p.Partition, p.LowWatermark = t.Partitions[j].Partition, -1
			err := error(kafka.TopicAuthorizationFailed)
			if allowed {
				p.LowWatermark, err = h.deleteBefore(kafka.TopicPartition{Topic: t.Topic, Partition: p.Partition}, t.Partitions[j].Offset)
			}
			p.ErrorCode = int16(kafka.CodeOf(err))
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}

func (h *Handlers) deleteBefore(tp kafka.TopicPartition, offset int64) (int64, error) {
	p, err := h.Partitions.Lookup(tp)
	if err != nil {
		return -1, err
	}
	if kafka.IsInternal(tp.Topic) {
		return -1, kafka.InvalidTopicException
	}
	return p.DeleteRecords(offset)
}
