package group

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Key types of __consumer_offsets that this coordinator reads: an int16 at the start of every key.
const (
	legacyOffsetKey  = 0 // as offsetKey; not written since Kafka 0.9
	offsetKey        = 1
	groupMetadataKey = 2
)

// Value versions that are written. Lower ones, and group metadata 4, are read as well.
const (
	offsetValueVersion        = 4 // flexible; tag 0 is the topic id
	expiringOffsetVersion     = 1 // the only one with an expire time: OffsetCommit v2 to v4 can ask for one
	groupMetadataValueVersion = 3
	maxGroupMetadataVersion   = 4 // flexible
)

// noTime stands for a time that is not known.
const noTime = -1

// committed is a committed offset: the value of an offset record.
type committed struct {
	offset      int64
	leaderEpoch int32 // -1: the client did not tell
	metadata    string
	commitTime  int64 // milliseconds
	expireTime  int64 // milliseconds; noTime: offsets.retention.minutes decide
	topicID     kafka.TopicID
}

// recordKey is a decoded key. topic and partition are only set for offsets.
type recordKey struct {
	kind      int16
	group     string
	topic     string
	partition int32
}

// decodeKey reads a key. known is false for the keys of other protocols.
func decodeKey(b []byte) (key recordKey, known bool, err error) {
	d := decoder{b: b}
	key.kind = d.int16()
	switch key.kind {
	case legacyOffsetKey, offsetKey:
		key.group, key.topic, key.partition = d.string(), d.string(), d.int32()
	case groupMetadataKey:
		key.group = d.string()
	default:
		return key, false, d.err()
	}
	return key, true, d.err()
}

func encodeOffsetKey(group, topic string, partition int32) []byte {
	b := make([]byte, 0, 2+2+len(group)+2+len(topic)+4)
	b = appendInt16(b, offsetKey)
	b = appendString(b, group)
	b = appendString(b, topic)
	return appendInt32(b, partition)
}

func encodeGroupKey(group string) []byte {
	return appendString(appendInt16(make([]byte, 0, 4+len(group)), groupMetadataKey), group)
}

func encodeOffset(c committed) []byte {
	b := make([]byte, 0, 2+8+4+5+len(c.metadata)+8+1+18)
	if c.expireTime != noTime {
		b = appendInt64(appendInt16(b, expiringOffsetVersion), c.offset)
		b = appendInt64(appendString(b, c.metadata), c.commitTime)
		return appendInt64(b, c.expireTime)
	}
	b = appendInt64(appendInt16(b, offsetValueVersion), c.offset)
	b = appendInt32(b, c.leaderEpoch)
	b = append(binary.AppendUvarint(b, uint64(len(c.metadata))+1), c.metadata...)
	b = appendInt64(b, c.commitTime)
	if c.topicID.IsZero() {
		return append(b, 0)
	}
	b = append(b, 1, 0, byte(len(c.topicID))) // one tag: number 0, its size
	return append(b, c.topicID[:]...)
}

func decodeOffset(b []byte) (committed, error) {
	d := decoder{b: b}
	c := committed{leaderEpoch: -1, expireTime: noTime}
	version := d.int16()
	if version < 0 || version > offsetValueVersion {
		return c, fmt.Errorf("group: offset value version %d is unknown: %w", version, errMalformed)
	}
	d.flexible = version >= 4
	c.offset = d.int64()
	if version >= 3 {
		c.leaderEpoch = d.int32()
	}
	c.metadata = d.string()
	c.commitTime = d.int64()
	if version == expiringOffsetVersion {
		c.expireTime = d.int64()
	}
	d.tags(func(tag int, value []byte) {
		if tag == 0 && len(value) == len(c.topicID) {
			c.topicID = kafka.TopicID(value)
		}
	})
	return c, d.err()
}

// encodeGroup makes the group metadata value. assignments, by member id, stand in for those of the members when not nil.
func encodeGroup(g *group, assignments map[string][]byte) []byte {
	b := appendInt16(nil, groupMetadataValueVersion)
	b = appendString(b, g.protocolType)
	b = appendInt32(b, g.generation)
	b = appendNullableString(b, g.protocol)
	if g.leader == "" {
		b = appendNullableString(b, nil)
	} else {
		b = appendString(b, g.leader)
	}
	b = appendInt64(b, g.stateTime)
	b = appendInt32(b, int32(len(g.members)))
	for _, m := range g.members {
		assignment := m.assignment
		if assignments != nil {
			assignment = assignments[m.id]
		}
		b = appendString(b, m.id)
		b = appendNullableString(b, m.instance)
		b = appendString(b, m.clientID)
		b = appendString(b, m.clientHost)
		b = appendInt32(b, int32(m.rebalanceTimeout.Milliseconds()))
		b = appendInt32(b, int32(m.sessionTimeout.Milliseconds()))
		b = appendBytes(b, m.metadata(g.protocol))
		b = appendBytes(b, assignment)
	}
	return b
}

// decodeGroup builds the group that a group metadata value describes: Stable with members, Empty without.
func decodeGroup(id string, b []byte) (*group, error) {
	d := decoder{b: b}
	version := d.int16()
	if version < 0 || version > maxGroupMetadataVersion {
		return nil, fmt.Errorf("group: metadata value version %d is unknown: %w", version, errMalformed)
	}
	d.flexible = version >= 4
	g := newGroup(id)
	g.protocolType = d.string()
	g.generation = d.int32()
	g.protocol = d.nullableString()
	leader := d.nullableString()
	if version >= 2 {
		g.stateTime = d.int64()
	}
	for n := d.longLength(); n > 0 && !d.bad; n-- {
		m := decodeMember(&d, version, g)
		if g.byID[m.id] != nil {
			return nil, fmt.Errorf("group: member %q is there twice: %w", m.id, errMalformed)
		}
		g.add(m)
	}
	d.tags(nil)
	if err := d.err(); err != nil {
		return nil, err
	}
	if leader != nil && g.byID[*leader] != nil {
		g.leader = *leader
	}
	if len(g.members) > 0 {
		g.state, g.previous = Stable, CompletingRebalance
	}
	g.subscribe()
	return g, nil
}

func decodeMember(d *decoder, version int16, g *group) *member {
	m := &member{id: d.string(), protocolType: g.protocolType}
	if version >= 3 {
		m.instance = d.nullableString()
	}
	m.clientID, m.clientHost = d.string(), d.string()
	if version >= 1 {
		m.rebalanceTimeout = millis(d.int32())
	}
	m.sessionTimeout = millis(d.int32())
	if version < 1 {
		m.rebalanceTimeout = m.sessionTimeout
	}
	subscription := append([]byte(nil), d.bytes()...)
	m.assignment = append([]byte(nil), d.bytes()...)
	if g.protocol != nil {
		m.protocols = []protocol{{*g.protocol, subscription}}
	}
	d.tags(nil)
	return m
}

func millis(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }
