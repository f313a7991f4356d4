package producer

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// State is the producer state of one partition. The zero State is that of an empty partition; it takes no memory until the
// first idempotent producer writes.
type State struct {
	producers map[kafka.ProducerID]*entry
	open      []openTxn      // by first offset
	completed []completedTxn // whose markers may lie above the high watermark, by last offset
}

// Origin says who appends a batch, and so what Check demands of its sequence numbers.
type Origin uint8

const (
	// Client is a producer.
	Client Origin = iota
	// ClientV2 is a producer that speaks transactions V2 (KIP-890): a producer that is not known must begin at sequence 0.
	ClientV2
	// Coordinator is a group coordinator that writes offsets in a transaction: sequence numbers are not checked.
	Coordinator
)

// Appended describes a batch that the log has already.
type Appended struct {
	BaseOffset int64
	LastOffset int64
	Timestamp  int64 // the batch's largest timestamp in milliseconds: a duplicate's LogAppendTimeMs
}

// Check says what a data batch is: a duplicate of one of the last five of its producer, which is answered as that one was;
// new, and in order; or an error, INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER or INVALID_TXN_STATE. Batches
// without a producer id are always new. It changes nothing. Transaction markers go to CheckMarker.
func (s *State) Check(h *record.Header, origin Origin) (original Appended, duplicate bool, err error) {
	if !h.HasProducerID() {
		return Appended{}, false, nil
	}
	e := s.producers[h.ProducerID]
	if e == nil {
		if origin == ClientV2 && h.BaseSequence != 0 {
			return Appended{}, false, outOfOrder(h, record.NoSequence)
		}
		return Appended{}, false, nil
	}
	if origin != Coordinator {
		if b := e.find(h); b != nil {
			return Appended{BaseOffset: b.lastOffset - int64(b.offsetDelta), LastOffset: b.lastOffset, Timestamp: b.timestamp}, true, nil
		}
	}
	if h.ProducerEpoch < e.epoch {
		return Appended{}, false, staleEpoch(h.ProducerID, h.ProducerEpoch, e.epoch)
	}
	if origin != Coordinator && !e.inSequence(h, origin) {
		return Appended{}, false, outOfOrder(h, e.lastSequence())
	}
	if e.txnFirstOffset != noOffset && !h.IsTransactional() {
		return Appended{}, false, fmt.Errorf("producer %d wrote outside of its open transaction: %w", h.ProducerID, kafka.InvalidTxnState)
	}
	return Appended{}, false, nil
}

// inSequence reports whether the batch continues what the producer sent. A new epoch begins at 0; an unknown epoch, which
// only clients without a proper one have, is not checked.
func (e *entry) inSequence(h *record.Header, origin Origin) bool {
	if h.ProducerEpoch != e.epoch {
		return h.BaseSequence == 0 || e.epoch == kafka.NoProducerEpoch && origin != ClientV2
	}
	return e.epoch == kafka.NoProducerEpoch || follows(e.lastSequence(), h.BaseSequence)
}

// Update records a data batch that the log has appended; its header holds the final offsets and timestamps.
func (s *State) Update(h *record.Header) {
	if !h.HasProducerID() {
		return
	}
	e := s.entry(h.ProducerID)
	e.raise(h.ProducerEpoch)
	e.add(batch{
		lastSequence: lastSequence(h),
		offsetDelta:  h.LastOffsetDelta,
		lastOffset:   h.LastOffset(),
		timestamp:    h.MaxTimestamp,
	})
	if h.IsTransactional() && e.txnFirstOffset == noOffset {
		e.txnFirstOffset = h.BaseOffset
		s.begin(openTxn{firstOffset: h.BaseOffset, producerID: h.ProducerID})
	}
}

// Replay records a batch that the log has, whatever Check would say of it: from recovery, or from a leader. It returns the
// transaction that the batch ended, if it is a marker and there was one.
func (s *State) Replay(h *record.Header, b record.Batch) (CompletedTxn, bool, error) {
	if !h.HasProducerID() {
		return CompletedTxn{}, false, nil
	}
	if !h.IsControl() {
		s.Update(h)
		return CompletedTxn{}, false, nil
	}
	m, ok, err := record.ParseMarker(b)
	if err != nil || !ok {
		return CompletedTxn{}, false, err // compaction leaves empty control batches, which say nothing
	}
	completed, ok := s.UpdateMarker(m, h.BaseOffset)
	return completed, ok, nil
}

// Expire forgets producers whose last batch is at least expiration milliseconds old (producer.id.expiration.ms) and that
// have no open transaction. now is in milliseconds.
func (s *State) Expire(now, expiration int64) {
	maps.DeleteFunc(s.producers, func(_ kafka.ProducerID, e *entry) bool {
		return e.txnFirstOffset == noOffset && now-e.lastTimestamp >= expiration
	})
}

// Reset forgets everything, before state is rebuilt after a truncation.
func (s *State) Reset() { *s = State{} }

// Len returns the number of producers known.
func (s *State) Len() int { return len(s.producers) }

// Needed reports whether a known producer needs a batch: the one that ends with its last sequence number or, when it has
// none in its epoch, the marker that began the epoch. Compaction keeps that batch, empty if need be.
func (s *State) Needed(h *record.Header) bool {
	e := s.producers[h.ProducerID]
	if e == nil {
		return false
	}
	if b := e.last(); b != nil {
		return b.lastOffset == h.LastOffset()
	}
	return h.IsControl() && h.ProducerEpoch == e.epoch
}

// Producer describes a producer, as DescribeProducers answers it.
type Producer struct {
	ID               kafka.ProducerID
	Epoch            kafka.ProducerEpoch
	LastSequence     int32 // -1 when no batch of this epoch is known
	LastTimestamp    int64 // milliseconds
	CoordinatorEpoch int32 // of the last marker, or -1
	TxnFirstOffset   int64 // of the open transaction, or -1
}

// Producers lists the producers, by id.
func (s *State) Producers() []Producer {
	list := make([]Producer, 0, len(s.producers))
	for id, e := range s.producers {
		list = append(list, Producer{
			ID: id, Epoch: e.epoch, LastSequence: e.lastSequence(), LastTimestamp: e.lastTimestamp,
			CoordinatorEpoch: e.coordinatorEpoch, TxnFirstOffset: e.txnFirstOffset,
		})
	}
	slices.SortFunc(list, func(a, b Producer) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// entry returns the state of a producer, made at need.
func (s *State) entry(id kafka.ProducerID) *entry {
	e := s.producers[id]
	if e == nil {
		if s.producers == nil {
			s.producers = make(map[kafka.ProducerID]*entry)
		}
		e = newEntry()
		s.producers[id] = e
	}
	return e
}

func outOfOrder(h *record.Header, last int32) error {
	return fmt.Errorf("producer %d epoch %d sent the sequence number %d after %d: %w",
		h.ProducerID, h.ProducerEpoch, h.BaseSequence, last, kafka.OutOfOrderSequenceNumber)
}

func staleEpoch(id kafka.ProducerID, epoch, current kafka.ProducerEpoch) error {
	return fmt.Errorf("producer %d has the epoch %d, its current one is %d: %w", id, epoch, current, kafka.InvalidProducerEpoch)
}
