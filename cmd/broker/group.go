package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

func newGroupCommand(a *app) *cobra.Command {
	offsets := newParentCommand("offsets", "Change the offsets of a group", newGroupResetCommand(a))
	return newParentCommand("group", "List, describe and delete consumer groups, reset their offsets",
		newGroupListCommand(a), newGroupDescribeCommand(a), newGroupDeleteCommand(a), offsets)
}

// groupSummary is a row of "group list".
type groupSummary struct {
	Group       string `json:"group"`
	State       string `json:"state"`
	Protocol    string `json:"protocol_type"`
	Coordinator int32  `json:"coordinator"`
}

func newGroupListCommand(a *app) *cobra.Command {
	var states []string
	cmd := &cobra.Command{
		Use: "list", Short: "List groups", Args: cobra.NoArgs, Aliases: []string{"ls"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				groups, err := admin.ListGroups(ctx, states...)
				if err != nil {
					return err
				}
				var rows []groupSummary
				for _, g := range groups.Sorted() {
					rows = append(rows, groupSummary{g.Group, g.State, g.ProtocolType, g.Coordinator})
				}
				return printRows(a, rows,
					column[groupSummary]{title: "group", value: func(g groupSummary) string { return g.Group }},
					column[groupSummary]{title: "state", value: func(g groupSummary) string { return g.State }},
					column[groupSummary]{title: "protocol", value: func(g groupSummary) string { return g.Protocol }},
					column[groupSummary]{title: "coordinator", value: func(g groupSummary) string { return strconv.Itoa(int(g.Coordinator)) }, number: true})
			})
		},
	}
	cmd.Flags().StringSliceVar(&states, "state", nil, "only groups in these states, for example Stable,Empty")
	return cmd
}

// groupResult is what a command did to a group.
type groupResult struct {
	Group  string `json:"group"`
	Result string `json:"result"`
}

func newGroupDeleteCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "delete GROUP...", Short: "Delete groups that have no members, with their offsets", Args: cobra.MinimumNArgs(1), Aliases: []string{"rm"},
		ValidArgsFunction: a.completeGroups(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) error {
				responses, err := admin.DeleteGroups(ctx, args...)
				if err != nil && len(responses) == 0 {
					return err
				}
				var results []groupResult
				var failures []error
				for _, group := range args {
					if err := responses[group].Err; err != nil {
						failures = append(failures, fmt.Errorf("group %s was not deleted: %w", group, err))
						continue
					}
					results = append(results, groupResult{group, "deleted"})
				}
				return errors.Join(append(failures, a.printGroupResults(results))...)
			})
		},
	}
}

func (a *app) printGroupResults(results []groupResult) error {
	if len(results) == 0 {
		return nil // all failed: the errors say it
	}
	return printRows(a, results,
		column[groupResult]{title: "group", value: func(r groupResult) string { return r.Group }},
		column[groupResult]{title: "result", value: func(r groupResult) string { return r.Result }})
}

// describeGroup returns one group; one that does not exist is an error.
func describeGroup(ctx context.Context, admin *kadm.Client, id string) (kafkatools.Group, error) {
	found, failed, err := kafkatools.DescribeGroups(ctx, admin, []string{id})
	if err = firstOf(err, failed[id]); err != nil {
		return kafkatools.Group{}, fmt.Errorf("group %s: %w", id, err)
	}
	i := slices.IndexFunc(found, func(g kafkatools.Group) bool { return g.ID == id })
	if i < 0 {
		return kafkatools.Group{}, fmt.Errorf("group %s: the coordinator left it out of its answer", id)
	}
	return found[i], nil
}
