package handler

// CreatePartitions (key 37), versions 0-3 (KIP-195).

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func (h *Handlers) createPartitions(c *api.Call, req *kmsg.CreatePartitionsRequest) kmsg.Response {
	resp := kmsg.NewPtrCreatePartitionsResponse()
	ctx, cancel, timedOut := changeContext(c, req.TimeoutMillis)
	defer cancel()
	var topics []metadata.NewPartitions
	var answers []int // the place of each of topics in the response
	for t, err := range onceNamed(req.Topics, func(t *kmsg.CreatePartitionsRequestTopic) string { return t.Topic }) {
		switch {
		case timedOut != nil:
			err = timedOut
		case err == nil && !h.allowed(c, auth.Alter, auth.Topic, t.Topic):
			err = kafka.TopicAuthorizationFailed
		}
		if err == nil {
			topics = append(topics, newPartitions(t))
			answers = append(answers, len(resp.Topics))
		}
		resp.Topics = append(resp.Topics, grownTopic(t.Topic, err))
	}
	if len(topics) > 0 {
		for i, result := range h.Metadata.CreatePartitions(ctx, topics, req.ValidateOnly) {
			resp.Topics[answers[i]] = grownTopic(result.Name, result.Err)
		}
	}
	return resp
}

func newPartitions(t *kmsg.CreatePartitionsRequestTopic) metadata.NewPartitions {
	out := metadata.NewPartitions{Topic: t.Topic, Count: t.Count}
	if t.Assignment != nil {
		out.Assignment = make([][]kafka.NodeID, len(t.Assignment))
	}
	for i := range t.Assignment {
		out.Assignment[i] = nodeIDs(t.Assignment[i].Replicas)
	}
	return out
}

func grownTopic(name string, err error) kmsg.CreatePartitionsResponseTopic {
	return kmsg.CreatePartitionsResponseTopic{Topic: name, ErrorCode: int16(kafka.CodeOf(err)), ErrorMessage: kafka.MessageOf(err)}
}
