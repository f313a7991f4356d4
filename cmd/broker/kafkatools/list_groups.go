package kafkatools

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func listGroupsOptions() optionSet {
	return optionSet{
		{name: "list", help: "List groups of all types."},
		{name: "group-type", argument: requiredArgument, label: "type", help: "Only groups of this type: classic, consumer, share or streams."},
		{name: "protocol", argument: requiredArgument, label: "protocol", help: "Only groups with this protocol."},
		{name: "consumer", help: "Only groups of consumers, of the type consumer or classic."},
		{name: "share", help: "Only share groups."},
		{name: "streams", help: "Only streams groups."},
	}.withCommon()
}

// runListGroups is kafka-groups (org.apache.kafka.tools.GroupsCommand).
func runListGroups(ctx context.Context, args []string, std Streams) int {
	set := listGroupsOptions()
	line, err := set.parse(args)
	if err != nil {
		return std.misuse(set, err.Error())
	}
	if code, done := std.helpOrVersion(line, "List the groups of all types."); done {
		return code
	}
	if !line.has("bootstrap-server") {
		return std.misuse(set, "Missing required option(s) [bootstrap-server]")
	}
	if !line.has("list") {
		return std.misuse(set, "Command must include exactly one action: --list.")
	}
	err = firstError(line.checkTypes(),
		line.excludes("consumer", "group-type", "protocol", "share", "streams"),
		line.excludes("share", "consumer", "group-type", "protocol", "streams"),
		line.excludes("streams", "consumer", "group-type", "protocol", "share"))
	if err == nil {
		err = printGroups(ctx, line, std)
	}
	return std.end(set, err)
}

func printGroups(ctx context.Context, line *commandLine, std Streams) error {
	kinds := []string{"classic", "consumer", "share", "streams"}
	if line.has("group-type") && !slices.Contains(kinds, strings.ToLower(line.value("group-type"))) {
		return errors.New("--group-type must be a valid group type.")
	}
	admin, err := line.openAdmin()
	if err != nil {
		return err
	}
	defer admin.Close()
	var groups []kmsg.ListGroupsResponseGroup
	err = admin.call(ctx, "findAllBrokers", func(ctx context.Context) error {
		groups = nil
		for _, shard := range admin.kafka.RequestSharded(ctx, kmsg.NewPtrListGroupsRequest()) {
			if shard.Err != nil {
				return shard.Err
			}
			response := shard.Resp.(*kmsg.ListGroupsResponse)
			if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
				return newBrokerError(err, "")
			}
			groups = append(groups, response.Groups...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	groups = slices.DeleteFunc(groups, func(g kmsg.ListGroupsResponseGroup) bool { return !selectsGroup(line, g) })
	slices.SortFunc(groups, func(a, b kmsg.ListGroupsResponseGroup) int { return strings.Compare(a.Group, b.Group) })
	width := 20
	for _, g := range groups {
		width = max(width, len(g.Group))
	}
	std.printf("%-*s %-*s %-*s\n", width, "GROUP", width, "TYPE", width, "PROTOCOL")
	for _, g := range groups {
		std.printf("%-*s %-*s %-*s \n", width, g.Group, width, titleCase(g.GroupType), width, g.ProtocolType)
	}
	return nil
}

func selectsGroup(line *commandLine, g kmsg.ListGroupsResponseGroup) bool {
	kind := strings.ToLower(g.GroupType)
	switch {
	case line.has("consumer"):
		return kind == "consumer" || kind != "share" && kind != "streams" && (g.ProtocolType == "consumer" || g.ProtocolType == "")
	case line.has("share"):
		return kind == "share"
	case line.has("streams"):
		return kind == "streams"
	}
	return (!line.has("group-type") || kind == strings.ToLower(line.value("group-type"))) && (!line.has("protocol") || g.ProtocolType == line.value("protocol"))
}
