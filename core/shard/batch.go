package shard

import (
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// batch is what a turn has collected for its append.
type batch struct {
	records []entry
	size    int // upper bound of the batch's length without its header
	undo    []func()
	done    []Done
}

// absorb replays a Turn's records and adds them and its callbacks to the batch, which it appends first when they do not
// fit in.
func (s *shard[S]) absorb(t *Turn) {
	switch room := s.MaxBatchBytes - record.HeaderSize; {
	case t.size <= room:
		if s.batch.size+t.size > room {
			_ = s.flush(t.Now) // who waits for it was told
		}
		s.add(t.Now, t.records)
	case t.divisible:
		if err := s.divide(t.Now, t.records, room); err != nil {
			s.finish(t.Now, t.done, err)
			return
		}
	default:
		s.finish(t.Now, t.done, kafka.Errorf(kafka.RecordListTooLarge,
			"%v: %d records of one request take %d bytes, more than the %d of a batch", s.tp, len(t.records), t.size, room))
		return
	}
	s.batch.done = append(s.batch.done, t.done...)
}

// divide appends records in as many batches as they need; the last one stays open. It stops at the first failure.
func (s *shard[S]) divide(now time.Time, records []entry, room int) error {
	for i, e := range records {
		size := e.size()
		if size > room {
			return kafka.Errorf(kafka.RecordListTooLarge, "%v: a record takes %d bytes, more than the %d of a batch", s.tp, size, room)
		}
		if s.batch.size+size > room {
			if err := s.flush(now); err != nil {
				return err
			}
		}
		s.add(now, records[i:i+1])
	}
	return nil
}

// add replays records and puts them into the batch.
func (s *shard[S]) add(now time.Time, records []entry) {
	for _, e := range records {
		r := coordinator.Record{
			Offset:        s.end + int64(len(s.batch.records)),
			Timestamp:     now.UnixMilli(),
			Key:           e.key,
			Value:         e.value,
			ProducerID:    kafka.NoProducerID,
			ProducerEpoch: kafka.NoProducerEpoch,
		}
		s.batch.records = append(s.batch.records, e)
		s.batch.size += e.size()
		if e.applied {
			continue
		}
		undo, err := s.state.Replay(&r)
		if err != nil {
			panic("BUG: a coordinator cannot replay its own record: " + err.Error())
		}
		if undo != nil {
			s.batch.undo = append(s.batch.undo, undo)
		}
	}
}

// flush appends the batch. When that fails, the state goes back to where it was before the batch, and everyone who saw
// more than that is told.
func (s *shard[S]) flush(now time.Time) error {
	b := s.batch
	s.batch = batch{}
	if len(b.records) > 0 {
		end, err := s.append(now, b.records)
		if err != nil {
			s.Log.Warn("coordinator could not append", zap.Stringer("partition", s.tp), zap.Int("records", len(b.records)), zap.Error(err))
			for _, undo := range slices.Backward(b.undo) {
				undo()
			}
			s.finish(now, b.done, err)
			return err
		}
		s.end, s.written = end, true
	}
	if len(b.done) > 0 {
		s.waiting = append(s.waiting, pending{end: s.end, deadline: now.Add(s.CommitTimeout), done: b.done})
	}
	return nil
}

// append writes one batch as Kafka's coordinators do: no producer, no compression, base sequence 0.
func (s *shard[S]) append(now time.Time, records []entry) (end int64, err error) {
	h := record.NewHeader()
	h.BaseSequence = 0
	var b record.Builder
	b.Reset(nil, h)
	for _, e := range records {
		b.Append(now.UnixMilli(), e.key, e.value)
	}
	bytes, err := b.Finish()
	if err != nil {
		return 0, err
	}
	return s.Writer.AppendRecords(s.tp, bytes, s.epoch)
}
