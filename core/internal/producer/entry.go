package producer

import (
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// window is how many batches of each producer are remembered, the most that a client has in flight.
const window = 5

// noOffset stands where there is none, in memory as in snapshots.
const noOffset int64 = -1

// entry is the state of one producer.
type entry struct {
	epoch            kafka.ProducerEpoch
	coordinatorEpoch int32
	lastTimestamp    int64
	txnFirstOffset   int64 // first offset of the open transaction, or noOffset
	batches          [window]batch
	count            int // of batches, the newest last
}

// batch is what is remembered of an appended batch.
type batch struct {
	lastSequence int32
	offsetDelta  int32
	lastOffset   int64
	timestamp    int64
}

func (b *batch) firstSequence() int32 { return retreat(b.lastSequence, b.offsetDelta) }

func newEntry() *entry {
	return &entry{epoch: kafka.NoProducerEpoch, coordinatorEpoch: -1, lastTimestamp: record.NoTimestamp, txnFirstOffset: noOffset}
}

// last returns the newest batch, or nil.
func (e *entry) last() *batch {
	if e.count == 0 {
		return nil
	}
	return &e.batches[e.count-1]
}

func (e *entry) lastSequence() int32 {
	if b := e.last(); b != nil {
		return b.lastSequence
	}
	return record.NoSequence
}

// find returns the remembered batch with the same epoch and sequence numbers, or nil.
func (e *entry) find(h *record.Header) *batch {
	if h.ProducerEpoch != e.epoch {
		return nil
	}
	last := lastSequence(h)
	for i := range e.batches[:e.count] {
		if b := &e.batches[i]; b.lastSequence == last && b.firstSequence() == h.BaseSequence {
			return b
		}
	}
	return nil
}

// raise moves to another epoch, in which no batch is known yet.
func (e *entry) raise(epoch kafka.ProducerEpoch) {
	if e.epoch != epoch {
		e.epoch, e.count = epoch, 0
	}
}

func (e *entry) add(b batch) {
	if e.count == window {
		copy(e.batches[:], e.batches[1:])
		e.count--
	}
	e.batches[e.count] = b
	e.count++
	e.lastTimestamp = b.timestamp
}

// follows reports whether next is the sequence number after last. Sequence numbers wrap from 2^31-1 to 0.
func follows(last, next int32) bool {
	return int64(next) == int64(last)+1 || next == 0 && last == math.MaxInt32
}

// lastSequence returns the sequence number of a batch's last record.
func lastSequence(h *record.Header) int32 {
	if h.BaseSequence == record.NoSequence {
		return record.NoSequence
	}
	return advance(h.BaseSequence, h.LastOffsetDelta)
}

// advance adds to a sequence number, wrapping around.
func advance(sequence, by int32) int32 {
	if sequence > math.MaxInt32-by {
		return by - (math.MaxInt32 - sequence) - 1
	}
	return sequence + by
}

// retreat undoes advance.
func retreat(sequence, by int32) int32 {
	if sequence < by {
		return math.MaxInt32 - (by - sequence) + 1
	}
	return sequence - by
}
