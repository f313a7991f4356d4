package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// topicPartition names a partition.
type topicPartition struct {
	topic     string
	partition int32
}

func (p topicPartition) compare(q topicPartition) int {
	return cmp.Or(strings.Compare(p.topic, q.topic), cmp.Compare(p.partition, q.partition))
}

func topicsSet(partitions []topicPartition) kadm.TopicsSet {
	set := kadm.TopicsSet{}
	for _, p := range partitions {
		set.Add(p.topic, p.partition)
	}
	return set
}

func sortedPartitions(set kadm.TopicsSet) []topicPartition {
	var all []topicPartition
	for topic, partitions := range set {
		for p := range partitions {
			all = append(all, topicPartition{topic, p})
		}
	}
	slices.SortFunc(all, topicPartition.compare)
	return all
}

// Group is what is known of a group, whichever protocol it follows.
type Group struct {
	ID, State, Assignor string
	Classic             bool // of the protocol before KIP-848
	Coordinator         kadm.BrokerDetail
	Epoch, TargetEpoch  int32 // -1 for a classic group
	Members             []GroupMember
	migrating           bool // has members of both protocols
}

// GroupMember is one member of a group.
type GroupMember struct {
	ID, Instance, Client, Host string
	Epoch, TargetEpoch         int32 // -1 for a member of a classic group
	Assigned, Target           kadm.TopicsSet
	upgraded                   bool // speaks the KIP-848 protocol
}

// DescribeGroups asks for groups of the consumer protocol first, as Java's admin client does, then for the others as classic
// groups. The result is sorted by id; failed has the error of each group that could not be described.
func DescribeGroups(ctx context.Context, admin *kadm.Client, ids []string) (found []Group, failed map[string]error, err error) {
	failed = map[string]error{}
	if len(ids) == 0 {
		return nil, failed, nil
	}
	described, err := admin.DescribeConsumerGroups(ctx, ids...)
	if err != nil && isUnreachable(err) {
		return nil, failed, err
	}
	var classic []string
	for _, id := range ids {
		g, ok := described[id]
		switch {
		case !ok || errors.Is(g.Err, kerr.GroupIDNotFound) || errors.Is(g.Err, kerr.UnsupportedVersion):
			classic = append(classic, id)
		case g.Err != nil:
			failed[id] = g.Err
		default:
			found = append(found, fromConsumerGroup(g))
		}
	}
	if len(classic) > 0 {
		err = describeClassic(ctx, admin, classic, &found, failed)
	}
	slices.SortFunc(found, func(a, b Group) int { return cmp.Compare(a.ID, b.ID) })
	return found, failed, err
}

// describeGroups is DescribeGroups with the tool's patience.
func (c *groupsCommand) describeGroups(ctx context.Context, ids []string) (found []Group, failed map[string]error, err error) {
	err = c.admin.call(ctx, "describeConsumerGroups(api=FIND_COORDINATOR)", func(ctx context.Context) (err error) {
		found, failed, err = DescribeGroups(ctx, c.admin.Client, ids)
		for _, failure := range failed {
			if isCoordinatorAway(failure) {
				return failure
			}
		}
		return err
	})
	return found, failed, err
}

func describeClassic(ctx context.Context, admin *kadm.Client, ids []string, found *[]Group, failed map[string]error) error {
	described, err := admin.DescribeGroups(ctx, ids...)
	if err != nil && len(described) == 0 {
		return err
	}
	for _, id := range ids {
		g, ok := described[id]
		switch {
		case !ok:
			failed[id] = firstError(err, newBrokerError(kerr.CoordinatorNotAvailable, ""))
		case g.Err != nil:
			failed[id] = newBrokerError(g.Err, missingGroup(id, g))
		case g.State == "Dead": // what versions before 6 answer for a group that does not exist
			failed[id] = newBrokerError(kerr.GroupIDNotFound, missingGroup(id, g))
		default:
			*found = append(*found, fromClassicGroup(g))
		}
	}
	return nil
}

func missingGroup(id string, g kadm.DescribedGroup) string {
	if g.ErrMessage == "" && (g.State == "Dead" || errors.Is(g.Err, kerr.GroupIDNotFound)) {
		return "Group " + id + " not found."
	}
	return g.ErrMessage
}

func fromConsumerGroup(g kadm.DescribedConsumerGroup) Group {
	group := Group{ID: g.Group, State: g.State, Assignor: g.AssignorName, Coordinator: g.Coordinator,
		Epoch: g.Epoch, TargetEpoch: g.AssignmentEpoch}
	protocols := map[int8]bool{}
	for _, m := range g.Members {
		member := GroupMember{ID: m.MemberID, Client: m.ClientID, Host: m.ClientHost, Epoch: m.MemberEpoch,
			TargetEpoch: g.AssignmentEpoch, Assigned: m.Assignment, Target: m.TargetAssignment, upgraded: m.MemberType != 0}
		if m.InstanceID != nil {
			member.Instance = *m.InstanceID
		}
		protocols[m.MemberType] = true
		group.Members = append(group.Members, member)
	}
	group.migrating = protocols[0] && protocols[1]
	return group
}

func fromClassicGroup(g kadm.DescribedGroup) Group {
	group := Group{ID: g.Group, State: g.State, Assignor: g.Protocol, Classic: true, Coordinator: g.Coordinator, Epoch: -1, TargetEpoch: -1}
	for _, m := range g.Members {
		member := GroupMember{ID: m.MemberID, Client: m.ClientID, Host: m.ClientHost, Epoch: -1, TargetEpoch: -1, Assigned: kadm.TopicsSet{}}
		if m.InstanceID != nil {
			member.Instance = *m.InstanceID
		}
		if assigned, ok := m.Assigned.AsConsumer(); ok {
			for _, t := range assigned.Topics {
				member.Assigned.Add(t.Topic, t.Partitions...)
			}
		}
		group.Members = append(group.Members, member)
	}
	return group
}

// committed returns the committed offsets of a group; partitions without one are left out.
func (c *groupsCommand) committed(ctx context.Context, group string) (map[topicPartition]kadm.Offset, error) {
	offsets := map[topicPartition]kadm.Offset{}
	err := c.admin.call(ctx, "listConsumerGroupOffsets(api=FIND_COORDINATOR)", func(ctx context.Context) error {
		responses, err := c.admin.FetchOffsets(ctx, group)
		responses.Each(func(o kadm.OffsetResponse) {
			if o.Err == nil && o.At >= 0 {
				offsets[topicPartition{o.Topic, o.Partition}] = o.Offset
			}
		})
		return err
	})
	return offsets, err
}

// logEdge selects one of the ends of a log.
type logEdge int

const (
	logStart logEdge = iota
	logEnd
)

// edges returns an end of the logs of partitions; those that have no leader, or do not exist, are left out.
func (c *groupsCommand) edges(ctx context.Context, partitions []topicPartition, edge logEdge) (map[topicPartition]int64, error) {
	ask := c.admin.ListEndOffsets
	if edge == logStart {
		ask = c.admin.ListStartOffsets
	}
	return c.listOffsets(ctx, partitions, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return ask(ctx, topics...)
	})
}

// offsetsAt returns the first offsets at or after a time in ms; partitions without such a record are left out.
func (c *groupsCommand) offsetsAt(ctx context.Context, partitions []topicPartition, millis int64) (map[topicPartition]int64, error) {
	return c.listOffsets(ctx, partitions, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		listed, err := c.admin.ListOffsetsAfterMilli(ctx, millis, topics...)
		for _, ps := range listed {
			for p, o := range ps {
				if o.Timestamp < 0 { // the client falls back to the end, the tool says so itself
					delete(ps, p)
				}
			}
		}
		return listed, err
	})
}

func (c *groupsCommand) listOffsets(ctx context.Context, partitions []topicPartition,
	ask func(context.Context, ...string) (kadm.ListedOffsets, error),
) (map[topicPartition]int64, error) {
	offsets := map[topicPartition]int64{}
	if len(partitions) == 0 {
		return offsets, nil
	}
	topics := topicsSet(partitions).Topics()
	err := c.admin.call(ctx, "listOffsets", func(ctx context.Context) error {
		listed, err := ask(ctx, topics...)
		for _, p := range partitions {
			if o, ok := listed[p.topic][p.partition]; ok && o.Err == nil && o.Offset >= 0 {
				offsets[p] = o.Offset
			}
		}
		return err
	})
	return offsets, err
}

// partitionsOf resolves --topic arguments: "topic" is all its partitions, "topic:0,1" some. missing has the error of each topic that
// can't be described.
func (c *groupsCommand) partitionsOf(ctx context.Context, args []string) (partitions []topicPartition, missing map[string]error, err error) {
	var whole []string
	for _, arg := range args {
		if !strings.Contains(arg, ":") {
			whole = append(whole, arg)
			continue
		}
		named, err := parsePartitions(arg)
		if err != nil {
			return nil, nil, err
		}
		partitions = append(partitions, named...)
	}
	if len(whole) == 0 {
		return partitions, nil, nil
	}
	missing = map[string]error{}
	err = c.admin.call(ctx, "describeTopics", func(ctx context.Context) error {
		details, err := c.admin.ListTopicsWithInternal(ctx, whole...)
		for topic, detail := range details {
			if detail.Err != nil {
				missing[topic] = detail.Err
				continue
			}
			for p := range detail.Partitions {
				partitions = append(partitions, topicPartition{topic, p})
			}
		}
		return err
	})
	slices.SortFunc(partitions, topicPartition.compare)
	return slices.Compact(partitions), missing, err
}
