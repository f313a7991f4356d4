package producer

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"maps"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// A snapshot has the bytes of Kafka's .snapshot files, version 1, big-endian:
//
//	version i16, CRC-32C u32 of all that follows, count i32, then for each producer
//	id i64, epoch i16, last sequence i32, last offset i64, offset delta i32, timestamp i64, coordinator epoch i32,
//	first offset of the open transaction i64
//
// It keeps one batch of each producer: after a restart the older four are no longer recognised as duplicates.
const (
	snapshotVersion = 1
	crcPosition     = 2
	countPosition   = 6
	entriesPosition = 10
	entrySize       = 8 + 2 + 4 + 8 + 4 + 8 + 4 + 8
)

// ErrSnapshot says that bytes are no producer snapshot, or a damaged one. The state is then rebuilt from the log.
var ErrSnapshot = errors.New("producer: unusable snapshot")

// Snapshot encodes the state, producers by id.
func (s *State) Snapshot() []byte {
	be := binary.BigEndian
	b := make([]byte, entriesPosition, entriesPosition+len(s.producers)*entrySize)
	be.PutUint16(b, snapshotVersion)
	be.PutUint32(b[countPosition:], uint32(len(s.producers)))
	for _, id := range slices.Sorted(maps.Keys(s.producers)) {
		e := s.producers[id]
		last := batch{lastSequence: -1, lastOffset: noOffset, timestamp: e.lastTimestamp}
		if newest := e.last(); newest != nil {
			last = *newest
		}
		b = be.AppendUint64(b, uint64(id))
		b = be.AppendUint16(b, uint16(e.epoch))
		b = be.AppendUint32(b, uint32(last.lastSequence))
		b = be.AppendUint64(b, uint64(last.lastOffset))
		b = be.AppendUint32(b, uint32(last.offsetDelta))
		b = be.AppendUint64(b, uint64(e.lastTimestamp))
		b = be.AppendUint32(b, uint32(e.coordinatorEpoch))
		b = be.AppendUint64(b, uint64(e.txnFirstOffset))
	}
	be.PutUint32(b[crcPosition:], snapshotCRC(b))
	return b
}

// Restore replaces the state by that of a snapshot; nil gives an empty state. An error is ErrSnapshot and leaves the state
// empty. Call Expire afterwards: a snapshot may be old.
func (s *State) Restore(snapshot []byte) error {
	s.Reset()
	if snapshot == nil {
		return nil
	}
	be := binary.BigEndian
	if len(snapshot) < entriesPosition || be.Uint16(snapshot) != snapshotVersion ||
		be.Uint32(snapshot[crcPosition:]) != snapshotCRC(snapshot) {
		return ErrSnapshot
	}
	entries := snapshot[entriesPosition:]
	if int64(len(entries)) != int64(be.Uint32(snapshot[countPosition:]))*entrySize {
		return ErrSnapshot
	}
	for b := range slices.Chunk(entries, entrySize) {
		s.restore(b)
	}
	return nil
}

// restore decodes one producer.
func (s *State) restore(b []byte) {
	be := binary.BigEndian
	id := kafka.ProducerID(be.Uint64(b))
	e := s.entry(id)
	e.epoch = kafka.ProducerEpoch(be.Uint16(b[8:]))
	last := batch{
		lastSequence: int32(be.Uint32(b[10:])),
		lastOffset:   int64(be.Uint64(b[14:])),
		offsetDelta:  int32(be.Uint32(b[22:])),
		timestamp:    int64(be.Uint64(b[26:])),
	}
	e.lastTimestamp = last.timestamp
	e.coordinatorEpoch = int32(be.Uint32(b[34:]))
	if last.lastOffset >= 0 && e.count == 0 {
		e.add(last)
	}
	if first := int64(be.Uint64(b[38:])); first >= 0 && e.txnFirstOffset == noOffset {
		e.txnFirstOffset = first
		s.begin(openTxn{firstOffset: first, producerID: id})
	}
}

func snapshotCRC(b []byte) uint32 {
	return crc32.Checksum(b[countPosition:], crc32.MakeTable(crc32.Castagnoli))
}
