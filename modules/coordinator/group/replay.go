package group

import (
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// openOffset is an offset that was committed in a transaction which has no marker yet (KIP-98).
type openOffset struct {
	key   recordKey
	value committed
}

// Replay implements shard.State. Offsets always come here, group metadata only from the log: while a shard runs, the
// handlers change groups themselves and append with AppendApplied, tombstones excepted.
func (m *machine) Replay(r *coordinator.Record) (undo func(), err error) {
	if r.Control {
		return nil, m.endTransaction(r)
	}
	key, known, err := decodeKey(r.Key)
	switch {
	case err != nil || !known:
		return nil, err
	case key.kind == groupMetadataKey:
		return m.replayGroup(key.group, r.Value)
	case r.Value == nil:
		return m.replayOffsetTombstone(key), nil
	}
	value, err := decodeOffset(r.Value)
	if err != nil {
		return nil, err
	}
	if r.Transactional {
		m.holdOffset(r.ProducerID, key, value)
		return nil, nil
	}
	return m.replayOffset(key, value), nil
}

func (m *machine) replayGroup(id string, value []byte) (undo func(), err error) {
	old := m.groups[id]
	restore := func() {
		if m.take(id); old != nil {
			m.put(old)
		}
	}
	if value == nil {
		if old == nil {
			return nil, nil
		}
		m.take(id)
		if len(old.offsets) > 0 {
			m.simple(id).offsets = old.offsets // they have tombstones of their own
		}
		return restore, nil
	}
	g, err := decodeGroup(id, value)
	if err != nil {
		return nil, err
	}
	if old != nil {
		g.offsets, g.unstable = old.offsets, old.unstable
	}
	m.put(g)
	return restore, nil
}

// replayOffset stores an offset. A group of nobody but a consumer that assigns itself its partitions begins with one.
func (m *machine) replayOffset(key recordKey, value committed) (undo func()) {
	known := m.groups[key.group] != nil
	g := m.simple(key.group)
	restore := g.set(key.topic, key.partition, value)
	return func() {
		restore()
		if !known && g.state == Empty && len(g.pending) == 0 {
			m.take(key.group)
		}
	}
}

func (m *machine) replayOffsetTombstone(key recordKey) (undo func()) {
	if g := m.groups[key.group]; g != nil {
		return g.unset(key.topic, key.partition)
	}
	return nil
}

// simple returns a group, a new one without a record if need be.
func (m *machine) simple(id string) *group {
	g := m.groups[id]
	if g == nil {
		g = newGroup(id)
		m.put(g)
	}
	return g
}

// holdOffset keeps an offset until the marker of its transaction.
func (m *machine) holdOffset(id kafka.ProducerID, key recordKey, value committed) {
	if m.open == nil {
		m.open = make(map[kafka.ProducerID][]openOffset)
	}
	m.open[id] = append(m.open[id], openOffset{key, value})
	m.simple(key.group).addUnstable(key, 1)
}

// endTransaction applies or forgets the offsets of a transaction.
func (m *machine) endTransaction(r *coordinator.Record) error {
	kind, err := record.ParseControlKey(r.Key)
	if err != nil {
		return err
	}
	if kind != record.ControlCommit && kind != record.ControlAbort {
		return nil
	}
	for _, o := range m.open[r.ProducerID] {
		g := m.simple(o.key.group)
		g.addUnstable(o.key, -1)
		if kind == record.ControlCommit {
			g.set(o.key.topic, o.key.partition, o.value)
		}
	}
	delete(m.open, r.ProducerID)
	return nil
}

// addUnstable adds n to the number of open transactions that hold an offset of a partition.
func (g *group) addUnstable(key recordKey, n int) {
	if g.unstable == nil {
		g.unstable = make(map[kafka.TopicPartition]int)
	}
	p := kafka.TopicPartition{Topic: key.topic, Partition: key.partition}
	if g.unstable[p] += n; g.unstable[p] <= 0 {
		delete(g.unstable, p)
	}
}
