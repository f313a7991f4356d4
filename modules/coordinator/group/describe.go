package group

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// typeName is the group type that ListGroups answers from version 5 on.
const typeName = "classic"

// describe answers DescribeGroups (versions 0 to 6) for one group. What members said is only shown while the group is
// Stable; what they were assigned is shown until a rebalance takes it away. An unknown group is Dead, and from version 6 on
// an error (KIP-1043).
func (m *machine) describe(t *shard.Turn, groupID string, version int16, reply func(kmsg.DescribeGroupsResponseGroup)) {
	resp := kmsg.NewDescribeGroupsResponseGroup()
	resp.Group = groupID
	if g := m.groups[groupID]; g != nil {
		g.describe(&resp)
	} else {
		resp.State = Dead.String()
		if version >= 6 {
			resp.ErrorCode = int16(kafka.GroupIDNotFound)
			resp.ErrorMessage = kmsg.StringPtr("Group " + groupID + " not found.")
		}
	}
	settled(t, func(code kafka.ErrorCode) {
		if code != kafka.NoError {
			resp = describeError(groupID, code)
		}
		reply(resp)
	})
}

func (g *group) describe(resp *kmsg.DescribeGroupsResponseGroup) {
	resp.State = g.state.String()
	resp.ProtocolType = g.protocolType
	stable := g.state == Stable
	if stable && g.protocol != nil {
		resp.Protocol = *g.protocol
	}
	for _, member := range g.members {
		d := kmsg.NewDescribeGroupsResponseGroupMember()
		d.MemberID, d.InstanceID = member.id, member.instance
		d.ClientID, d.ClientHost = member.clientID, member.clientHost
		d.MemberAssignment = member.assignment
		if stable {
			d.ProtocolMetadata = member.metadata(g.protocol)
		}
		resp.Members = append(resp.Members, d)
	}
}

func describeError(groupID string, code kafka.ErrorCode) kmsg.DescribeGroupsResponseGroup {
	resp := kmsg.NewDescribeGroupsResponseGroup()
	resp.Group, resp.ErrorCode = groupID, int16(code)
	return resp
}

// list answers ListGroups (versions 0 to 5) for the groups of this shard.
func (m *machine) list(t *shard.Turn, reply func([]kmsg.ListGroupsResponseGroup, kafka.ErrorCode)) {
	groups := make([]kmsg.ListGroupsResponseGroup, 0, len(m.groups))
	for _, g := range m.groups {
		l := kmsg.NewListGroupsResponseGroup()
		l.Group, l.ProtocolType, l.GroupState, l.GroupType = g.id, g.protocolType, g.state.String(), typeName
		groups = append(groups, l)
	}
	settled(t, func(code kafka.ErrorCode) { reply(groups, code) })
}
