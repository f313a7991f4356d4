package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// topicDescription is what "topic describe" shows.
type topicDescription struct {
	Name       string                 `json:"name"`
	ID         string                 `json:"id"`
	Partitions []partitionDescription `json:"partitions"`
	Configs    []configDescription    `json:"configs"`
	Path       string                 `json:"path"` // native or plugins
	Why        string                 `json:"why"`  // the records take that path
	Plugins    []pluginUse            `json:"plugins,omitempty"`
}

type partitionDescription struct {
	Partition   int32   `json:"partition"`
	Leader      int32   `json:"leader"`
	LeaderEpoch int32   `json:"leader_epoch"`
	Replicas    []int32 `json:"replicas"`
	InSync      []int32 `json:"in_sync"`
	Start       *int64  `json:"start"` // null where the leader did not tell
	End         *int64  `json:"end"`
}

type configDescription struct {
	Name   string  `json:"name"`
	Value  *string `json:"value"`
	Source string  `json:"source"`
}

func newTopicDescribeCommand(a *app) *cobra.Command {
	var all bool
	o := &operators{app: a}
	cmd := &cobra.Command{
		Use: "describe TOPIC...", Short: "Show partitions, offsets and configs of topics", Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: a.completeTopics(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				topics, err := describeTopics(ctx, admin, args, all)
				if err != nil {
					return err
				}
				if o.sameBroker(cmd) {
					if err := o.addUses(ctx, topics); err != nil && cmd.Flags().Changed("admin") {
						return err
					}
				}
				return printEach(a, topics, a.printTopic)
			})
		},
	}
	cmd.Flags().StringVar(&o.address, "admin", defaultAdmin, "operators' listener of the broker whose counters of plugins are shown; not asked when only --bootstrap-server is given")
	cmd.Flags().BoolVar(&all, "all-configs", false, "show configs that have their default value too")
	return cmd
}

func describeTopics(ctx context.Context, admin *kadm.Client, names []string, allConfigs bool) ([]topicDescription, error) {
	details, err := admin.ListTopicsWithInternal(ctx, names...)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := details[name].Err; err != nil {
			return nil, fmt.Errorf("topic %s: %w", name, err)
		}
	}
	configs, err := admin.DescribeTopicConfigs(ctx, names...)
	if err != nil {
		return nil, err
	}
	// A partition without a leader has no offsets to tell: it is shown without them.
	starts, _ := admin.ListStartOffsets(ctx, names...)
	ends, _ := admin.ListEndOffsets(ctx, names...)
	var topics []topicDescription
	for _, name := range names {
		detail := details[name]
		topic := topicDescription{Name: name, ID: kafka.TopicID(detail.ID).String(), Configs: []configDescription{}}
		for _, p := range detail.Partitions.Sorted() {
			topic.Partitions = append(topic.Partitions, partitionDescription{
				p.Partition, p.Leader, p.LeaderEpoch, p.Replicas, p.ISR,
				listedOffset(starts, name, p.Partition), listedOffset(ends, name, p.Partition),
			})
		}
		found, err := configs.On(name, nil)
		if err != nil || found.Err != nil {
			return nil, withMessage("the configs of topic "+name, firstOf(err, found.Err), found.ErrMessage)
		}
		for _, c := range found.Configs {
			if allConfigs || c.Source != kmsg.ConfigSourceDefaultConfig {
				topic.Configs = append(topic.Configs, configDescription{c.Key, c.Value, c.Source.String()})
			}
		}
		topic.Path, topic.Why = pathOf(name, pluginConfigs(found.Configs))
		topics = append(topics, topic)
	}
	return topics, nil
}

func firstOf(errs ...error) error {
	i := slices.IndexFunc(errs, func(err error) bool { return err != nil })
	if i < 0 {
		return nil
	}
	return errs[i]
}

func listedOffset(listed kadm.ListedOffsets, topic string, partition int32) *int64 {
	offset, ok := listed.Lookup(topic, partition)
	if !ok || offset.Err != nil {
		return nil
	}
	return &offset.Offset
}

func optional(n *int64) string {
	if n == nil {
		return "-"
	}
	return strconv.FormatInt(*n, 10)
}

func (a *app) printTopic(t topicDescription) error {
	fields := []field{{"Topic", t.Name}, {"Id", t.ID}, {"Partitions", strconv.Itoa(len(t.Partitions))},
		{"Path", t.Path + ": " + t.Why}}
	for _, c := range t.Configs {
		value := "(hidden)"
		if c.Value != nil {
			value = *c.Value
		}
		fields = append(fields, field{"Config", c.Name + "=" + value + "  (" + c.Source + ")"})
	}
	a.printFields(fields...)
	fmt.Fprintln(a.std.Out)
	type row = partitionDescription
	err := printRows(a, t.Partitions,
		column[row]{title: "partition", value: func(p row) string { return strconv.Itoa(int(p.Partition)) }, number: true},
		column[row]{title: "leader", value: func(p row) string { return strconv.Itoa(int(p.Leader)) }, number: true},
		column[row]{title: "epoch", value: func(p row) string { return strconv.Itoa(int(p.LeaderEpoch)) }, number: true},
		column[row]{title: "replicas", value: func(p row) string { return joined(p.Replicas) }},
		column[row]{title: "in sync", value: func(p row) string { return joined(p.InSync) }},
		column[row]{title: "start", value: func(p row) string { return optional(p.Start) }, number: true},
		column[row]{title: "end", value: func(p row) string { return optional(p.End) }, number: true})
	if err != nil || len(t.Plugins) == 0 {
		return err
	}
	fmt.Fprintln(a.std.Out)
	return a.printUses(t.Plugins)
}
