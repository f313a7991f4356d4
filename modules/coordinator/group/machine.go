package group

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// machine is the memory of one shard: every group whose id hashes to its partition. Its methods that begin a request take
// a turn, and a function that answers; they never block.
type machine struct {
	*Config
	newID   func() string // makes the unique part of member ids
	groups  map[string]*group
	timers  shard.Timers[timer]
	pending int                               // sum over all groups
	members *atomic.Int64                     // bytes that the members of all groups take; nil: not counted
	full    func() bool                       // whether the members of all shards take too much; nil: never
	open    map[kafka.ProducerID][]openOffset // of transactions without a marker yet
}

var _ shard.State = (*machine)(nil)

func newMachine(c *Config, newID func() string) *machine {
	return &machine{Config: c, newID: newID, groups: make(map[string]*group)}
}

// maxPending bounds the member ids of a shard that were given out and not used yet. Their owners need nothing but a
// connection to ask for more, and they last for a session timeout.
const maxPending = 10000

// timer names a deadline.
type timer struct {
	kind   timerKind
	group  *group
	member string // of sessions
}

type timerKind int8

const (
	sessionTimer timerKind = iota // a member, or the owner of a pending member id, must be heard of until then
	initialTimer                  // the first rebalance of a group waits for more members until then
	joinTimer                     // a rebalance waits for its members until then
	syncTimer                     // a rebalance waits for the SyncGroup of its members until then
	expiryTimer                   // old offsets are looked for then
)

// settled calls f once everything that happened up to here is committed, or with an error for the client.
func settled(t *shard.Turn, f func(kafka.ErrorCode)) {
	t.Then(func(_ *shard.Turn, err error) { f(shard.Code(err)) })
}

// then calls f like settled, with a turn to go on in.
func then(t *shard.Turn, f func(*shard.Turn, kafka.ErrorCode)) {
	t.Then(func(t *shard.Turn, err error) { f(t, shard.Code(err)) })
}

// Deadline implements shard.State.
func (m *machine) Deadline() time.Time { return m.timers.Next() }

// Loaded implements shard.State: members get a whole session timeout to find their coordinator.
func (m *machine) Loaded(t *shard.Turn) {
	m.timers.Schedule(timer{kind: expiryTimer}, t.Now.Add(m.RetentionCheckInterval))
	for _, id := range slices.Sorted(maps.Keys(m.groups)) {
		g := m.groups[id]
		for _, member := range g.members {
			m.heard(t, g, member)
		}
		if len(g.members) > m.MaxSize {
			m.prepareRebalance(t, g)
		}
	}
}

// Tick implements shard.State.
func (m *machine) Tick(t *shard.Turn) {
	for due, ok := m.timers.Due(t.Now); ok; due, ok = m.timers.Due(t.Now) {
		switch due.kind {
		case sessionTimer:
			m.sessionExpired(t, due.group, due.member)
		case initialTimer:
			m.initialDelayOver(t, due.group)
		case joinTimer:
			m.completeJoin(t, due.group)
		case syncTimer:
			m.syncOver(t, due.group)
		case expiryTimer:
			m.expire(t)
			m.timers.Schedule(due, t.Now.Add(m.RetentionCheckInterval))
		}
	}
}

// heard starts a member's session again.
func (m *machine) heard(t *shard.Turn, g *group, member *member) {
	m.timers.Schedule(timer{sessionTimer, g, member.id}, t.Now.Add(member.sessionTimeout))
}

// addPending notes a member id that was given out.
func (m *machine) addPending(t *shard.Turn, g *group, id string, session time.Duration) {
	g.pending[id] = true
	m.pending++
	m.timers.Schedule(timer{sessionTimer, g, id}, t.Now.Add(session))
}

// removePending forgets a pending member id: its owner joined, left or was not heard of again.
func (m *machine) removePending(g *group, id string) {
	if g.pending[id] {
		delete(g.pending, id)
		m.pending--
		m.timers.Cancel(timer{sessionTimer, g, id})
	}
}

// create makes an empty group, with the record that says so.
func (m *machine) create(t *shard.Turn, id string) *group {
	g := newGroup(id)
	g.stateTime = t.Now.UnixMilli()
	m.put(g)
	t.AppendApplied(encodeGroupKey(id), encodeGroup(g, nil))
	then(t, func(_ *shard.Turn, code kafka.ErrorCode) {
		if code != kafka.NoError && m.groups[id] == g && len(g.offsets) == 0 {
			m.drop(g, code)
		}
	})
	return g
}

// drop takes a group out of memory. Whoever waits in it is answered with code.
func (m *machine) drop(g *group, code kafka.ErrorCode) {
	for id := range g.pending {
		m.removePending(g, id)
	}
	for _, member := range g.members {
		m.timers.Cancel(timer{sessionTimer, g, member.id})
		g.answerJoin(member, joinError(code, member.id))
		g.answerSync(member, syncError(code))
	}
	for _, kind := range []timerKind{initialTimer, joinTimer, syncTimer} {
		m.timers.Cancel(timer{kind: kind, group: g})
	}
	g.state = Dead
	m.take(g.id)
}

// removeMember takes a member out of its group and answers what it waits for.
func (m *machine) removeMember(g *group, member *member) {
	m.timers.Cancel(timer{sessionTimer, g, member.id})
	g.answerJoin(member, joinError(kafka.UnknownMemberID, ""))
	g.answerSync(member, syncError(kafka.UnknownMemberID))
	g.remove(member)
	m.removeUnsynced(g, member.id)
}

// member finds the member that a request comes from.
func (g *group) member(id string, instance *string) (*member, kafka.ErrorCode) {
	if instance != nil {
		switch owner, ok := g.static[*instance]; {
		case !ok:
			return nil, kafka.UnknownMemberID
		case owner != id:
			return nil, kafka.FencedInstanceID
		}
	}
	if member := g.byID[id]; member != nil {
		return member, kafka.NoError
	}
	return nil, kafka.UnknownMemberID
}
