package group

import (
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// State is where a classic group is in its rebalance.
type State int8

// The states of a classic group. A group that is Dead is no longer in memory.
const (
	Empty State = iota
	PreparingRebalance
	CompletingRebalance
	Stable
	Dead
)

// String returns the name that DescribeGroups and ListGroups answer.
func (s State) String() string {
	return [...]string{"Empty", "PreparingRebalance", "CompletingRebalance", "Stable", "Dead"}[s]
}

// consumerProtocol is the protocol type of consumers: the only one whose metadata the coordinator looks into.
const consumerProtocol = "consumer"

// group is a classic group with its committed offsets. A simple group has offsets and nothing else: a consumer that assigns
// itself its partitions commits without joining.
type group struct {
	id        string
	state     State
	previous  State
	stateTime int64 // milliseconds; noTime when its record did not tell

	protocolType string // "": none yet
	protocol     *string
	generation   int32
	leader       string
	members      []*member // in the order in which they joined
	byID         map[string]*member
	static       map[string]string // member ids by group instance id
	supported    map[string]int    // how many members know a protocol
	joining      int               // members with a parked JoinGroup
	memory       int               // bytes that the members take
	total        *atomic.Int64     // the sum over all groups of the shard; nil while the group is not one of them
	pending      map[string]bool   // ids given out with MEMBER_ID_REQUIRED that have not joined yet
	unsynced     map[string]bool   // members that have not sent SyncGroup in this generation

	// newcomer is true when a member came during the initial delay, which then is extended.
	newcomer         bool
	delay, remaining time.Duration // of the initial rebalance

	// topics are those that the members subscribe to; nil when that cannot be told.
	topics map[string]bool

	offsets map[string]map[int32]committed
	// unstable counts the open transactions that hold an offset of a partition.
	unstable map[kafka.TopicPartition]int
}

func newGroup(id string) *group {
	return &group{
		id:        id,
		stateTime: noTime,
		byID:      make(map[string]*member),
		static:    make(map[string]string),
		supported: make(map[string]int),
		pending:   make(map[string]bool),
		unsynced:  make(map[string]bool),
	}
}

// to changes the state.
func (g *group) to(s State, now time.Time) {
	g.previous, g.state, g.stateTime = g.state, s, now.UnixMilli()
}

// add puts a member in. The first one sets the protocol type and becomes the leader.
func (g *group) add(m *member) {
	if len(g.members) == 0 {
		g.protocolType = m.protocolType
	}
	if g.leader == "" {
		g.leader = m.id
	}
	if m.instance != nil {
		g.static[*m.instance] = m.id
	}
	g.members = append(g.members, m)
	g.byID[m.id] = m
	g.count(m, 1)
	g.weigh(m)
	if m.joining != nil {
		g.joining++
	}
}

// remove takes a member out. Another one becomes the leader when it was that.
func (g *group) remove(m *member) {
	g.count(m, -1)
	g.account(m, 0)
	if m.joining != nil {
		g.joining--
	}
	if m.instance != nil {
		delete(g.static, *m.instance)
	}
	delete(g.byID, m.id)
	g.members = slices.DeleteFunc(g.members, func(other *member) bool { return other == m })
	if g.leader == m.id {
		g.leader = ""
		if len(g.members) > 0 {
			g.leader = g.members[0].id
		}
	}
}

// update changes what a member said of itself.
func (g *group) update(m *member, protocols []protocol, session, rebalance time.Duration) {
	g.count(m, -1)
	m.protocols, m.sessionTimeout, m.rebalanceTimeout = protocols, session, rebalance
	g.count(m, 1)
	g.weigh(m)
}

// rename gives a static member a new id, in the same place with the same assignment.
func (g *group) rename(m *member, id string) {
	if g.leader == m.id {
		g.leader = id
	}
	if g.unsynced[m.id] {
		delete(g.unsynced, m.id)
		g.unsynced[id] = true
	}
	delete(g.byID, m.id)
	m.id = id
	g.weigh(m)
	g.byID[id] = m
	g.static[*m.instance] = id
}

// count adds n times a member to the number of those that know each protocol.
func (g *group) count(m *member, n int) {
	seen := make(map[string]bool, len(m.protocols))
	for _, p := range m.protocols {
		if seen[p.name] {
			continue // named twice
		}
		seen[p.name] = true
		if g.supported[p.name] += n; g.supported[p.name] == 0 {
			delete(g.supported, p.name)
		}
	}
}

// compatible reports whether a member with this protocol type and these protocols could be in the group.
func (g *group) compatible(protocolType string, protocols []protocol) bool {
	if protocolType == "" || len(protocols) == 0 {
		return false
	}
	if g.state == Empty {
		return true
	}
	return protocolType == g.protocolType && slices.ContainsFunc(protocols, func(p protocol) bool {
		return g.supported[p.name] == len(g.members)
	})
}

// selectProtocol returns the protocol that most members would rather have than the others that all of them know. Names
// decide between equals.
func (g *group) selectProtocol() string {
	candidates := make(map[string]int)
	for name, n := range g.supported {
		if n == len(g.members) {
			candidates[name] = 0
		}
	}
	for _, m := range g.members {
		if vote, ok := m.vote(candidates); ok {
			candidates[vote]++
		}
	}
	selected, votes := "", -1
	for name, n := range candidates {
		if n > votes || n == votes && name < selected {
			selected, votes = name, n
		}
	}
	return selected
}

// subscribe notes which topics the members of a consumer group subscribe to, in the words of the selected protocol.
func (g *group) subscribe() {
	g.topics = nil
	if g.protocolType != consumerProtocol || g.protocol == nil && len(g.members) > 0 {
		return
	}
	topics := make(map[string]bool)
	for _, m := range g.members {
		if !subscription(m.metadata(g.protocol), topics) {
			return
		}
	}
	g.topics = topics
}

// subscription adds the topics of a ConsumerProtocolSubscription, all of whose versions begin alike: an int16 version and
// the topics. It reports whether the bytes are one.
func subscription(b []byte, topics map[string]bool) bool {
	d := decoder{b: b}
	if d.int16() < 0 {
		return false
	}
	for n := d.int32(); n > 0 && !d.bad; n-- {
		if topic := d.string(); !d.bad {
			topics[topic] = true
		}
	}
	return !d.bad
}

// subscribed reports whether members may be reading a topic: when it cannot be told, consumers are taken to.
func (g *group) subscribed(topic string) bool {
	if g.topics == nil {
		return g.protocolType == consumerProtocol
	}
	return g.topics[topic]
}

// rebalanceTimeout is the longest that a member has asked for.
func (g *group) rebalanceTimeout() (longest time.Duration) {
	for _, m := range g.members {
		longest = max(longest, m.rebalanceTimeout)
	}
	return longest
}

// allJoined reports whether nobody is missing in the rebalance.
func (g *group) allJoined() bool { return g.joining == len(g.members) && len(g.pending) == 0 }

// sortedOffsets calls f for every committed offset, sorted by topic and partition: what follows from it must not depend on
// the order of a map.
func (g *group) sortedOffsets(f func(topic string, partition int32, c committed)) {
	for _, topic := range slices.Sorted(maps.Keys(g.offsets)) {
		for _, index := range slices.Sorted(maps.Keys(g.offsets[topic])) {
			f(topic, index, g.offsets[topic][index])
		}
	}
}

// set stores an offset and returns what takes that back.
func (g *group) set(topic string, partition int32, c committed) (undo func()) {
	old, had := g.offsets[topic][partition]
	if g.offsets == nil {
		g.offsets = make(map[string]map[int32]committed)
	}
	if g.offsets[topic] == nil {
		g.offsets[topic] = make(map[int32]committed)
	}
	g.offsets[topic][partition] = c
	return func() {
		if g.unset(topic, partition); had {
			g.set(topic, partition, old)
		}
	}
}

// unset removes an offset and returns what takes that back, or nil when there was none.
func (g *group) unset(topic string, partition int32) (undo func()) {
	old, had := g.offsets[topic][partition]
	if !had {
		return nil
	}
	if delete(g.offsets[topic], partition); len(g.offsets[topic]) == 0 {
		delete(g.offsets, topic)
	}
	return func() { g.set(topic, partition, old) }
}
