package compact

import (
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// markers remembers how the transactions of each producer ended.
type markers map[kafka.ProducerID][]marker

// marker is the end of one transaction. A producer's markers ascend by offset.
type marker struct {
	offset  int64
	aborted bool
}

// AddMarker notes the transaction marker that a control batch holds. All control batches of the log, from its start to its
// end, are added before any other batch: a transaction may end far behind its records.
func (m *KeyMap) AddMarker(b record.Batch) error {
	end, ok, err := record.ParseMarker(b)
	if err != nil || !ok {
		return err
	}
	if m.markers == nil {
		m.markers = markers{}
	}
	h := b.Header()
	m.markers[end.ProducerID] = append(m.markers[end.ProducerID], marker{h.BaseOffset, end.Type == record.ControlAbort})
	return nil
}

// aborted tells whether a batch belongs to a transaction that was aborted: the next marker of its producer says so.
func (m *KeyMap) aborted(h *record.Header) bool {
	if !h.IsTransactional() || h.IsControl() {
		return false
	}
	ends := m.markers[h.ProducerID]
	i, _ := slices.BinarySearchFunc(ends, h.BaseOffset, func(e marker, offset int64) int {
		return int(min(max(e.offset-offset, -1), 1))
	})
	return i < len(ends) && ends[i].aborted
}
