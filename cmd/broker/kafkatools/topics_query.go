package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// describedTopics returns the topics that --topic or --topic-id selects, sorted by name, without configs.
func (c *topicsCommand) describedTopics(ctx context.Context) ([]describedTopic, error) {
	if raw := c.line.value("topic-id"); raw != "" {
		id, err := kafka.ParseTopicID(raw)
		if err != nil {
			return nil, fmt.Errorf("Input string `%s` decoded as %d bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID", raw, len(raw)*3/4)
		}
		if !id.IsZero() {
			return c.topicByID(ctx, id)
		}
	}
	names, err := c.existing(ctx)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	topics, err := c.topicsWithELR(ctx, names)
	if errors.Is(err, kerr.UnsupportedVersion) {
		return c.topicsFromMetadata(ctx, names, nil)
	}
	return topics, err
}

func (c *topicsCommand) topicByID(ctx context.Context, id kafka.TopicID) ([]describedTopic, error) {
	topics, err := c.topicsFromMetadata(ctx, nil, &id)
	if len(topics) == 0 && err == nil && !c.line.has("if-exists") {
		return nil, fmt.Errorf("TopicId '%s' does not exist as expected", id)
	}
	return topics, err
}

// topicsWithELR asks API 75, which alone tells eligible leader replicas, page by page.
func (c *topicsCommand) topicsWithELR(ctx context.Context, names []string) ([]describedTopic, error) {
	slices.Sort(names)
	request := kmsg.NewPtrDescribeTopicPartitionsRequest()
	request.ResponsePartitionLimit = 2000
	if c.line.has("partition-size-limit-per-response") {
		request.ResponsePartitionLimit = int32(c.line.number("partition-size-limit-per-response"))
	}
	for _, name := range names {
		topic := kmsg.NewDescribeTopicPartitionsRequestTopic()
		topic.Topic = name
		request.Topics = append(request.Topics, topic)
	}
	byName := map[string]*describedTopic{}
	for {
		var response *kmsg.DescribeTopicPartitionsResponse
		err := c.admin.call(ctx, "describeTopics", func(ctx context.Context) (err error) {
			response, err = request.RequestWith(ctx, c.admin.kafka)
			return err
		})
		if err != nil {
			return nil, err
		}
		if err := addPage(byName, response); err != nil {
			return nil, err
		}
		if response.NextCursor == nil {
			return sortedTopics(byName), nil
		}
		cursor := kmsg.NewDescribeTopicPartitionsRequestCursor()
		cursor.Topic, cursor.Partition = response.NextCursor.Topic, response.NextCursor.Partition
		request.Cursor = &cursor
	}
}

func addPage(byName map[string]*describedTopic, response *kmsg.DescribeTopicPartitionsResponse) error {
	for _, t := range response.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil || t.Topic == nil {
			return newBrokerError(err, "")
		}
		topic := byName[*t.Topic]
		if topic == nil {
			topic = &describedTopic{name: *t.Topic, id: t.TopicID}
			byName[*t.Topic] = topic
		}
		for _, p := range t.Partitions {
			topic.partitions = append(topic.partitions, describedPartition{
				partition: p.Partition, leader: p.LeaderID, replicas: p.Replicas, inSync: p.ISR,
				elr: p.EligibleLeaderReplicas, lastKnownELR: p.LastKnownELR, hasEligibleLeaders: true,
			})
		}
	}
	return nil
}

func sortedTopics(byName map[string]*describedTopic) []describedTopic {
	var topics []describedTopic
	for _, t := range byName {
		slices.SortFunc(t.partitions, func(a, b describedPartition) int { return cmp.Compare(a.partition, b.partition) })
		topics = append(topics, *t)
	}
	slices.SortFunc(topics, func(a, b describedTopic) int { return cmp.Compare(a.name, b.name) })
	return topics
}

// topicsFromMetadata asks the Metadata API by names, or by id.
func (c *topicsCommand) topicsFromMetadata(ctx context.Context, names []string, id *kafka.TopicID) ([]describedTopic, error) {
	request := kmsg.NewPtrMetadataRequest()
	request.AllowAutoTopicCreation = false
	for _, name := range names {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(name)
		request.Topics = append(request.Topics, topic)
	}
	if id != nil {
		topic := kmsg.NewMetadataRequestTopic()
		topic.TopicID = *id
		request.Topics = append(request.Topics, topic)
	}
	var response *kmsg.MetadataResponse
	err := c.admin.call(ctx, "describeTopics", func(ctx context.Context) (err error) {
		response, err = request.RequestWith(ctx, c.admin.kafka)
		return err
	})
	if err != nil {
		return nil, err
	}
	byName := map[string]*describedTopic{}
	for _, t := range response.Topics {
		err := kerr.ErrorForCode(t.ErrorCode)
		if errors.Is(err, kerr.UnknownTopicID) {
			continue
		}
		if err != nil || t.Topic == nil {
			return nil, newBrokerError(err, "")
		}
		topic := &describedTopic{name: *t.Topic, id: t.TopicID}
		for _, p := range t.Partitions {
			topic.partitions = append(topic.partitions, describedPartition{
				partition: p.Partition, leader: p.Leader, replicas: p.Replicas, inSync: p.ISR,
			})
		}
		byName[topic.name] = topic
	}
	return sortedTopics(byName), nil
}
