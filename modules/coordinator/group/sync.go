package group

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

func syncError(code kafka.ErrorCode) *kmsg.SyncGroupResponse {
	resp := kmsg.NewPtrSyncGroupResponse()
	resp.ErrorCode = int16(code)
	return resp
}

// sync serves SyncGroup (versions 0 to 5): followers wait for the leader's, which carries everybody's assignment. The
// assignment is in the log before anybody learns it.
func (m *machine) sync(t *shard.Turn, req *kmsg.SyncGroupRequest, reply func(*kmsg.SyncGroupResponse)) {
	g, member, code := m.synced(req)
	if code != kafka.NoError {
		settled(t, func(kafka.ErrorCode) { reply(syncError(code)) })
		return
	}
	m.removeUnsynced(g, member.id)
	if g.state == Stable {
		resp := g.synced(member)
		settled(t, func(code kafka.ErrorCode) {
			if code != kafka.NoError {
				resp = syncError(code)
			}
			reply(resp)
		})
		return
	}
	g.answerSync(member, syncError(kafka.RebalanceInProgress)) // of a request that the client gave up
	member.syncing = reply
	if g.leader == member.id {
		m.assign(t, g, req.GroupAssignment)
	}
}

// synced checks who sends a SyncGroup.
func (m *machine) synced(req *kmsg.SyncGroupRequest) (*group, *member, kafka.ErrorCode) {
	g := m.groups[req.Group]
	if g == nil {
		return nil, nil, kafka.UnknownMemberID
	}
	member, code := g.member(req.MemberID, req.InstanceID)
	switch {
	case code != kafka.NoError:
		return nil, nil, code
	case req.Generation != g.generation:
		return nil, nil, kafka.IllegalGeneration
	case req.ProtocolType != nil && *req.ProtocolType != g.protocolType,
		req.Protocol != nil && (g.protocol == nil || *req.Protocol != *g.protocol):
		return nil, nil, kafka.InconsistentGroupProtocol
	case g.state == PreparingRebalance:
		return nil, nil, kafka.RebalanceInProgress
	}
	return g, member, kafka.NoError
}

// assign stores what the leader assigned. When it is committed and no other rebalance has begun, the group is Stable.
func (m *machine) assign(t *shard.Turn, g *group, assigned []kmsg.SyncGroupRequestGroupAssignment) {
	assignments := make(map[string][]byte, len(assigned))
	for _, a := range assigned {
		assignments[a.MemberID] = a.MemberAssignment
	}
	t.AppendApplied(encodeGroupKey(g.id), encodeGroup(g, assignments))
	generation := g.generation
	then(t, func(t *shard.Turn, code kafka.ErrorCode) {
		switch {
		case g.state != CompletingRebalance || g.generation != generation:
		case code != kafka.NoError:
			m.resetAssignments(t, g, code)
			m.prepareRebalance(t, g)
		default:
			g.to(Stable, t.Now)
			for _, member := range g.members {
				member.assignment = assignments[member.id]
				g.weigh(member)
				m.answerWaiting(t, g, member, g.synced(member))
			}
		}
	})
}

// resetAssignments makes all members that wait for their assignment wait no longer.
func (m *machine) resetAssignments(t *shard.Turn, g *group, code kafka.ErrorCode) {
	for _, member := range g.members {
		member.assignment = nil
		g.weigh(member)
		m.answerWaiting(t, g, member, syncError(code))
	}
}

// answerWaiting answers a parked SyncGroup. The member's session did not run meanwhile and begins again.
func (m *machine) answerWaiting(t *shard.Turn, g *group, member *member, resp *kmsg.SyncGroupResponse) {
	if member.syncing != nil {
		g.answerSync(member, resp)
		m.heard(t, g, member)
	}
}

// synced is the answer to a member of a stable group.
func (g *group) synced(member *member) *kmsg.SyncGroupResponse {
	resp := kmsg.NewPtrSyncGroupResponse()
	protocolType := g.protocolType
	resp.ProtocolType, resp.Protocol = &protocolType, g.protocol
	resp.MemberAssignment = member.assignment
	return resp
}

// removeUnsynced notes that a member sent its SyncGroup, or will not. Nothing is waited for after the last one.
func (m *machine) removeUnsynced(g *group, id string) {
	delete(g.unsynced, id)
	if len(g.unsynced) == 0 {
		m.timers.Cancel(timer{kind: syncTimer, group: g})
	}
}

// syncOver puts out the members that joined the generation and never synced, and rebalances without them.
func (m *machine) syncOver(t *shard.Turn, g *group) {
	if len(g.unsynced) == 0 || g.state != CompletingRebalance && g.state != Stable {
		return
	}
	for _, member := range append([]*member(nil), g.members...) {
		if g.unsynced[member.id] {
			m.removeMember(g, member)
		}
	}
	m.prepareRebalance(t, g)
}
