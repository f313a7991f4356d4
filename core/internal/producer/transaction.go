package producer

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// CompletedTxn is a transaction that a marker ended. Aborted ones go into the log's list of aborted transactions.
type CompletedTxn struct {
	ProducerID  kafka.ProducerID
	FirstOffset int64
	LastOffset  int64 // of the marker
	Aborted     bool
	// LastStableOffset is what the partition's becomes once the marker is below the high watermark.
	LastStableOffset int64
}

type openTxn struct {
	firstOffset int64
	producerID  kafka.ProducerID
}

type completedTxn struct{ firstOffset, lastOffset int64 }

// CheckMarker says whether a transaction marker may be appended: INVALID_PRODUCER_EPOCH or TRANSACTION_COORDINATOR_FENCED
// otherwise. With transactions V2 a marker's epoch must be above the producer's; the same epoch is only a coordinator
// that tries again. It changes nothing.
func (s *State) CheckMarker(m record.Marker, v2 bool) error {
	e := s.producers[m.ProducerID]
	if e == nil {
		return nil
	}
	retried := m.ProducerEpoch == e.epoch && e.txnFirstOffset == noOffset
	if m.ProducerEpoch < e.epoch || v2 && m.ProducerEpoch == e.epoch && !retried {
		return staleEpoch(m.ProducerID, m.ProducerEpoch, e.epoch)
	}
	if m.CoordinatorEpoch < e.coordinatorEpoch {
		return fmt.Errorf("marker of producer %d comes from the coordinator epoch %d, the current one is %d: %w",
			m.ProducerID, m.CoordinatorEpoch, e.coordinatorEpoch, kafka.TransactionCoordinatorFenced)
	}
	return nil
}

// UpdateMarker records a marker that the log has appended at offset. ok is false when the producer had no open
// transaction here, which is no error.
func (s *State) UpdateMarker(m record.Marker, offset int64) (txn CompletedTxn, ok bool) {
	e := s.entry(m.ProducerID)
	first := e.txnFirstOffset
	e.raise(m.ProducerEpoch)
	e.txnFirstOffset = noOffset
	e.coordinatorEpoch = m.CoordinatorEpoch
	e.lastTimestamp = m.Timestamp
	if first == noOffset {
		return CompletedTxn{}, false
	}
	if i, found := s.searchOpen(first); found {
		s.open = slices.Delete(s.open, i, i+1)
	}
	txn = CompletedTxn{ProducerID: m.ProducerID, FirstOffset: first, LastOffset: offset,
		Aborted: m.Type == record.ControlAbort, LastStableOffset: offset + 1}
	if len(s.open) > 0 {
		txn.LastStableOffset = s.open[0].firstOffset
	}
	s.completed = append(s.completed, completedTxn{firstOffset: first, lastOffset: offset})
	return txn, true
}

// FirstUnstableOffset returns the first offset of a transaction that is open, or whose marker is not yet known to be below
// the high watermark; ok is false when there is none. The last stable offset is the smaller of it and the high watermark,
// but never below the log start offset, since DeleteRecords may pass an open transaction.
func (s *State) FirstUnstableOffset() (offset int64, ok bool) {
	if len(s.open) > 0 {
		offset, ok = s.open[0].firstOffset, true
	}
	for _, txn := range s.completed {
		if !ok || txn.firstOffset < offset {
			offset, ok = txn.firstOffset, true
		}
	}
	return offset, ok
}

// AdvanceHighWatermark forgets completed transactions whose marker is below the high watermark.
func (s *State) AdvanceHighWatermark(highWatermark int64) {
	n := 0
	for n < len(s.completed) && s.completed[n].lastOffset < highWatermark {
		n++
	}
	if n > 0 {
		s.completed = slices.Delete(s.completed, 0, n)
	}
}

// begin adds an open transaction. Appends come in the order of offsets, but replay after a truncation need not.
func (s *State) begin(txn openTxn) {
	i, _ := s.searchOpen(txn.firstOffset)
	s.open = slices.Insert(s.open, i, txn)
}

func (s *State) searchOpen(firstOffset int64) (int, bool) {
	return slices.BinarySearchFunc(s.open, firstOffset, func(txn openTxn, offset int64) int {
		return cmp.Compare(txn.firstOffset, offset)
	})
}
