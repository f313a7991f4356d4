package group

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// joinStatic lets in a static member that does not know its member id: it is new, or its process was restarted and takes
// its place again, if it can without a rebalance (KIP-345).
func (m *machine) joinStatic(t *shard.Turn, g *group, req *joinRequest) {
	id := m.newMemberID(*req.InstanceID)
	owner := g.byID[g.static[*req.InstanceID]]
	if owner == nil {
		m.addMember(t, g, id, req)
		return
	}
	before := *owner
	leader := g.leader
	m.replace(t, g, owner, id, req)
	switch g.state {
	case Stable:
		if g.protocol != nil && g.selectProtocol() == *g.protocol {
			m.persistReplaced(t, g, owner, before, leader, req)
			return
		}
		g.park(owner, req.reply)
		m.rebalance(t, g)
	case CompletingRebalance:
		// The leader may have been told the old member id already, and would assign nothing to the new one.
		g.park(owner, req.reply)
		m.prepareRebalance(t, g)
	default:
		g.park(owner, req.reply)
		m.joinedOrGone(t, g)
	}
}

// replace gives a static member's place to a new instance of its process. The old instance is fenced if it still waits.
func (m *machine) replace(t *shard.Turn, g *group, owner *member, id string, req *joinRequest) {
	g.answerJoin(owner, joinError(kafka.FencedInstanceID, owner.id))
	g.answerSync(owner, syncError(kafka.FencedInstanceID))
	m.timers.Cancel(timer{sessionTimer, g, owner.id})
	g.rename(owner, id)
	g.update(owner, req.protocols, req.session, req.rebalance)
	owner.isNew = false
	m.heard(t, g, owner)
}

// persistReplaced stores the new member id of a static member and answers without a rebalance. The leader must not assign
// anew: from version 9 on it is told so, before that it is told that its old id leads.
func (m *machine) persistReplaced(t *shard.Turn, g *group, member *member, before member, leader string, req *joinRequest) {
	t.AppendApplied(encodeGroupKey(g.id), encodeGroup(g, nil))
	resp := g.joined(member, false)
	if req.Version < 9 {
		resp.LeaderID = leader
	} else if g.leader == member.id {
		resp.Members = g.describeToLeader()
		resp.SkipAssignment = true
	}
	id := member.id
	then(t, func(t *shard.Turn, code kafka.ErrorCode) {
		if code == kafka.NoError {
			req.reply(resp)
			return
		}
		if g.byID[id] == member { // nobody else took the place meanwhile
			m.restore(t, g, member, before)
		}
		req.reply(joinError(code, ""))
	})
}

// restore takes back what replace did.
func (m *machine) restore(t *shard.Turn, g *group, member *member, before member) {
	m.timers.Cancel(timer{sessionTimer, g, member.id})
	g.rename(member, before.id)
	g.update(member, before.protocols, before.sessionTimeout, before.rebalanceTimeout)
	m.heard(t, g, member)
}
