package compact

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/jackdawmq/jackdaw/core/record"
)

// KeyMap remembers the last offset of each key, in a bounded amount of memory: it stores 16 bytes of a hash instead of the
// key, which a client can't make collide.
type KeyMap struct {
	slots []slot
	used  int
	limit int // slots at most
	load  float64
	end   int64

	markers markers
}

// slot is empty while next is 0.
type slot struct {
	hash [16]byte
	next int64 // the offset + 1
}

const (
	slotBytes     = 24
	smallestSlots = 1 << 10
)

// NewKeyMap returns a map that takes at most maxBytes of memory, filled to the given load factor (0 to 1). It starts small.
func NewKeyMap(maxBytes int64, load float64) *KeyMap {
	return &KeyMap{limit: int(max(maxBytes/slotBytes, smallestSlots)), load: load}
}

// Reset empties the map and gives its memory back.
func (m *KeyMap) Reset() { m.slots, m.used, m.end, m.markers = nil, 0, 0, nil }

// End returns the offset behind the last batch that AddBatch has added wholly: later records are not compacted.
func (m *KeyMap) End() int64 { return m.end }

// Len returns the number of keys.
func (m *KeyMap) Len() int { return m.used }

// AddBatch notes the keys of a batch, from an offset on. Batches come in ascending order. It reports false when the map
// is full: then the batch is not covered. maxBytes bounds the decompressed records.
func (m *KeyMap) AddBatch(b record.Batch, from int64, maxBytes int) (bool, error) {
	h := b.Header()
	if !h.IsControl() && h.Count > 0 && !m.aborted(&h) {
		records, err := b.Records(maxBytes)
		if err != nil {
			return false, err
		}
		defer records.Close()
		var r record.Record
		for records.Next(&r) {
			if offset := h.RecordOffset(&r); offset >= from && r.Key != nil && !m.add(r.Key, offset) {
				return false, nil
			}
		}
		if err := records.Err(); err != nil {
			return false, err
		}
	}
	m.end = h.LastOffset() + 1
	return true, nil
}

// add notes the offset of a key and reports whether there was room.
func (m *KeyMap) add(key []byte, offset int64) bool {
	if float64(m.used+1) > float64(len(m.slots))*m.load && !m.grow() {
		return false
	}
	s := m.find(hashOf(key))
	if s.next == 0 {
		m.used++
	}
	s.next = max(s.next, offset+1)
	return true
}

// latest returns the last offset of a key, or -1.
func (m *KeyMap) latest(key []byte) int64 {
	if len(m.slots) == 0 {
		return -1
	}
	return m.find(hashOf(key)).next - 1
}

// find returns the slot of a hash, or the empty one where it belongs; there always is an empty one, except in a full map
// of load factor 1.
func (m *KeyMap) find(hash [16]byte) *slot {
	at := int(binary.LittleEndian.Uint64(hash[:]) % uint64(len(m.slots)))
	for range m.slots {
		s := &m.slots[at]
		if s.next == 0 || s.hash == hash {
			s.hash = hash
			return s
		}
		if at++; at == len(m.slots) {
			at = 0
		}
	}
	return &slot{}
}

// grow doubles the table up to the limit.
func (m *KeyMap) grow() bool {
	if len(m.slots) == m.limit {
		return false
	}
	old := m.slots
	m.slots = make([]slot, min(max(2*len(old), smallestSlots), m.limit))
	for _, s := range old {
		if s.next != 0 {
			*m.find(s.hash) = s
		}
	}
	return true
}

func hashOf(key []byte) [16]byte {
	sum := sha256.Sum256(key)
	return [16]byte(sum[:16])
}
