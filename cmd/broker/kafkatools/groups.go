package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
)

// groupsCommand is one run of kafka-consumer-groups (org.apache.kafka.tools.consumer.group.ConsumerGroupCommand). Failures of the
// cluster are printed on standard output and the exit code stays 0, as in Kafka's tool; misuse is 1.
type groupsCommand struct {
	line  *commandLine
	std   Streams
	admin *adminClient
}

func runConsumerGroups(ctx context.Context, args []string, std Streams) int {
	set := groupsOptions()
	line, err := set.parse(args)
	if err != nil {
		std.errorf("%v\n", err)
		return exitFailed
	}
	if code, done := std.helpOrVersion(line, "List consumer groups, describe them, delete them or reset their offsets."); done {
		return code
	}
	if err := firstError(checkGroupsArgs(line, std), line.checkTypes()); err != nil {
		return std.misuse(set, err.Error())
	}
	if line.has("validate-regex") {
		validateRegex(line.value("validate-regex"), std)
		return exitOK
	}
	err = executeGroups(ctx, line, std)
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err != nil {
		std.printf("\nError: Executing consumer group command failed due to %s\n", javaText(err))
		std.errorf("%s\n", describeFailure(err))
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitOK
}

func executeGroups(ctx context.Context, line *commandLine, std Streams) error {
	props, err := line.clientFiles()
	if err != nil {
		return err
	}
	timeout := time.Duration(line.number("timeout")) * time.Millisecond
	admin, err := newAdminClient(props, max(timeout, time.Millisecond))
	if err != nil {
		return err
	}
	defer admin.Close()
	command := &groupsCommand{line: line, std: std, admin: admin}
	switch {
	case line.has("list"):
		return command.list(ctx)
	case line.has("describe"):
		return command.describe(ctx)
	case line.has("delete"):
		return command.delete(ctx)
	case line.has("delete-offsets"):
		return command.deleteOffsets(ctx)
	}
	return command.resetOffsets(ctx)
}

// validateRegex checks a subscription pattern of KIP-848, which brokers match with RE2: the syntax of Go's regexp.
func validateRegex(pattern string, std Streams) {
	_, err := regexp.Compile(pattern)
	if err == nil {
		std.printf("The regular expression `%s` is valid.\n", pattern)
		return
	}
	reason := err.Error()
	if detail, ok := errors.AsType[*syntax.Error](err); ok {
		reason = detail.Code.String()
	}
	std.printf("The regular expression `%s` is invalid: %s.\n", pattern, reason)
}

// executionError is an error that Java throws inside an ExecutionException, whose message is the class and the message of the
// cause.
type executionError struct{ cause error }

func (e *executionError) Error() string { return javaString(e.cause) }

// execution wraps err, unless there is none.
func execution(err error) error {
	if err == nil {
		return nil
	}
	return &executionError{err}
}

// groupIDs returns the groups that --group or --all-groups selects.
func (c *groupsCommand) groupIDs(ctx context.Context) ([]string, error) {
	if !c.line.has("all-groups") {
		return c.line.values("group"), nil
	}
	listed, err := c.listGroups(ctx, nil, nil)
	if err != nil {
		return nil, err
	}
	var groups []string
	for _, g := range listed {
		groups = append(groups, g.id)
	}
	return groups, nil
}

func (c *groupsCommand) delete(ctx context.Context) error {
	groups, err := c.groupIDs(ctx)
	if err != nil {
		return err
	}
	var deleted, failed []string
	for _, group := range groups {
		err := c.admin.call(ctx, "deleteConsumerGroups(api=FIND_COORDINATOR)", func(ctx context.Context) error {
			response, err := c.admin.DeleteGroup(ctx, group)
			return firstError(err, response.Err)
		})
		if err != nil {
			failed = append(failed, fmt.Sprintf("* Group '%s' could not be deleted due to: %s", group, javaString(err)))
			continue
		}
		deleted = append(deleted, "'"+group+"'")
	}
	if len(failed) == 0 {
		c.std.printf("Deletion of requested consumer groups (%s) was successful.\n", strings.Join(deleted, ", "))
		return nil
	}
	c.std.printf("\nError: Deletion of some consumer groups failed:\n%s\n", strings.Join(failed, "\n"))
	if len(deleted) > 0 {
		c.std.printf("\nThese consumer groups were deleted successfully: %s\n", strings.Join(deleted, ", "))
	}
	return nil
}

// offsetOutcome is what became of the committed offset of a partition; partition -1 stands for a topic that is not there.
type offsetOutcome struct {
	topicPartition
	err error
}

func (c *groupsCommand) deleteOffsets(ctx context.Context) error {
	group := c.line.value("group")
	partitions, missing, err := c.partitionsOf(ctx, c.line.values("topic"))
	if err != nil {
		return err
	}
	var outcomes []offsetOutcome
	var topErr error
	if len(partitions) > 0 {
		topErr = c.admin.call(ctx, "deleteConsumerGroupOffsets(api=FIND_COORDINATOR)", func(ctx context.Context) error {
			responses, err := c.admin.DeleteOffsets(ctx, group, topicsSet(partitions))
			outcomes = outcomes[:0]
			for _, p := range partitions {
				outcomes = append(outcomes, offsetOutcome{p, firstError(err, responses[p.topic][p.partition])})
			}
			return firstError(err, responses.Error())
		})
	}
	for topic, err := range missing {
		outcomes = append(outcomes, offsetOutcome{topicPartition{topic, -1}, err})
	}
	c.printDeletedOffsets(group, topErr, outcomes)
	return nil
}

func (c *groupsCommand) printDeletedOffsets(group string, err error, outcomes []offsetOutcome) {
	switch {
	case err == nil:
		c.std.printf("Request succeeded for deleting offsets from group %s.\n", group)
	case errors.Is(err, kerr.GroupSubscribedToTopic), errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.UnknownTopicOrPartition):
		c.std.printf("\nError: Encountered some partition-level error, see the follow-up details.\n")
	case errors.Is(err, kerr.InvalidGroupID), errors.Is(err, kerr.GroupIDNotFound), errors.Is(err, kerr.GroupAuthorizationFailed),
		errors.Is(err, kerr.NonEmptyGroup):
		c.std.printf("\nError: %s\n", javaText(err))
	default:
		c.std.printf("\nError: Encountered some unknown error: %s\n", javaString(err))
	}
	slices.SortFunc(outcomes, func(a, b offsetOutcome) int { return a.compare(b.topicPartition) })
	width := 15
	for _, o := range outcomes {
		width = max(width, len(o.topic))
	}
	c.std.printf("\n%-*s %-10s %-15s", width, "TOPIC", "PARTITION", "STATUS")
	for _, o := range outcomes {
		partition, status := "-", "Successful"
		if o.partition >= 0 {
			partition = fmt.Sprint(o.partition)
		}
		if o.err != nil {
			status = "Error: " + javaString(o.err)
		}
		c.std.printf("\n%-*s %-10s %-15s", width, o.topic, partition, status)
	}
	c.std.printf("\n")
}
