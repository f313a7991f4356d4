package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// listedGroup is a group as ListGroups tells it. State and kind are "" where a broker is too old to tell.
type listedGroup struct {
	id, state, kind string
}

func (c *groupsCommand) list(ctx context.Context) error {
	states, _ := groupStates(c.line.value("state"))
	types, _ := groupTypes(c.line.value("type"))
	groups, err := c.listGroups(ctx, states, types)
	if err != nil {
		return err
	}
	if !c.line.has("state") && !c.line.has("type") {
		for _, g := range groups {
			c.std.printf("%s\n", g.id)
		}
		return nil
	}
	width := 15
	for _, g := range groups {
		width = max(width, len(g.id))
	}
	row := func(id, kind, state string) {
		c.std.printf("%-*s", width+10, id)
		if c.line.has("type") {
			c.std.printf(" %-20s", kind)
		}
		if c.line.has("state") {
			c.std.printf(" %-20s", state)
		}
		c.std.printf("\n")
	}
	row("GROUP", "TYPE", "STATE")
	for _, g := range groups {
		row(g.id, nonEmpty(g.kind, "Unknown"), nonEmpty(g.state, "Unknown"))
	}
	return nil
}

// listGroups asks every broker for classic and KIP-848 groups of consumers, sorted by id.
func (c *groupsCommand) listGroups(ctx context.Context, states, types []string) ([]listedGroup, error) {
	request := kmsg.NewPtrListGroupsRequest()
	request.StatesFilter = states
	request.TypesFilter = types
	if len(types) == 0 {
		request.TypesFilter = []string{"Classic", "Consumer"}
	}
	var groups []listedGroup
	err := c.admin.call(ctx, "findAllBrokers", func(ctx context.Context) error {
		groups = groups[:0]
		for _, shard := range c.admin.kafka.RequestSharded(ctx, request) {
			if shard.Err != nil {
				return shard.Err
			}
			response := shard.Resp.(*kmsg.ListGroupsResponse)
			if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
				return newBrokerError(err, "")
			}
			for _, g := range response.Groups {
				if isConsumerGroup(g) {
					groups = append(groups, listedGroup{g.Group, g.GroupState, titleCase(g.GroupType)})
				}
			}
		}
		return nil
	})
	slices.SortFunc(groups, func(a, b listedGroup) int { return cmp.Compare(a.id, b.id) })
	if _, timedOut := errors.AsType[*timeoutError](err); timedOut {
		return nil, execution(err)
	}
	return groups, err
}

// isConsumerGroup leaves out Connect workers, share groups and the like.
func isConsumerGroup(g kmsg.ListGroupsResponseGroup) bool {
	switch strings.ToLower(g.GroupType) {
	case "", "classic", "consumer":
		return g.ProtocolType == "" || g.ProtocolType == "consumer"
	}
	return false
}

func titleCase(word string) string {
	if word == "" {
		return ""
	}
	return strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
}
