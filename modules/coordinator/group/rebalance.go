package group

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// rebalance starts a rebalance when none is being prepared; in one that is, it looks whether this was the last member
// that was waited for.
func (m *machine) rebalance(t *shard.Turn, g *group) {
	if g.state == PreparingRebalance {
		m.joinedOrGone(t, g)
	} else {
		m.prepareRebalance(t, g)
	}
}

// prepareRebalance makes every member join again. The first rebalance of an empty group gives more members the time to
// come (group.initial.rebalance.delay.ms, KIP-134).
func (m *machine) prepareRebalance(t *shard.Turn, g *group) {
	if g.state == CompletingRebalance {
		m.resetAssignments(t, g, kafka.RebalanceInProgress)
	}
	m.timers.Cancel(timer{kind: syncTimer, group: g})
	if g.state == Empty {
		g.to(PreparingRebalance, t.Now)
		g.newcomer, g.delay = false, m.InitialRebalanceDelay
		g.remaining = max(g.rebalanceTimeout()-g.delay, 0)
		m.timers.Schedule(timer{kind: initialTimer, group: g}, t.Now.Add(g.delay))
		return
	}
	g.to(PreparingRebalance, t.Now)
	if g.allJoined() {
		m.completeJoin(t, g)
		return
	}
	m.timers.Schedule(timer{kind: joinTimer, group: g}, t.Now.Add(g.rebalanceTimeout()))
}

// initialDelayOver begins the first generation, unless a member came meanwhile: then it waits once more, all in all not
// longer than the rebalance timeout.
func (m *machine) initialDelayOver(t *shard.Turn, g *group) {
	if g.newcomer && g.remaining > 0 {
		g.newcomer = false
		delay := min(m.InitialRebalanceDelay, g.remaining)
		g.remaining = max(g.remaining-g.delay, 0)
		g.delay = delay
		m.timers.Schedule(timer{kind: initialTimer, group: g}, t.Now.Add(delay))
		return
	}
	m.completeJoin(t, g)
}

// joinedOrGone completes a rebalance that waits for nobody any more. The first one of a group takes its time.
func (m *machine) joinedOrGone(t *shard.Turn, g *group) {
	if g.state == PreparingRebalance && g.previous != Empty && g.allJoined() {
		m.completeJoin(t, g)
	}
}

// completeJoin ends the first half of a rebalance: dynamic members that did not join again are out, a leader and a
// protocol are chosen, and everybody learns the new generation. Without members the group becomes Empty.
func (m *machine) completeJoin(t *shard.Turn, g *group) {
	m.timers.Cancel(timer{kind: joinTimer, group: g})
	for _, member := range append([]*member(nil), g.members...) {
		if member.joining == nil && member.instance == nil {
			m.removeMember(g, member)
		}
	}
	if len(g.members) > 0 && !g.electLeader() {
		// Only static members, none of which has joined again: they have until their sessions end.
		m.timers.Schedule(timer{kind: joinTimer, group: g}, t.Now.Add(g.rebalanceTimeout()))
		return
	}
	g.generation++
	clear(g.unsynced)
	if len(g.members) == 0 {
		m.empty(t, g)
		return
	}
	selected := g.selectProtocol()
	g.protocol = &selected
	g.subscribe()
	g.to(CompletingRebalance, t.Now)
	for _, member := range g.members {
		m.announce(t, g, member, g.joined(member, g.leader == member.id))
		m.heard(t, g, member)
		member.isNew = false
		g.unsynced[member.id] = true
	}
	m.timers.Schedule(timer{kind: syncTimer, group: g}, t.Now.Add(g.rebalanceTimeout()))
}

// electLeader makes sure that the leader is a member that has joined. It fails when there is none.
func (g *group) electLeader() bool {
	if leader := g.byID[g.leader]; leader != nil && leader.joining != nil {
		return true
	}
	for _, member := range g.members {
		if member.joining != nil {
			g.leader = member.id
			return true
		}
	}
	return false
}

// empty makes a group without members Empty. When that cannot be written, the next coordinator finds the members of
// before, whose sessions end there.
func (m *machine) empty(t *shard.Turn, g *group) {
	g.protocol = nil
	g.subscribe()
	g.to(Empty, t.Now)
	t.AppendApplied(encodeGroupKey(g.id), encodeGroup(g, nil))
}

// joined is the answer to a member that is in the current generation. The members are for the leader only.
func (g *group) joined(member *member, members bool) *kmsg.JoinGroupResponse {
	resp := kmsg.NewPtrJoinGroupResponse()
	protocolType := g.protocolType
	resp.Generation = g.generation
	resp.ProtocolType = &protocolType
	resp.Protocol = g.protocol
	resp.LeaderID = g.leader
	resp.MemberID = member.id
	if members {
		resp.Members = g.describeToLeader()
	}
	return resp
}

// describeToLeader lists what every member says for the selected protocol.
func (g *group) describeToLeader() []kmsg.JoinGroupResponseMember {
	members := make([]kmsg.JoinGroupResponseMember, 0, len(g.members))
	for _, member := range g.members {
		m := kmsg.NewJoinGroupResponseMember()
		m.MemberID, m.InstanceID = member.id, member.instance
		m.ProtocolMetadata = member.metadata(g.protocol)
		members = append(members, m)
	}
	return members
}

// announce answers a member's parked JoinGroup once everything up to here is committed.
func (m *machine) announce(t *shard.Turn, g *group, member *member, resp *kmsg.JoinGroupResponse) {
	reply := g.takeJoin(member)
	if reply == nil {
		return
	}
	settled(t, func(code kafka.ErrorCode) {
		if code != kafka.NoError {
			resp = joinError(code, resp.MemberID)
		}
		reply(resp)
	})
}

// park keeps the function that answers a member's JoinGroup. A request that was parked before is a client's that gave up.
func (g *group) park(member *member, reply func(*kmsg.JoinGroupResponse)) {
	g.answerJoin(member, joinError(kafka.RebalanceInProgress, member.id))
	member.joining = reply
	g.joining++
}

// takeJoin returns what answers a member's parked JoinGroup, or nil; the member waits no longer.
func (g *group) takeJoin(member *member) func(*kmsg.JoinGroupResponse) {
	reply := member.joining
	if reply != nil {
		member.joining = nil
		g.joining--
	}
	return reply
}

func (g *group) answerJoin(member *member, resp *kmsg.JoinGroupResponse) {
	if reply := g.takeJoin(member); reply != nil {
		reply(resp)
	}
}

func (g *group) answerSync(member *member, resp *kmsg.SyncGroupResponse) {
	if reply := member.syncing; reply != nil {
		member.syncing = nil
		reply(resp)
	}
}
