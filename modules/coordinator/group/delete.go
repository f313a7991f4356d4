package group

import (
	"cmp"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// remove deletes a group with all its offsets (DeleteGroups, versions 0 to 3). Its members must have left.
func (m *machine) remove(t *shard.Turn, groupID string, reply func(error)) {
	g := m.groups[groupID]
	var refused error
	switch {
	case g == nil:
		refused = kafka.Errorf(kafka.GroupIDNotFound, "Group %s not found.", groupID)
	case g.state != Empty:
		refused = kafka.Errorf(kafka.NonEmptyGroup, "The group is not empty.")
	default:
		g.sortedOffsets(func(topic string, index int32, _ committed) {
			t.Append(encodeOffsetKey(groupID, topic, index), nil)
		})
		t.Append(encodeGroupKey(groupID), nil)
		t.Divide()
	}
	settled(t, func(code kafka.ErrorCode) {
		if refused == nil && code != kafka.NoError {
			refused = code
		}
		reply(refused)
	})
}

// removed is the answer of removeOffsets.
type removed struct {
	code       kafka.ErrorCode
	subscribed []string // topics whose offsets stay
}

// removeOffsets deletes offsets of a group (OffsetDelete, version 0), but not those of topics that members read. Groups of
// other protocols than the consumers' must be empty, since nobody knows what they read.
func (m *machine) removeOffsets(t *shard.Turn, groupID string, offsets []kafka.TopicPartition, reply func(removed)) {
	g := m.groups[groupID]
	var a removed
	switch {
	case g == nil:
		a.code = kafka.GroupIDNotFound
	case g.state != Empty && g.protocolType != consumerProtocol:
		a.code = kafka.NonEmptyGroup
	default:
		for _, tp := range offsets {
			if g.subscribed(tp.Topic) {
				a.subscribed = append(a.subscribed, tp.Topic)
			} else if _, ok := g.offsets[tp.Topic][tp.Partition]; ok {
				t.Append(encodeOffsetKey(groupID, tp.Topic, tp.Partition), nil)
			}
		}
	}
	settled(t, func(code kafka.ErrorCode) {
		a.code = cmp.Or(a.code, code)
		reply(a)
	})
}
