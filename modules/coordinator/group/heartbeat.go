package group

import (
	"cmp"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// heartbeat serves Heartbeat (versions 0 to 4). REBALANCE_IN_PROGRESS is what makes members join again.
func (m *machine) heartbeat(t *shard.Turn, req *kmsg.HeartbeatRequest, reply func(kafka.ErrorCode)) {
	code := m.beat(t, req)
	settled(t, func(failed kafka.ErrorCode) {
		reply(cmp.Or(code, failed))
	})
}

func (m *machine) beat(t *shard.Turn, req *kmsg.HeartbeatRequest) kafka.ErrorCode {
	g := m.groups[req.Group]
	if g == nil {
		return kafka.UnknownMemberID
	}
	member, code := g.member(req.MemberID, req.InstanceID)
	switch {
	case code != kafka.NoError:
		return code
	case req.Generation != g.generation:
		return kafka.IllegalGeneration
	}
	m.heard(t, g, member)
	if g.state == PreparingRebalance {
		return kafka.RebalanceInProgress
	}
	return kafka.NoError
}

// sessionExpired puts out a member that was not heard of, or forgets the member id of a client that never joined with it.
func (m *machine) sessionExpired(t *shard.Turn, g *group, id string) {
	if g.pending[id] {
		m.removePending(g, id)
		m.joinedOrGone(t, g)
		return
	}
	if member := g.byID[id]; member != nil && !member.alive() {
		m.removeMember(g, member)
		m.rebalance(t, g)
	}
}
