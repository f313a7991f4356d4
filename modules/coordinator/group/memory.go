package group

import (
	"sync"
	"sync/atomic"
)

const (
	// maxMembersMemory bounds what the members of all groups take, in bytes. Anybody can be a member of any number of
	// groups, and stays for as long a session timeout as it asked for: Apache Kafka has no bound.
	maxMembersMemory = 128 << 20
	memberOverhead   = 1 << 10 // of a member, and of its group
	protocolOverhead = 64
)

// memory counts what the members of all shards take. A shard has a count of its own, so that it ends with the shard.
type memory struct {
	mu     sync.Mutex
	shards map[int32]*atomic.Int64
}

// shard returns a count for a shard, which begins at zero.
func (m *memory) shard(partition int32) *atomic.Int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.shards == nil {
		m.shards = make(map[int32]*atomic.Int64)
	}
	n := new(atomic.Int64)
	m.shards[partition] = n
	return n
}

// forget leaves a shard out.
func (m *memory) forget(partition int32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.shards, partition)
}

// spent reports whether there is no room for another member.
func (m *memory) spent() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	total := int64(0)
	for _, n := range m.shards {
		total += n.Load()
	}
	return total >= maxMembersMemory
}

// size returns about how many bytes a member takes.
func (m *member) size() int {
	n := memberOverhead + 2*len(m.id) + len(m.clientID) + len(m.assignment)
	for _, p := range m.protocols {
		n += p.size()
	}
	return n
}

func (p *protocol) size() int { return protocolOverhead + len(p.name) + len(p.metadata) }

// weigh counts a member as it is now. It is called after every change of what size adds up.
func (g *group) weigh(m *member) { g.account(m, m.size()) }

// account counts a member as n bytes.
func (g *group) account(m *member, n int) {
	change := n - m.weighed
	m.weighed = n
	g.memory += change
	if g.total != nil {
		g.total.Add(int64(change))
	}
}

// put makes a group the one with its id.
func (m *machine) put(g *group) {
	m.take(g.id)
	m.groups[g.id] = g
	if m.members != nil {
		g.total = m.members
		g.total.Add(int64(g.memory))
	}
}

// take takes a group out, if there is one.
func (m *machine) take(id string) {
	g := m.groups[id]
	if g == nil {
		return
	}
	delete(m.groups, id)
	if g.total != nil {
		g.total.Add(-int64(g.memory))
		g.total = nil
	}
}
