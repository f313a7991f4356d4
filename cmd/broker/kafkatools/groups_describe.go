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
func (c *groupsCommand) reportState(g groupDescription) bool {
	switch g.state {
	case "Dead":
		c.std.printf("\nError: Consumer group '%s' does not exist.\n", g.id)
		return false
	case "Empty":
		c.std.errorf("\nConsumer group '%s' has no active members.\n", g.id)
	case "PreparingRebalance", "CompletingRebalance", "Assigning", "Reconciling":
		c.std.errorf("\nWarning: Consumer group '%s' is rebalancing.\n", g.id)
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
func (c *groupsCommand) offsetRows(ctx context.Context, g groupDescription) ([]offsetRow, error) {
	committed, err := c.committed(ctx, g.id)
	if err != nil {
		return nil, execution(err)
	}
	unassigned := kadm.TopicsSet{}
	for p := range committed {
		unassigned.Add(p.topic, p.partition)
	}
	all := kadm.TopicsSet{}
	all.Merge(unassigned)
	for _, m := range g.members {
		all.Merge(m.assigned)
	}
	ends, err := c.edges(ctx, sortedPartitions(all), logEnd)
	if err != nil {
		return nil, execution(err)
	}
	var rows []offsetRow
	add := func(partitions kadm.TopicsSet, member, host, client string) {
		for _, p := range sortedPartitions(partitions) {
			row := offsetRow{g.id, p, missingValue, missingValue, missingValue, missingValue, member, host, client}
			row.fill(committed, ends)
			rows = append(rows, row)
		}
	}
	members := slices.Clone(g.members)
	slices.SortStableFunc(members, func(a, b groupMemberState) int { return cmp.Compare(count(b.assigned), count(a.assigned)) })
	for _, m := range members {
		add(m.assigned, m.id, m.host, m.client)
		for topic, partitions := range m.assigned {
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

func (c *groupsCommand) printState(g groupDescription) {
	coordinator := fmt.Sprintf("%s:%d  (%d)", g.coordinator.Host, g.coordinator.Port, g.coordinator.NodeID)
	group, width := max(15, len(g.id)), max(25, len(coordinator))
	row := func(id, coordinator, assignor, state, epoch, targetEpoch, members string) {
		c.std.printf("\n%-*s %-*s %-20s %-20s ", group, id, width, coordinator, assignor, state)
		if c.line.has("verbose") {
			c.std.printf("%-15s %-25s ", epoch, targetEpoch)
		}
		c.std.printf("%s", members)
	}
	row("GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH", "#MEMBERS")
	row(g.id, coordinator, nonEmpty(g.assignor, missingValue), g.state, optionalNumber(g.epoch), optionalNumber(g.targetEpoch),
		strconv.Itoa(len(g.members)))
	c.std.printf("\n")
}

func optionalNumber(n int32) string {
	if n < 0 {
		return missingValue
	}
	return strconv.Itoa(int(n))
}

func (c *groupsCommand) printMembers(g groupDescription) {
	widths := struct{ group, member, instance, host, client, assigned, target int }{15, 15, 17, 15, 15, 20, 20}
	hasInstance := false
	for _, m := range g.members {
		widths.group, widths.member = max(widths.group, len(g.id)), max(widths.member, len(m.id))
		widths.instance, widths.host = max(widths.instance, len(m.instance)), max(widths.host, len(m.host))
		widths.client = max(widths.client, len(m.client))
		widths.assigned = max(widths.assigned, len(assignmentText(m.assigned)))
		widths.target = max(widths.target, len(assignmentText(m.target)))
		hasInstance = hasInstance || m.instance != ""
	}
	verbose, migrating := c.line.has("verbose"), g.hasOldMembers && g.hasNewMember
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
	for _, m := range g.members {
		row(g.id, m.id, m.instance, m.host, m.client, strconv.Itoa(count(m.assigned)), optionalNumber(m.epoch),
			assignmentText(m.assigned), optionalNumber(m.targetEpoch), assignmentText(m.target), strconv.FormatBool(m.upgraded))
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
		topics[i] = topic + ":" + ids(byTopic[topic])
	}
	return strings.Join(topics, ";")
}
