package main

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

type topicAlter struct {
	partitions int
	set        []string
	remove     []string
}

func newTopicAlterCommand(a *app) *cobra.Command {
	var alter topicAlter
	cmd := &cobra.Command{
		Use: "alter TOPIC", Short: "Add partitions to a topic, set or remove its configs", Args: cobra.ExactArgs(1),
		Example:           "  broker topic alter orders -p 12 --set retention.ms=86400000 --delete cleanup.policy",
		ValidArgsFunction: a.completeTopics(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if alter.partitions == 0 && len(alter.set)+len(alter.remove) == 0 {
				return misusef("nothing to change: give --partitions, --set or --delete")
			}
			configs, err := alter.configs()
			if err != nil {
				return err
			}
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				return a.alterTopic(ctx, admin, args[0], alter.partitions, configs)
			})
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&alter.partitions, "partitions", "p", 0, "number of partitions that the topic shall have; it can only grow")
	flags.StringArrayVarP(&alter.set, "set", "c", nil, "topic config as name=value, repeatable")
	flags.StringArrayVar(&alter.remove, "delete", nil, "name of a topic config to set back to its default, repeatable")
	return cmd
}

func (t topicAlter) configs() ([]kadm.AlterConfig, error) {
	set, err := parseAssignments(t.set)
	if err != nil {
		return nil, err
	}
	var configs []kadm.AlterConfig
	for _, name := range slices.Sorted(maps.Keys(set)) {
		configs = append(configs, kadm.AlterConfig{Op: kadm.SetConfig, Name: name, Value: set[name]})
	}
	for _, name := range t.remove {
		configs = append(configs, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: name})
	}
	return configs, nil
}

func (a *app) alterTopic(ctx context.Context, admin *kadm.Client, topic string, partitions int, configs []kadm.AlterConfig) error {
	if len(configs) > 0 {
		responses, err := admin.AlterTopicConfigs(ctx, configs, topic)
		if err != nil {
			return err
		}
		for _, r := range responses {
			if r.Err != nil {
				return withMessage("the configs of topic "+topic+" were not changed", r.Err, r.ErrMessage)
			}
		}
	}
	if partitions > 0 {
		responses, err := admin.UpdatePartitions(ctx, partitions, topic)
		if err != nil {
			return err
		}
		if r := responses[topic]; r.Err != nil {
			return withMessage("topic "+topic+" has not got "+strconv.Itoa(partitions)+" partitions", r.Err, r.ErrMessage)
		}
	}
	return a.printTopicResults([]topicResult{{topic, "altered"}})
}
