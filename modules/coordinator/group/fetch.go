package group

import (
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// fetchedOffset is one partition of an OffsetFetch answer.
type fetchedOffset struct {
	topic     string
	partition int32
	committed
	code kafka.ErrorCode
}

// noOffset is the answer for a partition without a committed offset. It is no error.
var noOffset = committed{offset: -1, leaderEpoch: -1, expireTime: noTime}

// fetch looks offsets up (OffsetFetch, versions 1 to 10); wanted nil asks for all of the group. With requireStable, a
// partition whose offset an open transaction may still replace answers UNSTABLE_OFFSET_COMMIT (KIP-447). Unknown groups and
// partitions have no offsets, which is no error.
func (m *machine) fetch(t *shard.Turn, groupID string, wanted []fetchedOffset, requireStable bool,
	reply func([]fetchedOffset, kafka.ErrorCode)) {
	g := m.groups[groupID]
	if g == nil {
		g = newGroup(groupID)
	}
	if wanted == nil {
		g.sortedOffsets(func(topic string, index int32, _ committed) {
			wanted = append(wanted, fetchedOffset{topic: topic, partition: index})
		})
	}
	for i := range wanted {
		w := &wanted[i]
		c, ok := g.offsets[w.topic][w.partition]
		unstable := requireStable && g.retained(w.topic, w.partition)
		if unstable {
			w.code = kafka.UnstableOffsetCommit
		}
		if !ok || unstable {
			c = noOffset
		}
		w.committed = c
	}
	settled(t, func(code kafka.ErrorCode) { reply(wanted, code) })
}
