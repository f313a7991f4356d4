package group

import (
	"maps"
	"slices"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// expire appends tombstones for the offsets that have outlived their retention, and for empty groups that have none left.
func (m *machine) expire(t *shard.Turn) {
	for _, id := range slices.Sorted(maps.Keys(m.groups)) {
		g := m.groups[id]
		left := 0
		g.sortedOffsets(func(topic string, index int32, c committed) {
			if g.expired(topic, index, c, m.OffsetsRetention, t.Now) {
				t.Append(encodeOffsetKey(id, topic, index), nil)
			} else {
				left++
			}
		})
		if left == 0 && g.state == Empty && len(g.pending) == 0 && len(g.unstable) == 0 {
			t.Append(encodeGroupKey(id), nil)
		}
	}
	t.Divide()
}

// forget appends tombstones for all offsets of deleted topics.
func (m *machine) forget(t *shard.Turn, topics []string) {
	for _, id := range slices.Sorted(maps.Keys(m.groups)) {
		for _, topic := range topics {
			for _, index := range slices.Sorted(maps.Keys(m.groups[id].offsets[topic])) {
				t.Append(encodeOffsetKey(id, topic, index), nil)
			}
		}
	}
	t.Divide()
}

// retained reports whether an offset must be kept whatever its age.
func (g *group) retained(topic string, index int32) bool {
	return g.unstable[kafka.TopicPartition{Topic: topic, Partition: index}] > 0
}

// since returns the time from which the retention of an offset counts; ok is false while it does not.
func (g *group) since(topic string, c committed) (ms int64, ok bool) {
	switch {
	case g.subscribed(topic):
		return 0, false
	case g.protocolType == "":
		return c.commitTime, true // nobody but a consumer that assigns itself its partitions
	case g.state == Empty:
		if g.stateTime == noTime {
			return c.commitTime, true
		}
		return g.stateTime, true
	case g.protocolType == consumerProtocol && g.state == Stable && g.topics != nil:
		return c.commitTime, true // of a topic that nobody subscribes to any more
	}
	return 0, false
}

// expired reports whether an offset has outlived its retention.
func (g *group) expired(topic string, index int32, c committed, retention time.Duration, now time.Time) bool {
	if g.retained(topic, index) {
		return false
	}
	since, ok := g.since(topic, c)
	switch {
	case !ok:
		return false
	case c.expireTime != noTime:
		return now.UnixMilli() >= c.expireTime
	default:
		return now.UnixMilli()-since >= retention.Milliseconds()
	}
}
