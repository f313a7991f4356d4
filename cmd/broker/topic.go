package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

func newTopicCommand(a *app) *cobra.Command {
	return newParentCommand("topic", "List, describe, create, change and delete topics",
		newTopicListCommand(a), newTopicDescribeCommand(a), newTopicCreateCommand(a), newTopicAlterCommand(a), newTopicDeleteCommand(a))
}

// topicSummary is a row of "topic list".
type topicSummary struct {
	Name       string `json:"name"`
	ID         string `json:"id"`
	Partitions int    `json:"partitions"`
	Replicas   int    `json:"replicas"`
	Internal   bool   `json:"internal"`
}

func newTopicListCommand(a *app) *cobra.Command {
	var internal bool
	cmd := &cobra.Command{
		Use: "list", Short: "List topics", Args: cobra.NoArgs, Aliases: []string{"ls"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				topics, err := admin.ListTopicsWithInternal(ctx)
				if err != nil {
					return err
				}
				var rows []topicSummary
				for _, t := range topics.Sorted() {
					isInternal := t.IsInternal || kafka.IsInternal(t.Topic)
					if isInternal && !internal {
						continue
					}
					rows = append(rows, topicSummary{t.Topic, kafka.TopicID(t.ID).String(), len(t.Partitions), t.Partitions.NumReplicas(), isInternal})
				}
				return printRows(a, rows,
					column[topicSummary]{title: "topic", value: func(t topicSummary) string { return t.Name }},
					column[topicSummary]{title: "partitions", value: func(t topicSummary) string { return strconv.Itoa(t.Partitions) }, number: true},
					column[topicSummary]{title: "replicas", value: func(t topicSummary) string { return strconv.Itoa(t.Replicas) }, number: true},
					column[topicSummary]{title: "id", value: func(t topicSummary) string { return t.ID }})
			})
		},
	}
	cmd.Flags().BoolVarP(&internal, "internal", "i", false, "show the broker's own topics too")
	return cmd
}

// topicResult is what a command did to a topic.
type topicResult struct {
	Topic  string `json:"topic"`
	Result string `json:"result"`
}

type topicCreate struct {
	partitions  int32
	replicas    int16
	configs     []string
	ifNotExists bool
	validate    bool
}

func newTopicCreateCommand(a *app) *cobra.Command {
	var create topicCreate
	cmd := &cobra.Command{
		Use: "create TOPIC...", Short: "Create topics", Args: cobra.MinimumNArgs(1),
		Example: "  broker topic create orders -p 6 --config cleanup.policy=compact",
		RunE: func(cmd *cobra.Command, args []string) error {
			configs, err := parseAssignments(create.configs)
			if err != nil {
				return err
			}
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				return a.createTopics(ctx, admin, create, configs, args)
			})
		},
	}
	flags := cmd.Flags()
	flags.Int32VarP(&create.partitions, "partitions", "p", -1, "number of partitions; -1 for the cluster's default")
	flags.Int16VarP(&create.replicas, "replication-factor", "r", -1, "replicas of each partition; -1 for the cluster's default")
	flags.StringArrayVarP(&create.configs, "config", "c", nil, "topic config as name=value, repeatable")
	flags.BoolVar(&create.ifNotExists, "if-not-exists", false, "do nothing for a topic that exists")
	flags.BoolVar(&create.validate, "validate-only", false, "ask whether the topics could be created, create none")
	return cmd
}

func (a *app) createTopics(ctx context.Context, admin *kadm.Client, create topicCreate, configs map[string]*string, topics []string) error {
	ask, done := admin.CreateTopics, "created"
	if create.validate {
		ask, done = admin.ValidateCreateTopics, "valid"
	}
	responses, err := ask(ctx, create.partitions, create.replicas, configs, topics...)
	if err != nil {
		return err
	}
	var results []topicResult
	var failures []error
	for _, topic := range topics {
		response := responses[topic]
		switch {
		case response.Err == nil:
			results = append(results, topicResult{topic, done})
		case create.ifNotExists && errors.Is(response.Err, kerr.TopicAlreadyExists):
			results = append(results, topicResult{topic, "exists"})
		default:
			failures = append(failures, withMessage("topic "+topic+" was not created", response.Err, response.ErrMessage))
		}
	}
	return errors.Join(append(failures, a.printTopicResults(results))...)
}

func (a *app) printTopicResults(results []topicResult) error {
	if len(results) == 0 {
		return nil // all failed: the errors say it
	}
	return printRows(a, results,
		column[topicResult]{title: "topic", value: func(r topicResult) string { return r.Topic }},
		column[topicResult]{title: "result", value: func(r topicResult) string { return r.Result }})
}

func newTopicDeleteCommand(a *app) *cobra.Command {
	var ifExists bool
	cmd := &cobra.Command{
		Use: "delete TOPIC...", Short: "Delete topics and their records", Args: cobra.MinimumNArgs(1), Aliases: []string{"rm"},
		ValidArgsFunction: a.completeTopics(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				responses, err := admin.DeleteTopics(ctx, args...)
				if err != nil {
					return err
				}
				var results []topicResult
				var failures []error
				for _, topic := range args {
					response := responses[topic]
					switch {
					case response.Err == nil:
						results = append(results, topicResult{topic, "deleted"})
					case ifExists && errors.Is(response.Err, kerr.UnknownTopicOrPartition):
						results = append(results, topicResult{topic, "absent"})
					default:
						failures = append(failures, withMessage("topic "+topic+" was not deleted", response.Err, response.ErrMessage))
					}
				}
				return errors.Join(append(failures, a.printTopicResults(results))...)
			})
		},
	}
	cmd.Flags().BoolVar(&ifExists, "if-exists", false, "do nothing for a topic that does not exist")
	return cmd
}

// parseAssignments reads name=value words.
func parseAssignments(words []string) (map[string]*string, error) {
	configs := map[string]*string{}
	for _, word := range words {
		name, value, found := strings.Cut(word, "=")
		if !found || name == "" {
			return nil, misusef("%q is not of the form name=value", word)
		}
		configs[name] = &value
	}
	return configs, nil
}
