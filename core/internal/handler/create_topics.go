package handler

// CreateTopics (key 19), versions 2-7.
//
//	v5: the answer has the topic's size and configs (KIP-525). v7: its id (KIP-516)

import (
	"context"
	"iter"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func (h *Handlers) createTopics(c *api.Call, req *kmsg.CreateTopicsRequest) kmsg.Response {
	resp := kmsg.NewPtrCreateTopicsResponse()
	ctx, cancel, timedOut := changeContext(c, req.TimeoutMillis)
	defer cancel()
	var topics []metadata.NewTopic
	var answers []int // the place of each of topics in the response
	for t, err := range onceNamed(req.Topics, func(t *kmsg.CreateTopicsRequestTopic) string { return t.Topic }) {
		switch {
		case timedOut != nil:
			err = timedOut
		case err == nil:
			err = h.checkNewTopic(c, t.Topic)
		}
		if err == nil {
			topics = append(topics, newTopic(t))
			answers = append(answers, len(resp.Topics))
		}
		resp.Topics = append(resp.Topics, h.createdTopic(c, metadata.TopicResult{Name: t.Topic, Err: err}))
	}
	if len(topics) > 0 {
		for i, result := range h.Metadata.CreateTopics(ctx, topics, req.ValidateOnly) {
			resp.Topics[answers[i]] = h.createdTopic(c, result)
		}
	}
	return resp
}

// changeContext bounds a change of metadata by the time that the client gives it. Without any, Apache Kafka does not
// even begin.
func changeContext(c *api.Call, timeoutMillis int32) (context.Context, context.CancelFunc, error) {
	if timeoutMillis <= 0 {
		return nil, func() {}, kafka.Errorf(kafka.RequestTimedOut, "The request timed out.")
	}
	ctx, cancel := context.WithTimeout(c.Context(), time.Duration(timeoutMillis)*time.Millisecond)
	return ctx, cancel, nil
}

// onceNamed yields the topics of a request in order, a name that is there more than once only where it first stands, with
// the error that it is answered.
func onceNamed[T any](topics []T, name func(*T) string) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		times := make(map[string]int, len(topics))
		for i := range topics {
			times[name(&topics[i])]++
		}
		for i := range topics {
			t := &topics[i]
			var err error
			switch times[name(t)] {
			case 0:
				continue // yielded before
			case 1:
			default:
				err = kafka.Errorf(kafka.InvalidRequest, "Duplicate topic name.")
			}
			times[name(t)] = 0
			if !yield(t, err) {
				return
			}
		}
	}
}

func (h *Handlers) checkNewTopic(c *api.Call, name string) error {
	switch {
	case name == kafka.ClusterMetadataTopic:
		return kafka.Errorf(kafka.InvalidRequest, "Creation of internal topic %s is prohibited.", name)
	case !h.allowedOnCluster(c, auth.Create) && !h.allowed(c, auth.Create, auth.Topic, name):
		return kafka.Errorf(kafka.TopicAuthorizationFailed, "Authorization failed.")
	}
	return nil
}

func newTopic(t *kmsg.CreateTopicsRequestTopic) metadata.NewTopic {
	out := metadata.NewTopic{Name: t.Topic, Partitions: t.NumPartitions, Replicas: t.ReplicationFactor}
	for _, a := range t.ReplicaAssignment {
		out.Assignment = append(out.Assignment, metadata.ReplicaAssignment{Partition: a.Partition, Replicas: nodeIDs(a.Replicas)})
	}
	if len(t.Configs) > 0 {
		out.Configs = make(map[string]*string, len(t.Configs))
	}
	for _, config := range t.Configs {
		out.Configs[config.Name] = config.Value // the last of a name wins, as in Apache Kafka
	}
	return out
}

func nodeIDs(ids []int32) []kafka.NodeID {
	out := make([]kafka.NodeID, len(ids))
	for i, id := range ids {
		out[i] = kafka.NodeID(id)
	}
	return out
}

func (h *Handlers) createdTopic(c *api.Call, result metadata.TopicResult) kmsg.CreateTopicsResponseTopic {
	out := kmsg.NewCreateTopicsResponseTopic()
	out.Topic, out.ErrorCode, out.ErrorMessage = result.Name, int16(kafka.CodeOf(result.Err)), kafka.MessageOf(result.Err)
	out.Configs = []kmsg.CreateTopicsResponseTopicConfig{}
	if result.Topic == nil || c.Version < 5 {
		if result.Err == nil {
			out.TopicID = result.ID
		}
		return out
	}
	out.TopicID = result.ID
	if !h.allowed(c, auth.DescribeConfigs, auth.Topic, result.Name) {
		out.ConfigErrorCode = int16(kafka.TopicAuthorizationFailed)
		return out
	}
	out.NumPartitions = int32(len(result.Topic.Partitions))
	if len(result.Topic.Partitions) > 0 {
		out.ReplicationFactor = int16(len(result.Topic.Partitions[0].Replicas))
	}
	for _, e := range h.Configs.Describe(h.imageWith(result), topicResource(result.Name)) {
		out.Configs = append(out.Configs, kmsg.CreateTopicsResponseTopicConfig{
			Name: e.Name, Value: e.Value, ReadOnly: e.ReadOnly, Source: int8(e.Source), IsSensitive: e.Sensitive})
	}
	return out
}

// imageWith is an image in which a topic has its configs even if it was only validated. It holds just enough to describe
// the topic.
func (h *Handlers) imageWith(result metadata.TopicResult) *metadata.Image {
	configs := map[metadata.Resource]map[string]string{topicResource(result.Name): result.Configs}
	image := h.Metadata.Image()
	for _, name := range []string{"", h.selfName()} {
		res := metadata.Resource{Type: metadata.BrokerResource, Name: name}
		configs[res] = image.Configs[res]
	}
	return &metadata.Image{Configs: configs}
}
