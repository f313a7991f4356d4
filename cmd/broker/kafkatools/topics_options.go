package kafkatools

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

const useConfigs = " (To alter topic configurations, the kafka-configs tool can be used.)"

func topicsOptions() optionSet {
	return optionSet{
		{name: "list", help: "List topics."},
		{name: "create", help: "Create a topic."},
		{name: "delete", help: "Delete topics."},
		{name: "alter", help: "Add partitions to topics."},
		{name: "describe", help: "Describe topics and their partitions."},
		{name: "topic", argument: requiredArgument, label: "topic",
			help: "The topic to act on; a regular expression too, except with --create."},
		{name: "topic-id", argument: requiredArgument, label: "topic-id", help: "With --describe: the id of the topic."},
		{name: "config", argument: requiredArgument, label: "name=value", many: true,
			help: "With --create: a topic config. The cluster checks names and values, so any config that it knows is accepted."},
		{name: "delete-config", argument: requiredArgument, label: "name", many: true, help: "Has no effect since Kafka 4.0."},
		{name: "partitions", argument: requiredArgument, kind: integer, label: "# of partitions",
			help: "With --create or --alter: how many partitions the topic shall have; the cluster's default when absent."},
		{name: "replication-factor", argument: requiredArgument, kind: integer, label: "replication factor",
			help: "With --create: replicas of each partition; the cluster's default when absent."},
		{name: "replica-assignment", argument: requiredArgument, label: "broker ids",
			help: "With --create or --alter: the replicas of each partition, for example 1:2,2:3 for two partitions."},
		{name: "under-replicated-partitions", help: "With --describe: only partitions with replicas out of sync."},
		{name: "unavailable-partitions", help: "With --describe: only partitions without a live leader."},
		{name: "under-min-isr-partitions", help: "With --describe: only partitions with fewer replicas in sync than min.insync.replicas."},
		{name: "at-min-isr-partitions", help: "With --describe: only partitions with exactly min.insync.replicas replicas in sync."},
		{name: "topics-with-overrides", help: "With --describe: only topics with configs of their own."},
		{name: "if-exists", help: "With --alter, --delete or --describe: do nothing when the topic does not exist."},
		{name: "if-not-exists", help: "With --create: do nothing when the topic exists."},
		{name: "exclude-internal", help: "With --list or --describe: leave internal topics out."},
		{name: "partition-size-limit-per-response", argument: requiredArgument, kind: integer, label: "partitions",
			help: "With --describe: how many partitions one response may hold."},
	}.withCommon()
}

var errNoBootstrap = errors.New("--bootstrap-server must be specified")

func topicsActions() []string { return []string{"alter", "create", "describe", "list", "delete"} }

// checkTopicsArgs applies the rules of kafka-topics about which options go together.
func checkTopicsArgs(line *commandLine, std Streams) error {
	if len(line.anyOf(topicsActions()...)) != 1 {
		return usagef("Command must include exactly one action: --list, --describe, --create, --alter or --delete")
	}
	if line.has("delete-config") {
		std.errorf("delete-config option is no longer supported and deprecated since version 4.0. " +
			"The config will be fully removed in future releases.\n")
	}
	if !line.has("bootstrap-server") {
		return errNoBootstrap
	}
	return firstError(checkTopicsRequired(line, std), checkTopicsCombinations(line))
}

func checkTopicsRequired(line *commandLine, std Streams) error {
	if line.has("describe") && line.has("if-exists") {
		if len(line.anyOf("topic", "topic-id")) == 0 {
			return usagef("--topic or --topic-id is required to describe a topic")
		}
		if len(line.anyOf("topic", "topic-id")) == 2 {
			std.printf("Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID\n")
		}
	}
	if !line.has("list") && !line.has("describe") {
		if err := line.required("topic"); err != nil {
			return err
		}
	}
	if !line.has("alter") {
		return nil
	}
	if line.has("config") {
		return usagef("Option combination \"[[bootstrap-server], [config]]\" can't be used with option \"[alter]\"" + useConfigs)
	}
	return line.required("partitions")
}

func checkTopicsCombinations(line *commandLine) error {
	reports := []string{"under-replicated-partitions", "under-min-isr-partitions", "at-min-isr-partitions", "unavailable-partitions"}
	only := func(option string, actions ...string) error {
		return line.excludes(option, slices.DeleteFunc(topicsActions(), func(a string) bool { return slices.Contains(actions, a) })...)
	}
	err := firstError(
		only("config", "alter", "create"),
		only("partitions", "alter", "create"),
		only("replication-factor", "create"),
		only("replica-assignment", "alter", "create"),
	)
	if err == nil && line.has("create") {
		err = line.excludes("replica-assignment", "partitions", "replication-factor")
	}
	for _, report := range reports {
		err = firstError(err, only(report, "describe"), line.excludes(report, "topics-with-overrides"))
	}
	return firstError(err,
		only("topics-with-overrides", "describe"), line.excludes("topics-with-overrides", reports...),
		only("if-exists", "alter", "delete", "describe"),
		only("if-not-exists", "create"),
		only("exclude-internal", "list", "describe"),
	)
}

// newTopicRequest builds the topic that --create describes. The name is set even when there is an error.
func newTopicRequest(line *commandLine) (kmsg.CreateTopicsRequestTopic, error) {
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = line.value("topic"), -1, -1
	if line.has("replication-factor") {
		factor := line.number("replication-factor")
		if factor < 1 || factor > math.MaxInt16 {
			return topic, fmt.Errorf("The replication factor must be between 1 and %d inclusive", math.MaxInt16)
		}
		topic.ReplicationFactor = int16(factor)
	}
	if line.has("partitions") {
		if topic.NumPartitions = int32(line.number("partitions")); topic.NumPartitions < 1 {
			return topic, errors.New("The partitions must be greater than 0")
		}
	}
	assignment, err := parseReplicaAssignment(line.value("replica-assignment"))
	if err != nil {
		return topic, err
	}
	for i, replicas := range assignment {
		a := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		a.Partition, a.Replicas = int32(i), replicas
		topic.ReplicaAssignment = append(topic.ReplicaAssignment, a)
	}
	configs := map[string]string{}
	for _, config := range line.values("config") {
		name, value, found := strings.Cut(config, "=")
		if !found || strings.TrimSpace(value) == "" || strings.Contains(value, "=") {
			return topic, errors.New("requirement failed: Invalid topic config: all configs to be added must be in the format \"key=val\".")
		}
		configs[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = name, kmsg.StringPtr(configs[name])
		topic.Configs = append(topic.Configs, c)
	}
	return topic, nil
}

// parseReplicaAssignment reads "1:2,2:3": the broker ids of each partition. "" gives none.
func parseReplicaAssignment(list string) ([][]int32, error) {
	if list == "" {
		return nil, nil
	}
	var assignment [][]int32
	for partition, brokers := range strings.Split(list, ",") {
		var replicas []int32
		for broker := range strings.SplitSeq(brokers, ":") {
			id, err := strconv.ParseInt(strings.TrimSpace(broker), 10, 32)
			if err != nil {
				return nil, fmt.Errorf("For input string: %q", strings.TrimSpace(broker))
			}
			if slices.Contains(replicas, int32(id)) {
				return nil, fmt.Errorf("Partition replica lists may not contain duplicate entries: %d", id)
			}
			replicas = append(replicas, int32(id))
		}
		if partition > 0 && len(replicas) != len(assignment[0]) {
			ids := strings.Join(strings.Fields(fmt.Sprint(replicas)), ", ")
			return nil, fmt.Errorf("Partition %d has different replication factor: %s", partition, ids)
		}
		assignment = append(assignment, replicas)
	}
	return assignment, nil
}

// topicFilter is Kafka's IncludeList: a regular expression in which a comma means "or", matched against whole names.
type topicFilter struct {
	pattern         *regexp.Regexp // nil allows all
	excludeInternal bool
}

func newTopicFilter(line *commandLine) (topicFilter, error) {
	filter := topicFilter{excludeInternal: line.has("exclude-internal")}
	if !line.has("topic") {
		return filter, nil
	}
	pattern, err := includePattern(line.value("topic"))
	filter.pattern = pattern
	return filter, err
}

// includePattern compiles the regular expression of --topic or --include. Go's syntax (RE2) has no back references and no
// look-around; both are errors here.
func includePattern(raw string) (*regexp.Regexp, error) {
	cleaned := strings.NewReplacer(",", "|", " ", "").Replace(strings.TrimSpace(raw))
	pattern, err := regexp.Compile("^(?:" + strings.Trim(cleaned, "\"'") + ")$")
	if err != nil {
		return nil, fmt.Errorf("%s is an invalid regex.", raw)
	}
	return pattern, nil
}

func (f topicFilter) allows(topic string) bool {
	if f.excludeInternal && kafka.IsInternal(topic) {
		return false
	}
	return f.pattern == nil || f.pattern.MatchString(topic)
}
