package kafkatools

import (
	"slices"
	"strings"
)

func groupsOptions() optionSet {
	describe := []string{"describe"}
	return optionSet{
		{name: "group", argument: requiredArgument, label: "consumer group", many: true, help: "The group to act on."},
		{name: "topic", argument: requiredArgument, label: "topic", many: true,
			help: "With --reset-offsets or --delete-offsets: a topic, or some of its partitions as topic:0,1,2."},
		{name: "all-topics", help: "With --reset-offsets: all topics for which the group has offsets."},
		{name: "list", help: "List groups."},
		{name: "describe", help: "Show the offsets and the lag of groups."},
		{name: "all-groups", help: "Act on all groups."},
		{name: "delete", help: "Delete groups and their offsets."},
		{name: "timeout", argument: requiredArgument, kind: long, label: "timeout (ms)", fallback: "5000", help: "How long to wait for the cluster."},
		{name: "reset-offsets", help: "Set the offsets of groups without members: plan it with --dry-run, do it with --execute."},
		{name: "delete-offsets", help: "Delete the offsets of one group for topics."},
		{name: "dry-run", help: "With --reset-offsets: only show the new offsets."},
		{name: "execute", help: "With --reset-offsets: set the new offsets."},
		{name: "export", help: "With --reset-offsets: print the new offsets as CSV."},
		{name: "to-offset", argument: requiredArgument, kind: long, label: "offset", help: "Reset to this offset."},
		{name: "from-file", argument: requiredArgument, label: "path to CSV file", help: "Reset to the offsets in a file that --export wrote."},
		{name: "to-datetime", argument: requiredArgument, label: "datetime", help: "Reset to a time: YYYY-MM-DDTHH:mm:SS.sss, UTC unless a zone follows."},
		{name: "by-duration", argument: requiredArgument, label: "duration", help: "Reset to a time so long ago: PnDTnHnMnS."},
		{name: "to-earliest", help: "Reset to the oldest records."},
		{name: "to-latest", help: "Reset to the end."},
		{name: "to-current", help: "Reset to the offsets that the group has."},
		{name: "shift-by", argument: requiredArgument, kind: long, label: "number-of-offsets", help: "Move offsets forward, or back when negative."},
		{name: "members", with: describe, help: "With --describe: show members."},
		{name: "verbose", with: describe, help: "With --describe: show more columns."},
		{name: "offsets", with: describe, help: "With --describe: show offsets, the default."},
		{name: "state", argument: optionalArgument, with: []string{"describe", "list"},
			help: "With --describe: show the state. With --list: show states, or only groups in the given states."},
		{name: "type", argument: optionalArgument, with: []string{"list"}, help: "With --list: show types, or only groups of the given types."},
		{name: "validate-regex", argument: requiredArgument, label: "regex", help: "Say whether a subscription pattern is valid."},
	}.withCommon()
}

// checkGroupsArgs applies the rules of kafka-consumer-groups about which options go together.
func checkGroupsArgs(line *commandLine, std Streams) error {
	if !line.has("validate-regex") {
		if err := line.required("bootstrap-server"); err != nil {
			return err
		}
	}
	err := firstError(checkGroupsDescribe(line), checkGroupsDelete(line), checkGroupsReset(line, std),
		line.excludes("group", "all-groups"), line.excludes("group", "list"), line.excludes("topic", "list", "describe"))
	if err != nil {
		return err
	}
	if len(line.anyOf("list", "describe", "delete", "reset-offsets", "delete-offsets", "validate-regex")) != 1 {
		return usagef("Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex")
	}
	_, err = groupStates(line.value("state"))
	if err == nil {
		_, err = groupTypes(line.value("type"))
	}
	return err
}

func needsGroups(line *commandLine, action string) error {
	if line.has(action) && len(line.anyOf("group", "all-groups")) == 0 {
		return usagef("Option [%s] takes one of these options: [all-groups], [group]", action)
	}
	return nil
}

func checkGroupsDescribe(line *commandLine) error {
	if !line.has("describe") {
		return nil
	}
	if err := needsGroups(line, "describe"); err != nil {
		return err
	}
	if len(line.anyOf("members", "offsets", "state")) > 1 {
		return usagef("Option [describe] takes at most one of these options: [members], [offsets], [state]")
	}
	if line.value("state") != "" {
		return usagef("Option [describe] does not take a value for [state]")
	}
	return nil
}

func checkGroupsDelete(line *commandLine) error {
	if err := needsGroups(line, "delete"); err != nil {
		return err
	}
	if line.has("delete") && line.has("topic") {
		return usagef("The consumer does not support topic-specific offset deletion from a consumer group.")
	}
	if line.has("delete-offsets") && len(line.anyOf("group", "topic")) != 2 {
		return usagef("Option [delete-offsets] takes the following options: [topic], [group]")
	}
	return nil
}

// resetScenarios are the ways to reset offsets, in the order in which they are tried.
func resetScenarios() []string {
	return []string{"to-offset", "to-earliest", "to-latest", "to-datetime", "by-duration", "shift-by", "from-file", "to-current"}
}

func checkGroupsReset(line *commandLine, std Streams) error {
	if !line.has("reset-offsets") {
		return nil
	}
	if line.has("dry-run") && line.has("execute") {
		return usagef("Option [reset-offsets] only accepts one of [execute] and [dry-run]")
	}
	if !line.has("dry-run") && !line.has("execute") {
		std.errorf("WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require " +
			"either --dry-run or --execute to be specified. You should add the --dry-run option explicitly if you are scripting this " +
			"command and want to keep the current default behavior without prompting.\n")
	}
	err := needsGroups(line, "reset-offsets")
	for _, scenario := range []string{"to-offset", "to-datetime", "by-duration", "to-earliest", "to-latest", "to-current", "shift-by", "from-file"} {
		err = firstError(err, line.excludes(scenario, resetScenarios()...))
	}
	return err
}

// knownStates are the states of consumer groups, in the order in which Kafka's tool lists them.
func knownStates() []string {
	return []string{"Assigning", "PreparingRebalance", "Dead", "Stable", "Reconciling", "CompletingRebalance", "Empty"}
}

// groupStates reads --state: names without regard to case, separated by commas.
func groupStates(list string) ([]string, error) {
	return canonicalNames(list, knownStates(), "Invalid state list '%s'. Valid states are: %s")
}

// groupTypes reads --type.
func groupTypes(list string) ([]string, error) {
	return canonicalNames(list, []string{"Consumer", "Classic"}, "Invalid types list '%s'. Valid types are: %s")
}

func canonicalNames(list string, known []string, format string) ([]string, error) {
	if list == "" {
		return nil, nil
	}
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(name)) })
		if i < 0 {
			return nil, usagef(format, list, strings.Join(known, ", "))
		}
		names = append(names, known[i])
	}
	return names, nil
}
