package wasm

import (
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/sdk/abi"
)

// groupLayout says where the parts of an input of jd_assign lie: the header, topics, members, then tables and lists, which are
// 8-aligned, then bytes.
type groupLayout struct {
	topics, members, tables, data int
	size                          int
}

// layoutOf computes where everything goes.
func layoutOf(g *plugin.Group) groupLayout {
	l := groupLayout{topics: abi.AssignSize}
	l.members = l.topics + abi.TopicSize*len(g.Topics)
	l.tables = l.members + abi.MemberSize*len(g.Members)
	tables, data := 0, len(g.ID)
	for i := range g.Topics {
		t, n := &g.Topics[i], int(g.Topics[i].NumPartitions)
		data += len(t.Name)
		if t.Racks != nil {
			tables += abi.ListSize * n
			for _, racks := range t.Racks {
				tables += abi.SliceSize * len(racks)
				for _, rack := range racks {
					data += len(rack)
				}
			}
		}
		if t.Assignable != nil {
			tables += aligned(bitmapSize(n))
		}
		if t.Lag != nil {
			tables += 8 * n
		}
	}
	for i := range g.Members {
		m := &g.Members[i]
		data += len(m.ID) + len(m.InstanceID) + len(m.RackID)
		tables += aligned(4*len(m.Subscribed)) + abi.AssignedSize*len(m.Owned)
	}
	l.data = l.tables + tables
	l.size = l.data + data
	return l
}

func bitmapSize(partitions int) int { return (partitions + 7) / 8 }

// groupBlock writes such an input. Areas of guests hold what earlier calls left, so every byte of a fixed part is written.
type groupBlock struct {
	block
	table int // where the next table goes
}

// take returns where a table of n bytes goes, and its address.
func (k *groupBlock) take(n int) (at int, address uint32) {
	at = k.table
	k.table += aligned(n)
	clear(k.b[at:k.table])
	return at, k.base + uint32(at)
}

func (l groupLayout) encode(area []byte, base uint32, g *plugin.Group) {
	clear(area[:l.tables])
	k := groupBlock{block{area, base, l.data}, l.tables}
	k.header(abi.AssignSize, abi.MemberSize, len(g.Members))
	k.text(abi.AssignGroup, g.ID)
	k.u32(abi.AssignEpoch, uint32(g.Epoch))
	flags := uint32(0)
	if g.Homogeneous {
		flags |= abi.AssignHomogeneous
	}
	if g.Share {
		flags |= abi.AssignShareGroup
	}
	k.u32(abi.AssignFlags, flags)
	k.u32(abi.AssignTopics, base+uint32(l.topics))
	k.u32(abi.AssignTopicCount, uint32(len(g.Topics)))
	k.u32(abi.AssignMembers, base+uint32(l.members))
	k.u32(abi.AssignMemberCount, uint32(len(g.Members)))
	k.u32(abi.AssignTopicStride, abi.TopicSize)
	k.u32(abi.AssignMemberStride, abi.MemberSize)
	for i := range g.Topics {
		k.topic(l.topics+abi.TopicSize*i, &g.Topics[i])
	}
	for i := range g.Members {
		k.member(l.members+abi.MemberSize*i, &g.Members[i])
	}
}

func (k *groupBlock) topic(at int, t *plugin.Topic) {
	copy(k.b[at+abi.TopicID:], t.ID[:])
	k.text(at+abi.TopicName, t.Name)
	n := int(t.NumPartitions)
	k.u32(at+abi.TopicNumPartitions, uint32(n))
	if t.Racks != nil {
		k.racks(at, t)
	}
	if t.Assignable != nil {
		bitmap, address := k.take(bitmapSize(n))
		copy(k.b[bitmap:bitmap+bitmapSize(n)], t.Assignable)
		k.u32(at+abi.TopicAssignable, address)
	}
	if t.Lag != nil {
		lags, address := k.take(8 * n)
		for p, lag := range t.Lag {
			k.u64(lags+8*p, uint64(lag))
		}
		k.u32(at+abi.TopicLag, address)
	}
}

func (k *groupBlock) racks(at int, t *plugin.Topic) {
	lists, address := k.take(abi.ListSize * int(t.NumPartitions))
	k.u32(at+abi.TopicRacks, address)
	for p, racks := range t.Racks {
		slices, address := k.take(abi.SliceSize * len(racks))
		k.list(lists+abi.ListSize*p, address, len(racks))
		for r, rack := range racks {
			k.text(slices+abi.SliceSize*r, rack)
		}
	}
}

func (k *groupBlock) member(at int, m *plugin.Member) {
	k.text(at+abi.MemberID, m.ID)
	k.optional(at+abi.MemberInstanceID, m.InstanceID)
	k.optional(at+abi.MemberRackID, m.RackID)
	topics, address := k.take(4 * len(m.Subscribed))
	k.list(at+abi.MemberTopics, address, len(m.Subscribed))
	for i, t := range m.Subscribed {
		k.u32(topics+4*i, uint32(t))
	}
	owned, address := k.take(abi.AssignedSize * len(m.Owned))
	k.list(at+abi.MemberOwned, address, len(m.Owned))
	for i, o := range m.Owned {
		k.u32(owned+abi.AssignedSize*i, uint32(o.Topic))
		k.u32(owned+abi.AssignedSize*i+4, uint32(o.Partition))
	}
	k.null(at + abi.MemberUserData)
}

func (k *groupBlock) list(at int, address uint32, n int) {
	if n == 0 {
		address = 0
	}
	k.u32(at+abi.ListPtr, address)
	k.u32(at+abi.ListCount, uint32(n))
}
