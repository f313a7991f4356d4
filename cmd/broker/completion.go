package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
)

// completionTimeout bounds what a press of the tab key may wait for.
const completionTimeout = 2 * time.Second

type completionFunc = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeTopics offers the names of topics. most is how many arguments a command takes, 0 for any number.
func (a *app) completeTopics(most int) completionFunc {
	return a.completeNames(most, func(ctx context.Context, admin *kadm.Client) ([]string, error) {
		topics, err := admin.ListTopics(ctx)
		return topics.Names(), err
	})
}

// completeGroups offers the names of groups.
func (a *app) completeGroups(most int) completionFunc {
	return a.completeNames(most, func(ctx context.Context, admin *kadm.Client) ([]string, error) {
		groups, err := admin.ListGroups(ctx)
		return groups.Groups(), err
	})
}

func (a *app) completeNames(most int, list func(context.Context, *kadm.Client) ([]string, error)) completionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		a.global.timeout = min(a.global.timeout, completionTimeout)
		var names []string
		err := a.withAdmin(cmd.Context(), func(ctx context.Context, admin *kadm.Client) (err error) {
			names, err = list(ctx, admin)
			return err
		})
		if err != nil {
			return nil, cobra.ShellCompDirectiveError
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
