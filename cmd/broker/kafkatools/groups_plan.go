package kafkatools

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// offsetsFromFile reads lines "topic,partition,offset", or "group,topic,partition,offset", as --export writes them.
func (c *groupsCommand) offsetsFromFile(ctx context.Context, group string) (map[topicPartition]int64, error) {
	raw, err := os.ReadFile(c.line.value("from-file"))
	if err != nil {
		return nil, fmt.Errorf("java.io.IOException: Unable to read file %s", c.line.value("from-file"))
	}
	plan, err := parseResetPlan(string(raw), group, len(c.line.values("group")) == 1)
	if err != nil {
		return nil, err
	}
	if len(plan) == 0 {
		c.std.printf("\nError: No reset plan for group %s found.\n", group)
	}
	return c.inRange(ctx, plan)
}

func parseResetPlan(csv, group string, single bool) (map[topicPartition]int64, error) {
	plan := map[topicPartition]int64{}
	for line := range strings.Lines(csv) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) == 1 && fields[0] == "" {
			continue
		}
		if single && len(fields) == 3 {
			fields = append([]string{group}, fields...)
		}
		if len(fields) != 4 {
			return nil, fmt.Errorf("the line %q of the reset plan does not read topic,partition,offset or group,topic,partition,offset", strings.TrimSpace(line))
		}
		partition, errPartition := strconv.ParseInt(fields[2], 10, 32)
		offset, errOffset := strconv.ParseInt(fields[3], 10, 64)
		if err := firstError(errPartition, errOffset); err != nil {
			return nil, err
		}
		if fields[0] == group {
			plan[topicPartition{fields[1], int32(partition)}] = offset
		}
	}
	return plan, nil
}

func (c *groupsCommand) exportReset(rows []resetRow) {
	single := len(c.line.values("group")) == 1
	for _, r := range rows {
		if !single {
			c.std.printf("%s,", r.group)
		}
		c.std.printf("%s,%d,%d\n", r.at.topic, r.at.partition, r.offset)
	}
	c.std.printf("\n")
}

func (c *groupsCommand) printReset(rows []resetRow) {
	group, topic := 15, 15
	for _, r := range rows {
		group, topic = max(group, len(r.group)), max(topic, len(r.at.topic))
	}
	c.std.printf("\n%-*s %-*s %-10s %s", group, "GROUP", topic, "TOPIC", "PARTITION", "NEW-OFFSET")
	for _, r := range rows {
		c.std.printf("\n%-*s %-*s %-10d %d", group, r.group, topic, r.at.topic, r.at.partition, r.offset)
	}
	c.std.printf("\n")
}
