package group

import (
	"math"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// joinRequest is a JoinGroup request (versions 0 to 9) and what the machine needs beside it.
type joinRequest struct {
	*kmsg.JoinGroupRequest
	clientID, clientHost string
	protocols            []protocol
	session, rebalance   time.Duration
	reply                func(*kmsg.JoinGroupResponse)
}

// timeouts returns the session and rebalance timeouts of a JoinGroup; version 0 has only the one.
func timeouts(session, rebalance int32) (time.Duration, time.Duration) {
	if rebalance < 0 {
		rebalance = session
	}
	return millis(session), millis(rebalance)
}

// newMemberTimeout is how long a member that does not know its id yet may wait in its first rebalance. Nobody can tell
// whether its client is still there.
const newMemberTimeout = 5 * time.Minute

func joinError(code kafka.ErrorCode, memberID string) *kmsg.JoinGroupResponse {
	resp := kmsg.NewPtrJoinGroupResponse()
	resp.ErrorCode, resp.MemberID = int16(code), memberID
	return resp
}

// refuse answers a JoinGroup with an error.
func refuse(t *shard.Turn, req *joinRequest, code kafka.ErrorCode, memberID string) {
	settled(t, func(kafka.ErrorCode) { req.reply(joinError(code, memberID)) })
}

// join lets a member into a group, or into its next generation.
func (m *machine) join(t *shard.Turn, req *joinRequest) {
	g := m.groups[req.Group]
	switch {
	case req.session < m.MinSessionTimeout || req.session > m.MaxSessionTimeout:
		refuse(t, req, kafka.InvalidSessionTimeout, req.MemberID)
		return
	case g == nil && req.MemberID != "":
		refuse(t, req, kafka.UnknownMemberID, req.MemberID)
		return
	case m.full != nil && m.full() && (g == nil || g.byID[req.MemberID] == nil):
		refuse(t, req, kafka.CoordinatorNotAvailable, req.MemberID)
		return
	case g == nil && (req.ProtocolType == "" || len(req.protocols) == 0):
		refuse(t, req, kafka.InconsistentGroupProtocol, "")
		return
	case g == nil:
		g = m.create(t, req.Group)
	}
	switch {
	case !m.admits(g, req.MemberID):
		if member := g.byID[req.MemberID]; member != nil {
			m.removeMember(g, member)
		}
		m.removePending(g, req.MemberID)
		refuse(t, req, kafka.GroupMaxSizeReached, "")
		m.joinedOrGone(t, g)
	case !g.compatible(req.ProtocolType, req.protocols):
		refuse(t, req, kafka.InconsistentGroupProtocol, req.MemberID)
	case req.MemberID != "":
		m.rejoin(t, g, req)
	case req.InstanceID != nil:
		m.joinStatic(t, g, req)
	default:
		m.joinDynamic(t, g, req)
	}
}

// maxGroupMemory bounds the memory of a group's members. What they say for one protocol must fit into a batch of 1 MiB
// together; this leaves room for many protocols.
const maxGroupMemory = 16 << 20

// admits reports whether group.max.size leaves room for a member. While a rebalance is prepared, those that have joined
// count; otherwise all do.
func (m *machine) admits(g *group, memberID string) bool {
	member := g.byID[memberID]
	if member == nil && g.memory > maxGroupMemory {
		return false
	}
	switch g.state {
	case PreparingRebalance:
		return member != nil && member.joining != nil || g.joining < m.MaxSize
	case CompletingRebalance, Stable:
		return member != nil || len(g.members) < m.MaxSize
	default:
		return true
	}
}

// joinDynamic lets in a member that has no id yet. From version 4 on it first gets its id, and joins when it comes back
// with that, so that a client that gives up leaves no member behind (KIP-394).
func (m *machine) joinDynamic(t *shard.Turn, g *group, req *joinRequest) {
	id := m.newMemberID(req.clientID)
	switch {
	case req.Version < 4:
		m.addMember(t, g, id, req)
	case m.pending >= maxPending:
		refuse(t, req, kafka.CoordinatorNotAvailable, "")
	default:
		m.addPending(t, g, id, req.session)
		refuse(t, req, kafka.MemberIDRequired, id)
	}
}

// maxIDPrefix is the most of a client or instance id that goes into a member id, which must be a string itself.
const maxIDPrefix = math.MaxInt16 - 100

// newMemberID returns a member id that nobody has and that people can recognize.
func (m *machine) newMemberID(prefix string) string {
	if len(prefix) > maxIDPrefix {
		prefix = strings.ToValidUTF8(prefix[:maxIDPrefix], "")
	}
	return prefix + "-" + m.newID()
}

// addMember puts a new member in and starts a rebalance with it.
func (m *machine) addMember(t *shard.Turn, g *group, id string, req *joinRequest) {
	if g.state == PreparingRebalance && g.previous == Empty {
		g.newcomer = true
	}
	m.removePending(g, id)
	member := &member{
		id:               id,
		instance:         req.InstanceID,
		clientID:         req.clientID,
		clientHost:       req.clientHost,
		rebalanceTimeout: req.rebalance,
		sessionTimeout:   req.session,
		protocolType:     req.ProtocolType,
		protocols:        req.protocols,
		joining:          req.reply,
		isNew:            true,
	}
	g.add(member)
	m.timers.Schedule(timer{sessionTimer, g, id}, t.Now.Add(newMemberTimeout))
	m.rebalance(t, g)
}

// rejoin serves a member that knows its id.
func (m *machine) rejoin(t *shard.Turn, g *group, req *joinRequest) {
	if g.pending[req.MemberID] && req.InstanceID == nil {
		m.addMember(t, g, req.MemberID, req)
		return
	}
	member, code := g.member(req.MemberID, req.InstanceID)
	if code != kafka.NoError {
		refuse(t, req, code, req.MemberID)
		return
	}
	// A follower that says nothing new may have missed the answer to its last JoinGroup: it gets that again. The leader of
	// a stable group asks for a rebalance by joining.
	same := member.matches(req.protocols)
	leader := g.leader == member.id
	switch {
	case g.state == CompletingRebalance && same:
		accept(t, req, g.joined(member, leader))
	case g.state == Stable && same && !leader:
		accept(t, req, g.joined(member, false))
	default:
		g.update(member, req.protocols, req.session, req.rebalance)
		g.park(member, req.reply)
		m.rebalance(t, g)
	}
}

// accept answers a JoinGroup that was not parked.
func accept(t *shard.Turn, req *joinRequest, resp *kmsg.JoinGroupResponse) {
	settled(t, func(code kafka.ErrorCode) {
		if code != kafka.NoError {
			resp = joinError(code, resp.MemberID)
		}
		req.reply(resp)
	})
}
