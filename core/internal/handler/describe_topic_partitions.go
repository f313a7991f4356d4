package handler

// DescribeTopicPartitions (key 75), version 0 (KIP-966): topics page by page, in the order of their names. The arrays for
// eligible leader replicas are never null: the Java admin client fails on null.

import (
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func (h *Handlers) describeTopicPartitions(c *api.Call, req *kmsg.DescribeTopicPartitionsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeTopicPartitionsResponse()
	where := h.placement(c)
	all := len(req.Topics) == 0
	names := topicsToDescribe(where.image, req)
	if cursor := req.Cursor; cursor != nil && (cursor.Partition < 0 || !all && !slices.Contains(names, cursor.Topic)) {
		for i := range req.Topics {
			resp.Topics = append(resp.Topics, describeError(req.Topics[i].Topic, kafka.InvalidRequest))
		}
		return resp
	}
	h.describePage(c, req, resp, &where, names)
	return resp
}

// describePage fills one answer, until its limit is reached or there are no more topics. Topics that the client may not
// see are answered as such if they were asked for.
func (h *Handlers) describePage(c *api.Call, req *kmsg.DescribeTopicPartitionsRequest, resp *kmsg.DescribeTopicPartitionsResponse, where *placement, names []string) {
	var hidden []kmsg.DescribeTopicPartitionsResponseTopic
	left := h.describeLimit(where.image, req.ResponsePartitionLimit)
	for _, name := range names {
		if !h.allowed(c, auth.Describe, auth.Topic, name) {
			if len(req.Topics) > 0 {
				hidden = append(hidden, describeError(name, kafka.TopicAuthorizationFailed))
			}
			continue
		}
		if left == 0 {
			resp.NextCursor = &kmsg.DescribeTopicPartitionsResponseNextCursor{Topic: name}
			break
		}
		first := 0
		if req.Cursor != nil && req.Cursor.Topic == name {
			first = int(req.Cursor.Partition)
		}
		t := describeTopic(where, name, first, left)
		t.AuthorizedOperations = h.authorizedOperations(c, auth.Topic, name)
		resp.Topics = append(resp.Topics, t)
		left -= len(t.Partitions)
		if next := first + len(t.Partitions); t.ErrorCode == 0 && next < len(where.image.Topics[name].Partitions) {
			resp.NextCursor = &kmsg.DescribeTopicPartitionsResponseNextCursor{Topic: name, Partition: int32(next)}
			break
		}
	}
	resp.Topics = append(resp.Topics, hidden...)
}

// topicsToDescribe lists the names in order, from the cursor's on.
func topicsToDescribe(image *metadata.Image, req *kmsg.DescribeTopicPartitionsRequest) []string {
	from := ""
	if req.Cursor != nil {
		from = req.Cursor.Topic
	}
	var names []string
	for i := range req.Topics {
		if name := req.Topics[i].Topic; name >= from {
			names = append(names, name)
		}
	}
	if len(req.Topics) == 0 {
		for name := range image.Topics {
			if name >= from {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// describeLimit returns how many partitions an answer may have.
func (h *Handlers) describeLimit(image *metadata.Image, asked int32) int {
	limit := 2000
	if v, ok := h.Configs.Value(image, "max.request.partition.size.limit"); ok {
		if n, err := strconv.Atoi(v); err == nil {
			limit = n
		}
	}
	return max(min(limit, int(asked)), 1)
}

func describeError(name string, code kafka.ErrorCode) kmsg.DescribeTopicPartitionsResponseTopic {
	t := kmsg.NewDescribeTopicPartitionsResponseTopic()
	t.Topic, t.ErrorCode = &name, int16(code)
	return t
}

// describeTopic describes at most limit partitions of a topic, from the given one on.
func describeTopic(where *placement, name string, first, limit int) kmsg.DescribeTopicPartitionsResponseTopic {
	topic := where.image.Topics[name]
	if topic == nil {
		code := kafka.UnknownTopicOrPartition
		if kafka.CheckTopicName(name) != nil {
			code = kafka.InvalidTopicException
		}
		t := describeError(name, code)
		t.IsInternal = kafka.IsInternal(name)
		return t
	}
	t := kmsg.NewDescribeTopicPartitionsResponseTopic()
	t.Topic, t.TopicID, t.IsInternal = &topic.Name, topic.ID, kafka.IsInternal(name)
	hosted := where.local.TopicByID(topic.ID)
	for i := first; i < min(first+limit, len(topic.Partitions)); i++ {
		t.Partitions = append(t.Partitions, describePartition(where, topic, hosted, int32(i)))
	}
	return t
}

// describePartition describes one partition. As in Apache Kafka, having no leader is no error here, and a leader whose
// storage failed stays eligible: with its disk back it has everything.
func describePartition(where *placement, topic *metadata.Topic, hosted *partition.Topic, i int32) kmsg.DescribeTopicPartitionsResponseTopicPartition {
	p, failed := where.current(topic, hosted, i)
	leader, _ := where.leader(p)
	out := kmsg.DescribeTopicPartitionsResponseTopicPartition{
		Partition: i, LeaderID: int32(leader), LeaderEpoch: int32(p.LeaderEpoch),
		Replicas: where.list(p.Replicas), ISR: where.list(p.ISR), OfflineReplicas: where.offline(p.Replicas, failed),
		EligibleLeaderReplicas: []int32{}, LastKnownELR: []int32{},
	}
	if failed && len(p.ISR) == 0 {
		was := where.list(topic.Partitions[i].ISR)
		out.EligibleLeaderReplicas, out.LastKnownELR = was, was
	}
	return out
}
