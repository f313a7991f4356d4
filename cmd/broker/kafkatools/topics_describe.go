package kafkatools

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// describedTopic is what --describe prints of one topic.
type describedTopic struct {
	name       string
	id         kafka.TopicID
	partitions []describedPartition
	configs    kadm.ResourceConfig
	moving     map[int32]kadm.ListPartitionReassignmentsResponse // reassignments in progress
}

type describedPartition struct {
	partition, leader  int32
	replicas, inSync   []int32
	elr, lastKnownELR  []int32
	hasEligibleLeaders bool // the broker told elr and lastKnownELR (KIP-966)
}

func (c *topicsCommand) describe(ctx context.Context) error {
	topics, err := c.describedTopics(ctx)
	if err != nil || len(topics) == 0 {
		return err
	}
	var names []string
	for _, t := range topics {
		names = append(names, t.name)
	}
	configs, err := c.admin.DescribeTopicConfigs(ctx, names...)
	if err != nil {
		return err
	}
	live, err := c.liveBrokers(ctx)
	if err != nil {
		return err
	}
	moving := c.reassignments(ctx, topics)
	for _, t := range topics {
		t.configs, err = configs.On(t.name, nil)
		if err = firstError(err, newBrokerError(t.configs.Err, t.configs.ErrMessage)); err != nil {
			return err
		}
		t.moving = moving[t.name]
		c.print(t, live)
	}
	return nil
}

// liveBrokers is asked for only when --unavailable-partitions compares leaders with it.
func (c *topicsCommand) liveBrokers(ctx context.Context) ([]int32, error) {
	if !c.line.has("unavailable-partitions") {
		return nil, nil
	}
	brokers, err := c.admin.ListBrokers(ctx)
	return brokers.NodeIDs(), err
}

// reassignments returns those in progress; a cluster that does not tell them has none to show.
func (c *topicsCommand) reassignments(ctx context.Context, topics []describedTopic,
) map[string]map[int32]kadm.ListPartitionReassignmentsResponse {
	asked := kadm.TopicsSet{}
	for _, t := range topics {
		for _, p := range t.partitions {
			asked.Add(t.name, p.partition)
		}
	}
	found, err := c.admin.ListPartitionReassignments(ctx, asked)
	if err != nil {
		return nil
	}
	return found
}

func (c *topicsCommand) print(t describedTopic, live []int32) {
	reports := c.line.anyOf("under-replicated-partitions", "unavailable-partitions", "under-min-isr-partitions", "at-min-isr-partitions")
	overrides := t.overrides()
	if len(reports) == 0 && (!c.line.has("topics-with-overrides") || len(overrides) > 0) {
		c.printTopic(t, overrides)
	}
	if c.line.has("topics-with-overrides") {
		return
	}
	for _, p := range t.partitions {
		if len(reports) == 0 || slices.ContainsFunc(reports, func(r string) bool { return t.matches(r, p, live) }) {
			c.printPartition(t, p)
		}
	}
}

// overrides are the configs that do not come from the built-in defaults, in the order of the response.
func (t describedTopic) overrides() []string {
	var set []string
	for _, config := range t.configs.Configs {
		if config.Source != kmsg.ConfigSourceDefaultConfig {
			set = append(set, config.Key+"="+config.MaybeValue())
		}
	}
	return set
}

func (c *topicsCommand) printTopic(t describedTopic, overrides []string) {
	c.std.printf("Topic: %s", t.name)
	if !t.id.IsZero() {
		c.std.printf("\tTopicId: %s", t.id)
	}
	factor := 0
	if len(t.partitions) > 0 {
		factor = t.replicationFactor(t.partitions[0])
	}
	c.std.printf("\tPartitionCount: %d\tReplicationFactor: %d\tConfigs: %s\n", len(t.partitions), factor, strings.Join(overrides, ","))
}

// replicationFactor leaves out the replicas that a reassignment is adding.
func (t describedTopic) replicationFactor(p describedPartition) int {
	if move, ok := t.moving[p.partition]; ok {
		return len(move.Replicas) - len(move.AddingReplicas)
	}
	return len(p.replicas)
}

// matches reports whether one of the --...-partitions reports selects p.
func (t describedTopic) matches(report string, p describedPartition, live []int32) bool {
	minISR := 1
	for _, config := range t.configs.Configs {
		if config.Key == "min.insync.replicas" {
			minISR, _ = strconv.Atoi(config.MaybeValue())
		}
	}
	switch report {
	case "under-replicated-partitions":
		return t.replicationFactor(p) > len(p.inSync)
	case "under-min-isr-partitions":
		return p.leader < 0 || len(p.inSync) < minISR
	case "at-min-isr-partitions":
		return len(p.inSync) == minISR
	}
	return p.leader < 0 || !slices.Contains(live, p.leader)
}

func (c *topicsCommand) printPartition(t describedTopic, p describedPartition) {
	leader := "none"
	if p.leader >= 0 {
		leader = strconv.Itoa(int(p.leader))
	}
	c.std.printf("\tTopic: %s\tPartition: %d\tLeader: %s\tReplicas: %s\tIsr: %s", t.name, p.partition, leader, joinNumbers(p.replicas), joinNumbers(p.inSync))
	if move, ok := t.moving[p.partition]; ok {
		c.std.printf("\tAdding Replicas: %s\tRemoving Replicas: %s", joinNumbers(move.AddingReplicas), joinNumbers(move.RemovingReplicas))
	}
	if p.hasEligibleLeaders {
		c.std.printf("\tElr: %s\tLastKnownElr: %s\n", joinNumbers(p.elr), joinNumbers(p.lastKnownELR))
		return
	}
	c.std.printf("\tElr: N/A\tLastKnownElr: N/A\n")
}
