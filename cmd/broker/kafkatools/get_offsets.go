package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

func getOffsetsOptions() optionSet {
	return optionSet{
		{name: "topic-partitions", argument: requiredArgument, label: "topic1:1,topic2:0-3,topic3,topic4:5-",
			help: "Topics, as regular expressions, with a partition or a range of them; the upper end is not part of it."},
		{name: "topic", argument: requiredArgument, label: "topic", help: "Topics, as a regular expression; all when absent."},
		{name: "partitions", argument: requiredArgument, label: "partition ids", help: "Partitions, separated by commas; all when absent."},
		{name: "time", argument: requiredArgument, fallback: "latest", label: "<timestamp> / -1 or latest / -2 or earliest / ...",
			help: "Which offset: of the first record at or after a time in ms, or latest, earliest, max-timestamp, earliest-local, latest-tiered, earliest-pending-upload."},
		{name: "exclude-internal-topics", help: "Leave internal topics out."},
	}.withCommon()
}

// offsetSpecs are the special timestamps of ListOffsets by their names and numbers.
func offsetSpecs() map[string]int64 {
	specs := map[string]int64{"latest": -1, "earliest": -2, "max-timestamp": -3, "earliest-local": -4, "latest-tiered": -5, "earliest-pending-upload": -6}
	for _, at := range []int64{-1, -2, -3, -4, -5, -6} {
		specs[strconv.FormatInt(at, 10)] = at
	}
	return specs
}

// runGetOffsets is kafka-get-offsets (org.apache.kafka.tools.GetOffsetShell).
func runGetOffsets(ctx context.Context, args []string, std Streams) int {
	set := getOffsetsOptions()
	line, code, done := set.start(args, "Print the offsets of partitions.", "Error occurred: ", std)
	if done {
		return code
	}
	err := firstError(line.required("bootstrap-server"), line.checkTypes(), checkServers(line.value("bootstrap-server")))
	if err == nil {
		err = printOffsets(ctx, line, std)
	}
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err != nil {
		std.errorf("Error occurred: %s\n", describeFailure(err))
		return exitFailed
	}
	return exitOK
}

// checkServers refuses a bootstrap list with words that are no host:port.
func checkServers(list string) error {
	if list == "" {
		return nil // required says so
	}
	for server := range strings.SplitSeq(list, ",") {
		if !isHostPort(strings.TrimSpace(server)) {
			return usagef("Please provide valid host:port like host1:9091,host2:9092\n")
		}
	}
	return nil
}

func printOffsets(ctx context.Context, line *commandLine, std Streams) error {
	if line.has("topic-partitions") && len(line.anyOf("topic", "partitions")) > 0 {
		return errors.New("--topic-partitions cannot be used with --topic or --partitions")
	}
	at, errTime := offsetTime(line.value("time"))
	wanted, errFilter := partitionFilter(line)
	if err := firstError(errTime, errFilter); err != nil {
		return err
	}
	admin, err := line.openAdmin()
	if err != nil {
		return err
	}
	defer admin.Close()
	partitions, err := admin.matchingPartitions(ctx, wanted, line.has("exclude-internal-topics"))
	if err != nil {
		return err
	}
	if len(partitions) == 0 {
		return errors.New("Could not match any topic-partitions with the specified filters")
	}
	offsets, err := admin.listOffsets(ctx, partitions, at)
	if err != nil {
		return err
	}
	for _, p := range partitions {
		switch found := offsets[p]; {
		case found.err != nil:
			std.errorf("Skip getting offsets for topic-partition %s-%d due to error: %s\n", p.topic, p.partition, javaText(found.err))
		case found.offset >= 0:
			std.printf("%s:%d:%d\n", p.topic, p.partition, found.offset)
		}
	}
	return nil
}

// offsetTime reads --time: a special time by name or number, or milliseconds.
func offsetTime(value string) (int64, error) {
	if at, known := offsetSpecs()[value]; known {
		return at, nil
	}
	at, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("Malformed time argument %s. Please use -1 or latest / -2 or earliest / -3 or max-timestamp / -4 or earliest-local / "+
			"-5 or latest-tiered / -6 or earliest-pending-upload, or a specified long format timestamp", value)
	}
	return at, nil
}

// partitionFilter reports for a partition whether the options select it.
func partitionFilter(line *commandLine) (func(topicPartition) bool, error) {
	if line.has("topic-partitions") {
		return partitionRules(line.value("topic-partitions"))
	}
	topics, err := newTopicFilter(line)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for word := range strings.SplitSeq(line.value("partitions"), ",") {
		if line.value("partitions") == "" {
			break
		}
		id, err := strconv.ParseInt(word, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("--partitions expects a comma separated list of numeric partition ids, but received: %s", line.value("partitions"))
		}
		ids = append(ids, id)
	}
	return func(p topicPartition) bool {
		return topics.allows(p.topic) && (len(ids) == 0 || slices.Contains(ids, int64(p.partition)))
	}, nil
}

// partitionRules reads "topic1:1,topic2:0-3,topic3,topic4:5-".
func partitionRules(list string) (func(topicPartition) bool, error) {
	type rule struct {
		topic    *regexp.Regexp
		from, to int64 // to is not part of it
	}
	form := regexp.MustCompile(`^([^:,]*)(?::(?:([0-9]*)|(?:([0-9]*)-([0-9]*))))?$`)
	var rules []rule
	for word := range strings.SplitSeq(list, ",") {
		parts := form.FindStringSubmatch(word)
		if parts == nil {
			return nil, fmt.Errorf("org.apache.kafka.tools.TerseException: Invalid rule specification: %s", word)
		}
		r := rule{from: 0, to: math.MaxInt32}
		pattern := cmp.Or(parts[1], ".*")
		var err error
		if r.topic, err = includePattern(pattern); err != nil {
			return nil, err
		}
		if parts[2] != "" {
			r.from, _ = strconv.ParseInt(parts[2], 10, 32)
			r.to = r.from + 1
		}
		if parts[3] != "" {
			r.from, _ = strconv.ParseInt(parts[3], 10, 32)
		}
		if parts[4] != "" {
			r.to, _ = strconv.ParseInt(parts[4], 10, 32)
		}
		rules = append(rules, r)
	}
	return func(p topicPartition) bool {
		return slices.ContainsFunc(rules, func(r rule) bool {
			return r.topic.MatchString(p.topic) && r.from <= int64(p.partition) && int64(p.partition) < r.to
		})
	}, nil
}

// matchingPartitions lists the cluster's partitions that a filter selects, in order of topic and number.
func (c *adminClient) matchingPartitions(ctx context.Context, wanted func(topicPartition) bool, excludeInternal bool) ([]topicPartition, error) {
	var details kadm.TopicDetails
	err := c.call(ctx, "listTopics", func(ctx context.Context) (err error) {
		details, err = c.ListTopicsWithInternal(ctx)
		return err
	})
	var partitions []topicPartition
	for _, topic := range details.Sorted() {
		if excludeInternal && kafka.IsInternal(topic.Topic) {
			continue
		}
		for _, p := range topic.Partitions.Sorted() {
			if at := (topicPartition{topic.Topic, p.Partition}); wanted(at) {
				partitions = append(partitions, at)
			}
		}
	}
	return partitions, err
}

// listedOffset is an answer of ListOffsets; offset -1 says that there is none.
type listedOffset struct {
	offset int64
	err    error
}

// listOffsets asks the leaders for the offsets at a time, which may be one of the special ones. Unlike the Go client's own call it
// does not replace "none" by the end of the log.
func (c *adminClient) listOffsets(ctx context.Context, partitions []topicPartition, at int64) (map[topicPartition]listedOffset, error) {
	request := kmsg.NewPtrListOffsetsRequest()
	request.ReplicaID = -1
	for _, p := range partitions {
		if n := len(request.Topics); n == 0 || request.Topics[n-1].Topic != p.topic {
			topic := kmsg.NewListOffsetsRequestTopic()
			topic.Topic = p.topic
			request.Topics = append(request.Topics, topic)
		}
		asked := kmsg.NewListOffsetsRequestTopicPartition()
		asked.Partition, asked.Timestamp = p.partition, at
		last := &request.Topics[len(request.Topics)-1]
		last.Partitions = append(last.Partitions, asked)
	}
	offsets := map[topicPartition]listedOffset{}
	err := c.call(ctx, "listOffsets", func(ctx context.Context) error {
		for _, shard := range c.kafka.RequestSharded(ctx, request) {
			if shard.Err != nil {
				return shard.Err
			}
			for _, t := range shard.Resp.(*kmsg.ListOffsetsResponse).Topics {
				for _, p := range t.Partitions {
					offsets[topicPartition{t.Topic, p.Partition}] = listedOffset{p.Offset, kerr.ErrorForCode(p.ErrorCode)}
				}
			}
		}
		return nil
	})
	return offsets, err
}
