package handler

// DescribeProducers (key 61), version 0. Lists the producers that partitions know, with their open transactions (KIP-664):
// how operators find transactions that hang.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) describeProducers(c *api.Call, req *kmsg.DescribeProducersRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeProducersResponse()
	for i := range req.Topics {
		t := &req.Topics[i]
		topic := kmsg.NewDescribeProducersResponseTopic()
		topic.Topic = t.Topic
		allowed := h.allowed(c, auth.Read, auth.Topic, t.Topic)
		for _, i := range t.Partitions {
			p := kmsg.NewDescribeProducersResponseTopicPartition()
			p.Partition = i
			err := error(kafka.TopicAuthorizationFailed)
			if allowed {
				err = h.activeProducers(kafka.TopicPartition{Topic: t.Topic, Partition: i}, &p)
			}
			p.ErrorCode = int16(kafka.CodeOf(err))
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	return resp
}

// activeProducers fills in the producers of one partition.
func (h *Handlers) activeProducers(tp kafka.TopicPartition, a *kmsg.DescribeProducersResponseTopicPartition) error {
	p, err := h.Partitions.Lookup(tp)
	if err != nil {
		return err
	}
	list, err := p.Producers()
	if err != nil {
		return err
	}
	for _, known := range list {
		a.ActiveProducers = append(a.ActiveProducers, activeProducer(known))
	}
	return nil
}

func activeProducer(p producer.Producer) kmsg.DescribeProducersResponseTopicPartitionActiveProducer {
	a := kmsg.NewDescribeProducersResponseTopicPartitionActiveProducer()
	a.ProducerID, a.ProducerEpoch = int64(p.ID), int32(p.Epoch)
	a.LastSequence, a.LastTimestamp = p.LastSequence, p.LastTimestamp
	a.CoordinatorEpoch, a.CurrentTxnStartOffset = p.CoordinatorEpoch, p.TxnFirstOffset
	return a
}
