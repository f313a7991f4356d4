package plugin

import (
	"fmt"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Group is the input of an assignor. Topics are sorted by name and members by the bytes of their id, so that "first"
// means the same everywhere. The caller owns all of it.
type Group struct {
	ID          string
	Epoch       int32 // the group epoch that the assignment is for
	Homogeneous bool  // all members subscribe to the same topics
	Share       bool  // a share group: a partition may go to several members
	Topics      []Topic
	Members     []Member
}

// Topic is a topic that at least one member subscribes to.
type Topic struct {
	ID            kafka.TopicID
	Name          string
	NumPartitions int32
	Racks         [][]string // of each partition's replicas; nil: unknown
	Assignable    []byte     // a bitmap, bit p is bit p%8 of byte p/8; nil: all partitions
	Lag           []int64    // records that each partition is behind, -1 without a committed offset; nil: unknown
}

// Member is a member of the group.
type Member struct {
	ID         string
	InstanceID string  // "" when it is not static
	RackID     string  // "" when unknown
	Subscribed []int32 // indexes of Group.Topics
	Owned      []Assigned
}

// Assigned is a partition of the topic with that index in Group.Topics.
type Assigned struct {
	Topic, Partition int32
}

// Assignment receives the partitions of each member. Reuse it: it allocates nothing once it has grown. The zero
// Assignment is ready.
type Assignment struct {
	// Members lists the partitions of each member of Group.Members. Appending to an element is how an assignor fills it.
	Members [][]Assigned

	taken      []uint64 // a bit for each partition of the group
	subscribed []uint64 // a bit for each topic
	first      []int    // bit of each topic's partition 0
}

// Reset begins an assignment for n members without any partition.
func (a *Assignment) Reset(n int) {
	if n > cap(a.Members) {
		a.Members = append(a.Members[:cap(a.Members)], make([][]Assigned, n-cap(a.Members))...)
	}
	a.Members = a.Members[:n]
	for i := range a.Members {
		a.Members[i] = a.Members[i][:0]
	}
}

// Check reports the first thing that is wrong with an assignment for g: an unknown topic or partition, a member that did
// not subscribe, a partition that may not be assigned or is given twice (in a share group: twice to one member). Leaving
// a partition out is legal.
func (a *Assignment) Check(g *Group) error {
	if len(a.Members) != len(g.Members) {
		return fmt.Errorf("%d members, but the group has %d", len(a.Members), len(g.Members))
	}
	a.index(g)
	for i, partitions := range a.Members {
		if g.Share {
			clear(a.taken)
		}
		clear(a.subscribed)
		for _, t := range g.Members[i].Subscribed {
			setBit(a.subscribed, int(t))
		}
		for _, p := range partitions {
			if err := a.take(g, p); err != nil {
				return fmt.Errorf("member %d: %w", i, err)
			}
		}
	}
	return nil
}

// take checks one partition of the member whose subscriptions are set.
func (a *Assignment) take(g *Group, p Assigned) error {
	if p.Topic < 0 || int(p.Topic) >= len(g.Topics) {
		return fmt.Errorf("topic index %d of %d", p.Topic, len(g.Topics))
	}
	t := &g.Topics[p.Topic]
	switch {
	case p.Partition < 0 || p.Partition >= t.NumPartitions:
		return fmt.Errorf("partition %d of %s, which has %d", p.Partition, t.Name, t.NumPartitions)
	case !bit(a.subscribed, int(p.Topic)):
		return fmt.Errorf("a partition of %s, to which it does not subscribe", t.Name)
	case t.Assignable != nil && t.Assignable[p.Partition/8]>>(p.Partition%8)&1 == 0:
		return fmt.Errorf("partition %d of %s can't be assigned", p.Partition, t.Name)
	case !setBit(a.taken, a.first[p.Topic]+int(p.Partition)):
		return fmt.Errorf("partition %d of %s is given twice", p.Partition, t.Name)
	}
	return nil
}

// index numbers the partitions of the group.
func (a *Assignment) index(g *Group) {
	a.first = a.first[:0]
	n := 0
	for i := range g.Topics {
		a.first = append(a.first, n)
		n += int(g.Topics[i].NumPartitions)
	}
	a.taken, a.subscribed = bits(a.taken, n), bits(a.subscribed, len(g.Topics))
}

// bits returns room for n bits, all clear.
func bits(b []uint64, n int) []uint64 {
	words := (n + 63) / 64
	if cap(b) < words {
		return make([]uint64, words)
	}
	b = b[:words]
	clear(b)
	return b
}

func bit(b []uint64, i int) bool { return b[i/64]>>(i%64)&1 != 0 }

// setBit reports whether the bit was clear.
func setBit(b []uint64, i int) bool {
	was := bit(b, i)
	b[i/64] |= 1 << (i % 64)
	return !was
}
