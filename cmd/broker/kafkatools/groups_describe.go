package kafkatools

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
)

// missingValue fills a column that has no value.
const missingValue = "-"

func (c *groupsCommand) describe(ctx context.Context) error {
	ids, err := c.groupIDs(ctx)
	if err != nil {
		return err
	}
	groups, failed, err := c.describeGroups(ctx, ids)
	if err != nil {
		return execution(err)
	}
	for _, id := range ids {
		if failed[id] != nil {
			return execution(failed[id])
		}
	}
	for _, group := range groups {
		switch {
		case c.line.has("members"):
			c.reportState(group)
			c.printMembers(group)
		case c.line.has("state"):
			if c.reportState(group) {
				c.printState(group)
			}
		default:
			rows, err := c.offsetRows(ctx, group)
			if err != nil {
				return err
			}
			if c.reportState(group) && len(rows) > 0 {
				c.printOffsets(rows)
			}
		}
	}
	return nil
}

// reportState tells on standard error why a group may show little. It returns false for a group that is gone.
func (c *groupsCommand) reportState(g Group) bool {
	switch g.State {
	case "Dead":
		c.std.printf("\nError: Consumer group '%s' does not exist.\n", g.ID)
		return false
	case "Empty":
		c.std.errorf("\nConsumer group '%s' has no active members.\n", g.ID)
	case "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling":
		c.std.errorf("\nWarning: Consumer group '%s' is rebalancing.\n", g.ID)
	}
	return true
}

// offsetRow is a line of --describe --offsets; absent numbers are "-".
type offsetRow struct {
	group                   string
	at                      topicPartition
	epoch, offset, end, lag string
	member, host, client    string
}

// offsetRows has the partitions of each member, members with most partitions first, then those that only have an offset.
func (c *groupsCommand) offsetRows(ctx context.Context, g Group) ([]offsetRow, error) {
	committed, err := c.committed(ctx, g.ID)
	if err != nil {
		return nil, execution(err)
	}
	unassigned := kadm.TopicsSet{}
	for p := range committed {
		unassigned.Add(p.topic, p.partition)
	}
	all := kadm.TopicsSet{}
	all.Merge(unassigned)
	for _, m := range g.Members {
		all.Merge(m.Assigned)
	}
	ends, err := c.edges(ctx, sortedPartitions(all), logEnd)
	if err != nil {
		return nil, execution(err)
	}
	var rows []offsetRow
	add := func(partitions kadm.TopicsSet, member, host, client string) {
		for _, p := range sortedPartitions(partitions) {
			row := offsetRow{g.ID, p, missingValue, missingValue, missingValue, missingValue, member, host, client}
			row.fill(committed, ends)
			rows = append(rows, row)
		}
	}
	members := slices.Clone(g.Members)
	slices.SortStableFunc(members, func(a, b GroupMember) int { return cmp.Compare(count(b.Assigned), count(a.Assigned)) })
	for _, m := range members {
		add(m.Assigned, m.ID, m.Host, m.Client)
		for topic, partitions := range m.Assigned {
			for p := range partitions {
				unassigned.Delete(topic, p)
			}
		}
	}
	add(unassigned, missingValue, missingValue, missingValue)
	return rows, nil
}

func (r *offsetRow) fill(committed map[topicPartition]kadm.Offset, ends map[topicPartition]int64) {
	end, hasEnd := ends[r.at]
	if hasEnd {
		r.end = strconv.FormatInt(end, 10)
	}
	offset, hasOffset := committed[r.at]
	if !hasOffset {
		return
	}
	r.offset = strconv.FormatInt(offset.At, 10)
	if offset.LeaderEpoch >= 0 {
		r.epoch = strconv.Itoa(int(offset.LeaderEpoch))
	}
	if hasEnd {
		r.lag = strconv.FormatInt(end-offset.At, 10)
	}
}

func count(set kadm.TopicsSet) int {
	n := 0
	for _, partitions := range set {
		n += len(partitions)
	}
	return n
}

func (c *groupsCommand) printOffsets(rows []offsetRow) {
	group, topic, member, host := 15, 15, 15, 15
	for _, r := range rows {
		group, topic = max(group, len(r.group)), max(topic, len(r.at.topic))
		member, host = max(member, len(r.member)), max(host, len(r.host))
	}
	row := func(groupID, topicName, partition, epoch, offset, end, lag, memberID, hostName, client string) {
		c.std.printf("\n%-*s %-*s %-10s ", group, groupID, topic, topicName, partition)
		if c.line.has("verbose") {
			c.std.printf("%-15s ", epoch)
		}
		c.std.printf("%-15s %-15s %-15s %-*s %-*s %s", offset, end, lag, member, memberID, host, hostName, client)
	}
	row("GROUP", "TOPIC", "PARTITION", "LEADER-EPOCH", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG", "CONSUMER-ID", "HOST", "CLIENT-ID")
	for _, r := range rows {
		row(r.group, r.at.topic, strconv.Itoa(int(r.at.partition)), r.epoch, r.offset, r.end, r.lag, r.member, r.host, r.client)
	}
	c.std.printf("\n")
}

func (c *groupsCommand) printState(g Group) {
	coordinator := fmt.Sprintf("%s:%d  (%d)", g.Coordinator.Host, g.Coordinator.Port, g.Coordinator.NodeID)
	group, width := max(15, len(g.ID)), max(25, len(coordinator))
	row := func(id, coordinator, assignor, state, epoch, targetEpoch, members string) {
		c.std.printf("\n%-*s %-*s %-20s %-20s ", group, id, width, coordinator, assignor, state)
		if c.line.has("verbose") {
			c.std.printf("%-15s %-25s ", epoch, targetEpoch)
		}
		c.std.printf("%s", members)
	}
	row("GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH", "#MEMBERS")
	row(g.ID, coordinator, nonEmpty(g.Assignor, missingValue), g.State, optionalNumber(g.Epoch), optionalNumber(g.TargetEpoch),
		strconv.Itoa(len(g.Members)))
	c.std.printf("\n")
}

func optionalNumber(n int32) string {
	if n < 0 {
		return missingValue
	}
	return strconv.Itoa(int(n))
}

func (c *groupsCommand) printMembers(g Group) {
	widths := struct{ group, member, instance, host, client, assigned, target int }{15, 15, 17, 15, 15, 20, 20}
	hasInstance := false
	for _, m := range g.Members {
		widths.group, widths.member = max(widths.group, len(g.ID)), max(widths.member, len(m.ID))
		widths.instance, widths.host = max(widths.instance, len(m.Instance)), max(widths.host, len(m.Host))
		widths.client = max(widths.client, len(m.Client))
		widths.assigned = max(widths.assigned, len(assignmentText(m.Assigned)))
		widths.target = max(widths.target, len(assignmentText(m.Target)))
		hasInstance = hasInstance || m.Instance != ""
	}
	verbose, migrating := c.line.has("verbose"), g.migrating
	row := func(group, member, instance, host, client, partitions, epoch, assigned, targetEpoch, target, upgraded string) {
		c.std.printf("%-*s %-*s ", widths.group, group, widths.member, member)
		if hasInstance {
			c.std.printf("%-*s ", widths.instance, instance)
		}
		c.std.printf("%-*s %-*s %-15s ", widths.host, host, widths.client, client, partitions)
		if verbose {
			c.std.printf("%-15s %-*s %-15s %-*s", epoch, widths.assigned, assigned, targetEpoch, widths.target, target)
		}
		if verbose && migrating {
			c.std.printf(" %s", upgraded)
		}
		c.std.printf("\n")
	}
	c.std.printf("\n")
	row("GROUP", "CONSUMER-ID", "GROUP-INSTANCE-ID", "HOST", "CLIENT-ID", "#PARTITIONS",
		"CURRENT-EPOCH", "CURRENT-ASSIGNMENT", "TARGET-EPOCH", "TARGET-ASSIGNMENT", "UPGRADED")
	for _, m := range g.Members {
		row(g.ID, m.ID, m.Instance, m.Host, m.Client, strconv.Itoa(count(m.Assigned)), optionalNumber(m.Epoch),
			assignmentText(m.Assigned), optionalNumber(m.TargetEpoch), assignmentText(m.Target), strconv.FormatBool(m.upgraded))
	}
}

// assignmentText renders partitions as "topic:0,1;other:2".
func assignmentText(set kadm.TopicsSet) string {
	byTopic := map[string][]int32{}
	var topics []string
	for _, p := range sortedPartitions(set) {
		if byTopic[p.topic] == nil {
			topics = append(topics, p.topic)
		}
		byTopic[p.topic] = append(byTopic[p.topic], p.partition)
	}
	if len(topics) == 0 {
		return missingValue
	}
	for i, topic := range topics {
		topics[i] = topic + ":" + joinNumbers(byTopic[topic])
	}
	return strings.Join(topics, ";")
}
