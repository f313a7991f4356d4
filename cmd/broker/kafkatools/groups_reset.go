package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// resetRow is a partition and the offset that it is reset to.
type resetRow struct {
	group  string
	at     topicPartition
	offset int64
}

func (c *groupsCommand) resetOffsets(ctx context.Context) error {
	ids, err := c.groupIDs(ctx)
	if err != nil {
		return err
	}
	groups, failed, err := c.describeGroups(ctx, ids)
	if err != nil {
		return execution(err)
	}
	var rows []resetRow
	for _, id := range ids {
		state := "Empty"
		if i := slices.IndexFunc(groups, func(g Group) bool { return g.ID == id }); i >= 0 {
			state = groups[i].State
		}
		switch {
		case failed[id] != nil && !errors.Is(failed[id], kerr.GroupIDNotFound): // a group that does not exist yet is created by its offsets
			return execution(failed[id])
		case state != "Empty" && state != "Dead":
			c.std.printf("\nError: Assignments can only be reset if the group '%s' is inactive, but the current state is %s.\n", id, state)
			continue
		}
		reset, err := c.resetGroup(ctx, id)
		if err != nil {
			return err
		}
		rows = append(rows, reset...)
	}
	slices.SortFunc(rows, func(a, b resetRow) int { return cmp.Or(strings.Compare(a.group, b.group), a.at.compare(b.at)) })
	if c.line.has("export") {
		c.exportReset(rows)
		return nil
	}
	c.printReset(rows)
	return nil
}

// resetGroup computes the new offsets of a group and, with --execute, commits them.
func (c *groupsCommand) resetGroup(ctx context.Context, group string) ([]resetRow, error) {
	partitions, err := c.resetScope(ctx, group)
	if err != nil {
		return nil, err
	}
	offsets, err := c.newOffsets(ctx, group, partitions)
	if err != nil {
		return nil, err
	}
	var rows []resetRow
	commit := kadm.Offsets{}
	for p, offset := range offsets {
		rows = append(rows, resetRow{group, p, offset})
		commit.AddOffset(p.topic, p.partition, offset, -1)
	}
	if !c.line.has("execute") || c.line.has("dry-run") || len(rows) == 0 {
		return rows, nil
	}
	return rows, c.admin.call(ctx, "alterConsumerGroupOffsets(api=FIND_COORDINATOR)", func(ctx context.Context) error {
		return newBrokerError(c.admin.CommitAllOffsets(ctx, group, commit), "")
	})
}

func (c *groupsCommand) resetScope(ctx context.Context, group string) ([]topicPartition, error) {
	switch {
	case c.line.has("all-topics"):
		committed, err := c.committed(ctx, group)
		var partitions []topicPartition
		for p := range committed {
			partitions = append(partitions, p)
		}
		return partitions, err
	case c.line.has("topic"):
		partitions, missing, err := c.partitionsOf(ctx, c.line.values("topic"))
		for _, failure := range missing {
			err = firstError(err, newBrokerError(failure, ""))
		}
		if err != nil {
			return nil, err
		}
		return partitions, c.checkExistence(ctx, partitions)
	case c.line.has("from-file"):
		return nil, nil
	}
	return nil, usagef("One of the reset scopes should be defined: --all-topics, --topic.")
}

// checkExistence reports partitions that were named and do not exist.
func (c *groupsCommand) checkExistence(ctx context.Context, partitions []topicPartition) error {
	if len(partitions) == 0 {
		return nil
	}
	details, err := c.admin.ListTopicsWithInternal(ctx, topicsSet(partitions).Topics()...)
	if err != nil {
		return err
	}
	var absent []string
	for _, p := range partitions {
		if _, exists := details[p.topic].Partitions[p.partition]; !exists {
			absent = append(absent, fmt.Sprintf("%s-%d", p.topic, p.partition))
		}
	}
	if len(absent) > 0 {
		return fmt.Errorf("The partitions \"%s\" do not exist", strings.Join(absent, ","))
	}
	return nil
}

func (c *groupsCommand) newOffsets(ctx context.Context, group string, partitions []topicPartition) (map[topicPartition]int64, error) {
	given := c.line.anyOf(resetScenarios()...)
	if len(given) == 0 {
		return nil, usagef("Option '[reset-offsets]' requires one of the following scenarios: " +
			"[[to-current], [to-earliest], [to-offset], [shift-by], [from-file], [to-datetime], [by-duration], [to-latest]]")
	}
	switch given[0] {
	case "to-earliest":
		return c.allEdges(ctx, partitions, logStart, "starting")
	case "to-latest":
		return c.allEdges(ctx, partitions, logEnd, "ending")
	case "to-datetime":
		at, err := parseDateTime(c.line.value("to-datetime"))
		if err != nil {
			return nil, err
		}
		return c.offsetsFrom(ctx, partitions, at)
	case "by-duration":
		d, err := parseISODuration(c.line.value("by-duration"))
		if err != nil {
			return nil, err
		}
		return c.offsetsFrom(ctx, partitions, time.Now().Add(-d))
	case "to-offset":
		wanted := map[topicPartition]int64{}
		for _, p := range partitions {
			wanted[p] = c.line.number("to-offset")
		}
		return c.inRange(ctx, wanted)
	case "from-file":
		return c.offsetsFromFile(ctx, group)
	}
	return c.offsetsFromCommitted(ctx, group, partitions, given[0] == "shift-by")
}

func (c *groupsCommand) allEdges(ctx context.Context, partitions []topicPartition, edge logEdge, name string) (map[topicPartition]int64, error) {
	offsets, err := c.edges(ctx, partitions, edge)
	if err != nil {
		return nil, err
	}
	for _, p := range partitions {
		if _, ok := offsets[p]; !ok {
			return nil, usagef("Error getting %s offset of topic partition: %s-%d", name, p.topic, p.partition)
		}
	}
	return offsets, nil
}

// offsetsFrom takes the end where there is no record at or after the time.
func (c *groupsCommand) offsetsFrom(ctx context.Context, partitions []topicPartition, at time.Time) (map[topicPartition]int64, error) {
	offsets, err := c.offsetsAt(ctx, partitions, at.UnixMilli())
	if err != nil {
		return nil, err
	}
	var empty []topicPartition
	for _, p := range partitions {
		if _, ok := offsets[p]; !ok {
			c.std.printf("\nWarn: Partition %d from topic %s is empty. Falling back to latest known offset.\n", p.partition, p.topic)
			empty = append(empty, p)
		}
	}
	ends, err := c.allEdges(ctx, empty, logEnd, "ending")
	for p, offset := range ends {
		offsets[p] = offset
	}
	return offsets, err
}

// offsetsFromCommitted serves --shift-by and --to-current.
func (c *groupsCommand) offsetsFromCommitted(ctx context.Context, group string, partitions []topicPartition, shift bool,
) (map[topicPartition]int64, error) {
	committed, err := c.committed(ctx, group)
	if err != nil {
		return nil, err
	}
	wanted := map[topicPartition]int64{}
	var without []topicPartition
	for _, p := range partitions {
		current, ok := committed[p]
		switch {
		case ok && shift:
			wanted[p] = current.At + c.line.number("shift-by")
		case ok:
			wanted[p] = current.At
		case shift:
			return nil, usagef("Cannot shift offset for partition %s-%d since there is no current committed offset", p.topic, p.partition)
		default:
			without = append(without, p)
		}
	}
	if shift {
		return c.inRange(ctx, wanted)
	}
	ends, err := c.allEdges(ctx, without, logEnd, "ending")
	for p, offset := range ends {
		wanted[p] = offset
	}
	return wanted, err
}

// inRange moves offsets that lie outside their log to its nearest end.
func (c *groupsCommand) inRange(ctx context.Context, wanted map[topicPartition]int64) (map[topicPartition]int64, error) {
	var partitions []topicPartition
	for p := range wanted {
		partitions = append(partitions, p)
	}
	slices.SortFunc(partitions, topicPartition.compare)
	starts, err := c.edges(ctx, partitions, logStart)
	if err != nil {
		return nil, err
	}
	ends, err := c.edges(ctx, partitions, logEnd)
	if err != nil {
		return nil, err
	}
	const warning = "WARN New offset (%d) is %s offset for topic partition %s-%d. Value will be set to %d\n"
	for _, p := range partitions {
		start, hasStart := starts[p]
		end, hasEnd := ends[p]
		switch offset := wanted[p]; {
		case hasEnd && offset > end:
			c.std.errorf(warning, offset, "higher than latest", p.topic, p.partition, end)
			wanted[p] = end
		case hasStart && offset < start:
			c.std.errorf(warning, offset, "lower than earliest", p.topic, p.partition, start)
			wanted[p] = start
		}
	}
	return wanted, nil
}
