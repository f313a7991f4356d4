package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topicsCommand is one run of kafka-topics (org.apache.kafka.tools.TopicCommand).
type topicsCommand struct {
	line  *commandLine
	std   Streams
	admin *adminClient
}

func runTopics(ctx context.Context, args []string, std Streams) int {
	set := topicsOptions()
	line, err := set.parse(args)
	if err != nil {
		std.errorf("%v\n", err)
		return exitFailed
	}
	if len(args) == 0 {
		return std.misuse(set, "Create, delete, describe, or change a topic.")
	}
	if code, done := std.helpOrVersion(line, "Create, delete, describe or change topics."); done {
		return code
	}
	err = checkTopicsArgs(line, std)
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err != nil {
		std.errorf("%v\n", err)
		return exitFailed
	}
	return executeTopics(ctx, line, std)
}

func executeTopics(ctx context.Context, line *commandLine, std Streams) int {
	props, err := line.clientFiles()
	if err != nil {
		std.errorf("%v\n", err)
		return exitFailed
	}
	admin, err := newAdminClient(props, 0)
	if err != nil {
		std.errorf("Failed to create new KafkaAdminClient\nCaused by: %v\n", err)
		return exitFailed
	}
	defer admin.Close()
	command := &topicsCommand{line: line, std: std, admin: admin}
	if err = line.checkTypes(); err == nil {
		err = command.run(ctx)
	}
	if err != nil {
		std.printf("Error while executing topic command : %s\n", javaText(err))
		std.errorf("ERROR %s\n", describeFailure(err))
		return exitFailed
	}
	return exitOK
}

// javaText is what Java's getMessage returns for err.
func javaText(err error) string {
	if _, ok := errors.AsType[*brokerError](err); ok {
		return err.Error()
	}
	if code, ok := errors.AsType[*kerr.Error](err); ok {
		return javaMessage(code)
	}
	return err.Error()
}

func (c *topicsCommand) run(ctx context.Context) error {
	switch {
	case c.line.has("create"):
		return c.create(ctx)
	case c.line.has("alter"):
		return c.alter(ctx)
	case c.line.has("list"):
		topics, err := c.topics(ctx)
		if err != nil {
			return err
		}
		c.std.printf("%s\n", strings.Join(topics, "\n"))
		return nil
	case c.line.has("describe"):
		return c.describe(ctx)
	}
	return c.delete(ctx)
}

// topics returns the names that --topic selects, sorted.
func (c *topicsCommand) topics(ctx context.Context) ([]string, error) {
	var all kadm.TopicDetails
	err := c.admin.call(ctx, "listTopics", func(ctx context.Context) (err error) {
		all, err = c.admin.ListTopicsWithInternal(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	filter, err := newTopicFilter(c.line)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all.Names(), func(name string) bool { return !filter.allows(name) }), nil
}

// existing is topics, with an error when --topic selects none and --if-exists was not given.
func (c *topicsCommand) existing(ctx context.Context) ([]string, error) {
	topics, err := c.topics(ctx)
	if err == nil && len(topics) == 0 && c.line.value("topic") != "" && !c.line.has("if-exists") {
		err = fmt.Errorf("Topic '%s' does not exist as expected", c.line.value("topic"))
	}
	return topics, err
}

func (c *topicsCommand) create(ctx context.Context) error {
	topic, err := newTopicRequest(c.line)
	if strings.ContainsAny(topic.Topic, "._") {
		c.std.printf("WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. " +
			"To avoid issues it is best to use either, but not both.\n")
	}
	if err != nil {
		return err
	}
	if topic.Topic == "" {
		return errors.New("The given topic name '' cannot be represented in a request.")
	}
	request := kmsg.NewPtrCreateTopicsRequest()
	request.TimeoutMillis = int32(c.admin.timeout.Milliseconds())
	request.Topics = append(request.Topics, topic)
	var response *kmsg.CreateTopicsResponse
	err = c.admin.call(ctx, "createTopics", func(ctx context.Context) (err error) {
		response, err = request.RequestWith(ctx, c.admin.kafka)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range response.Topics {
		err := topicError(t.ErrorCode, t.ErrorMessage)
		if errors.Is(err, kerr.TopicAlreadyExists) && c.line.has("if-not-exists") {
			return nil
		}
		if err != nil {
			return err
		}
	}
	c.std.printf("Created topic %s.\n", topic.Topic)
	return nil
}

func (c *topicsCommand) alter(ctx context.Context) error {
	assignment, err := parseReplicaAssignment(c.line.value("replica-assignment"))
	if err != nil {
		return err
	}
	topics, err := c.existing(ctx)
	if err != nil || len(topics) == 0 {
		return err
	}
	request := kmsg.NewPtrCreatePartitionsRequest()
	request.TimeoutMillis = int32(c.admin.timeout.Milliseconds())
	for _, name := range topics {
		topic := kmsg.NewCreatePartitionsRequestTopic()
		topic.Topic, topic.Count = name, int32(c.line.number("partitions"))
		if len(assignment) > 0 {
			if topic.Assignment, err = c.newPartitions(ctx, name, assignment); err != nil {
				return err
			}
		}
		request.Topics = append(request.Topics, topic)
	}
	var response *kmsg.CreatePartitionsResponse
	err = c.admin.call(ctx, "createPartitions", func(ctx context.Context) (err error) {
		response, err = request.RequestWith(ctx, c.admin.kafka)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range response.Topics {
		if err := topicError(t.ErrorCode, t.ErrorMessage); err != nil {
			return err
		}
	}
	return nil
}

// newPartitions is the part of a replica assignment that lies behind the partitions that the topic already has.
func (c *topicsCommand) newPartitions(ctx context.Context, topic string, assignment [][]int32,
) ([]kmsg.CreatePartitionsRequestTopicAssignment, error) {
	details, err := c.admin.ListTopicsWithInternal(ctx, topic)
	if err != nil {
		return nil, err
	}
	var added []kmsg.CreatePartitionsRequestTopicAssignment
	for i := len(details[topic].Partitions); i < len(assignment); i++ {
		a := kmsg.NewCreatePartitionsRequestTopicAssignment()
		a.Replicas = assignment[i]
		added = append(added, a)
	}
	return added, nil
}

func (c *topicsCommand) delete(ctx context.Context) error {
	topics, err := c.existing(ctx)
	if err != nil || len(topics) == 0 {
		return err
	}
	var responses kadm.DeleteTopicResponses
	err = c.admin.call(ctx, "deleteTopics", func(ctx context.Context) (err error) {
		responses, err = c.admin.DeleteTopics(ctx, topics...)
		return err
	})
	if err != nil {
		return err
	}
	for _, r := range responses.Sorted() {
		if r.Err != nil {
			return newBrokerError(r.Err, r.ErrMessage)
		}
	}
	return nil
}

func topicError(code int16, message *string) error {
	err := kerr.ErrorForCode(code)
	if err == nil {
		return nil
	}
	if known, ok := errors.AsType[*kerr.Error](err); ok && message != nil { // Java shows an empty message too
		return &brokerError{code: known, message: *message}
	}
	return newBrokerError(err, "")
}
