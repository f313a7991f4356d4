package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

type groupReset struct {
	topics  []string
	to      string
	execute bool
}

// resetView is a row of "group offsets reset".
type resetView struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Committed *int64 `json:"committed"`
	New       int64  `json:"new"`
}

func newGroupResetCommand(a *app) *cobra.Command {
	var reset groupReset
	cmd := &cobra.Command{
		Use: "reset GROUP", Short: "Set the offsets of a group that has no members", Args: cobra.ExactArgs(1),
		Long: "Set the offsets of a group that has no members. Shows what would change; --execute changes it.\n" +
			"--to takes earliest, latest, an offset, +N or -N (from the committed offset), a time (2026-01-31T12:00:00Z)\n" +
			"or a duration ago (90m). An offset outside a log is moved to the log's nearest end.",
		Example:           "  broker group offsets reset billing --topic orders --to earliest --execute",
		ValidArgsFunction: a.completeGroups(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			position, err := parsePosition(reset.to, time.Now())
			if err != nil {
				return err
			}
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				return a.resetGroup(ctx, admin, args[0], reset, position)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVarP(&reset.topics, "topic", "t", nil, "topics to reset; all that the group has offsets for when absent")
	flags.StringVar(&reset.to, "to", "", "where to: earliest, latest, OFFSET, +N, -N, a time, a duration ago")
	flags.BoolVar(&reset.execute, "execute", false, "commit the new offsets")
	_ = cmd.RegisterFlagCompletionFunc("topic", a.completeTopics(0))
	return cmd
}

func (a *app) resetGroup(ctx context.Context, admin *kadm.Client, id string, reset groupReset, to position) error {
	group, err := describeGroup(ctx, admin, id)
	switch {
	case errors.Is(err, kerr.GroupIDNotFound): // committing offsets creates it
	case err != nil:
		return err
	case len(group.Members) > 0:
		return fmt.Errorf("group %s has %d members and is %s; stop them first: offsets of a running group can't be reset", id, len(group.Members), group.State)
	}
	committed, err := admin.FetchOffsets(ctx, id)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return err
	}
	topics := reset.topics
	if len(topics) == 0 {
		if topics = committed.Partitions().Topics(); len(topics) == 0 {
			return misusef("group %s has no offsets yet: name the topics with --topic", id)
		}
	}
	rows, err := newOffsets(ctx, admin, topics, len(reset.topics) == 0, committed, to)
	if err != nil {
		return err
	}
	if reset.execute {
		offsets := kadm.Offsets{}
		for _, r := range rows {
			offsets.AddOffset(r.Topic, r.Partition, r.New, -1)
		}
		if err := admin.CommitAllOffsets(ctx, id, offsets); err != nil {
			return fmt.Errorf("the offsets of group %s were not committed: %w", id, err)
		}
	}
	if err := a.printReset(rows); err != nil {
		return err
	}
	if !reset.execute {
		fmt.Fprintln(a.std.Err, "Nothing was changed. Add --execute to commit these offsets.")
	}
	return nil
}

func (a *app) printReset(rows []resetView) error {
	return printRows(a, rows,
		column[resetView]{title: "topic", value: func(r resetView) string { return r.Topic }},
		column[resetView]{title: "partition", value: func(r resetView) string { return strconv.Itoa(int(r.Partition)) }, number: true},
		column[resetView]{title: "committed", value: func(r resetView) string { return optional(r.Committed) }, number: true},
		column[resetView]{title: "new", value: func(r resetView) string { return strconv.FormatInt(r.New, 10) }, number: true})
}

// newOffsets computes where each partition goes. With onlyCommitted it leaves out partitions for which the group has no offset.
func newOffsets(ctx context.Context, admin *kadm.Client, topics []string, onlyCommitted bool, committed kadm.OffsetResponses, to position,
) ([]resetView, error) {
	bounds, err := listBounds(ctx, admin, topics)
	if err != nil {
		return nil, err
	}
	timed, err := offsetsAt(ctx, admin, topics, to)
	if err != nil {
		return nil, err
	}
	var rows []resetView
	for _, b := range bounds {
		row := resetView{Topic: b.topic, Partition: b.partition}
		if offset, ok := committed.Lookup(b.topic, b.partition); ok && offset.At >= 0 {
			row.Committed = &offset.At
		}
		if row.Committed == nil && (onlyCommitted || to.kind == relative) {
			if onlyCommitted {
				continue
			}
			return nil, fmt.Errorf("%s-%d has no committed offset to count from", b.topic, b.partition)
		}
		target := to
		if to.kind == relative {
			target = position{kind: atOffset, offset: *row.Committed + to.offset}
		}
		row.New = b.resolve(target, timed)
		rows = append(rows, row)
	}
	return rows, nil
}

// logBounds are the ends of the log of a partition.
type logBounds struct {
	topic      string
	partition  int32
	start, end int64
}

// listBounds returns the bounds of all partitions of topics, sorted. A partition without a leader is an error.
func listBounds(ctx context.Context, admin *kadm.Client, topics []string) ([]logBounds, error) {
	starts, err := admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListEndOffsets(ctx, topics...)
	if err = firstOf(err, starts.Error(), ends.Error()); err != nil {
		return nil, fmt.Errorf("the offsets of %s: %w", strings.Join(topics, ", "), err)
	}
	var bounds []logBounds
	starts.Each(func(o kadm.ListedOffset) {
		if end, ok := ends.Lookup(o.Topic, o.Partition); ok {
			bounds = append(bounds, logBounds{o.Topic, o.Partition, o.Offset, end.Offset})
		}
	})
	slices.SortFunc(bounds, func(a, b logBounds) int {
		if a.topic != b.topic {
			return strings.Compare(a.topic, b.topic)
		}
		return int(a.partition - b.partition)
	})
	return bounds, nil
}
