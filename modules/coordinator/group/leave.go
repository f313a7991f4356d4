package group

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// leave serves LeaveGroup (versions 0 to 5; one member before version 3). Static members can be named by their instance id
// alone, which is how an administrator removes them (KIP-345).
func (m *machine) leave(t *shard.Turn, groupID string, members []kmsg.LeaveGroupRequestMember,
	reply func([]kmsg.LeaveGroupResponseMember, kafka.ErrorCode)) {
	g := m.groups[groupID]
	left := false
	answers := make([]kmsg.LeaveGroupResponseMember, 0, len(members))
	for _, leaver := range members {
		answer := kmsg.NewLeaveGroupResponseMember()
		answer.MemberID, answer.InstanceID = leaver.MemberID, leaver.InstanceID
		code := kafka.UnknownMemberID
		if g != nil {
			var joined bool
			code, joined = m.leaveOne(g, leaver)
			left = left || code == kafka.NoError && joined
		}
		answer.ErrorCode = int16(code)
		answers = append(answers, answer)
	}
	switch {
	case g == nil:
	case left && (g.state == Stable || g.state == CompletingRebalance):
		m.prepareRebalance(t, g)
	default:
		m.joinedOrGone(t, g)
	}
	settled(t, func(code kafka.ErrorCode) { reply(answers, code) })
}

// leaveOne takes one member out. joined is false when it only had a pending member id.
func (m *machine) leaveOne(g *group, leaver kmsg.LeaveGroupRequestMember) (code kafka.ErrorCode, joined bool) {
	id := leaver.MemberID
	if id == "" {
		if leaver.InstanceID == nil || g.static[*leaver.InstanceID] == "" {
			return kafka.UnknownMemberID, false
		}
		id = g.static[*leaver.InstanceID]
	}
	if g.pending[id] {
		m.removePending(g, id)
		return kafka.NoError, false
	}
	member, code := g.member(id, leaver.InstanceID)
	if code != kafka.NoError {
		return code, false
	}
	m.removeMember(g, member)
	return kafka.NoError, true
}
