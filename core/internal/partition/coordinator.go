package partition

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

var (
	_ coordinator.PartitionWriter = (*Set)(nil)
	_ coordinator.PartitionReader = (*Set)(nil)
	_ coordinator.Offsets         = (*Set)(nil)
)

// loadChunk is how much of an internal topic is read at once while a coordinator loads.
const loadChunk = 1 << 20

// AppendRecords appends a coordinator's batch: see coordinator.PartitionWriter. The batch's offsets are assigned in place.
func (s *Set) AppendRecords(tp kafka.TopicPartition, batch []byte, epoch kafka.LeaderEpoch) (int64, error) {
	p, err := s.Lookup(tp)
	if err != nil {
		return -1, err
	}
	result, err := p.AppendAsLeader(batch, AppendOptions{Acks: -1, LeaderEpoch: epoch, Internal: true})
	if err != nil {
		return -1, err
	}
	return result.LastOffset + 1, nil
}

// NotifyCommitted calls f whenever the high watermark of a partition moves: see coordinator.PartitionWriter. f must not
// call back into the partition.
func (s *Set) NotifyCommitted(tp kafka.TopicPartition, f func(highWatermark int64)) (cancel func(), err error) {
	p, err := s.Lookup(tp)
	if err != nil {
		return nil, err
	}
	return p.progress.watch(f), nil
}

// LogEndOffset returns the log end offset of a partition that this broker leads.
func (s *Set) LogEndOffset(tp kafka.TopicPartition) (int64, bool) {
	p, err := s.Lookup(tp)
	if err != nil {
		return 0, false
	}
	if _, err := p.leading(); err != nil {
		return 0, false
	}
	return p.LogEndOffset(), true
}

// ReadAll calls f for each record of a partition: see coordinator.PartitionReader.
func (s *Set) ReadAll(ctx context.Context, tp kafka.TopicPartition, f func(coordinator.Record) error) error {
	p, err := s.Lookup(tp)
	if err != nil {
		return err
	}
	if _, err := p.leading(); err != nil {
		return err
	}
	end := p.progress.end.Load()
	var buffer []byte // grows with what is read: most partitions of an internal topic are empty
	for next := p.progress.start.Load(); next < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		extent, err := p.log.Read(log.ReadRequest{Offset: next, MaxBytes: loadChunk, MinOne: true, Before: end})
		if err != nil {
			return fmt.Errorf("reading %s at offset %d: %w", tp, next, err)
		}
		batches, err := extentBytes(extent, &buffer)
		if err == nil {
			next, err = eachRecord(batches, next, f)
		}
		extent.Release()
		if err != nil {
			return fmt.Errorf("reading %s at offset %d: %w", tp, next, err)
		}
	}
	return nil
}

// extentBytes returns the bytes of an extent, read into the buffer when they are in a file.
func extentBytes(e vfs.Extent, buffer *[]byte) ([]byte, error) {
	if mem := e.Bytes(); mem != nil {
		return mem, nil
	}
	if cap(*buffer) < e.Len() {
		*buffer = make([]byte, e.Len())
	}
	b := (*buffer)[:e.Len()]
	_, err := e.ReadAt(b, 0)
	return b, err
}

// eachRecord calls f for the records of whole batches at or above an offset and returns the offset after the last batch.
func eachRecord(b []byte, from int64, f func(coordinator.Record) error) (next int64, err error) {
	next = from
	for batch, err := range record.Batches(b) {
		if errors.Is(err, record.ErrShort) && next > from {
			break
		}
		if err != nil {
			return next, err
		}
		h := batch.Header()
		if err := eachInBatch(batch, &h, from, f); err != nil {
			return next, err
		}
		next = h.LastOffset() + 1
	}
	if next <= from {
		return next, errors.New("no progress: the log ends before its end offset")
	}
	return next, nil
}

func eachInBatch(batch record.Batch, h *record.Header, from int64, f func(coordinator.Record) error) error {
	records, err := batch.Records(math.MaxInt32)
	if err != nil {
		return err
	}
	defer records.Close()
	var r record.Record
	for records.Next(&r) {
		offset := h.RecordOffset(&r)
		if offset < from {
			continue
		}
		err := f(coordinator.Record{
			Offset: offset, Timestamp: h.RecordTimestamp(&r), Key: r.Key, Value: r.Value, Control: h.IsControl(),
			ProducerID: h.ProducerID, ProducerEpoch: h.ProducerEpoch, Transactional: h.IsTransactional(),
		})
		if err != nil {
			return err
		}
	}
	return records.Err()
}
