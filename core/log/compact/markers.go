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

// begin notes that a batch of a transaction has passed.
func (f *Filter) begin(id kafka.ProducerID) {
	if f.open == nil {
		f.open = map[kafka.ProducerID]bool{}
	}
	f.open[id] = true
}

// appendControl keeps a transaction marker as long as a batch of its transaction is left, then until its delete horizon,
// which the first pass sets that meets none. Other control batches stay.
func (f *Filter) appendControl(dst []byte, b record.Batch, h *record.Header) ([]byte, error) {
	m, ok, err := record.ParseMarker(b)
	if err != nil {
		return dst, err
	}
	if !ok && h.Count > 0 {
		return append(dst, b...), nil
	}
	began := f.open[h.ProducerID]
	delete(f.open, h.ProducerID)
	if ok && !began && m.Type == record.ControlAbort {
		f.Emptied = append(f.Emptied, h.BaseOffset)
	}
	switch {
	case ok && !began && !h.HasDeleteHorizon():
		f.kept = append(f.kept[:0], true)
		return f.rebuild(dst, b, *h, true)
	case ok && (began || f.Now.UnixMilli() <= h.BaseTimestamp), h.Count == 0 && f.keepEmpty(h):
		return append(dst, b...), nil
	case f.keepEmpty(h):
		f.kept = append(f.kept[:0], false)
		return f.rebuild(dst, b, *h, false)
	}
	return dst, nil
}
