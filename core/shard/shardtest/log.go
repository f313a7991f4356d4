// Package shardtest is a log in memory for tests of coordinators: a coordinator.PartitionWriter and PartitionReader whose
// appends can be made to fail and whose commits can be held back.
package shardtest

import (
	"context"
	"sync"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// Log holds any number of partitions. The zero Log is empty and ready, and commits what it appends at once.
type Log struct {
	mu         sync.Mutex
	partitions map[kafka.TopicPartition]*partition
	appendErr  error
	readErr    error
	gate       chan struct{} // ReadAll waits for it
	held       bool
}

type partition struct {
	batches   []record.Batch
	end       int64
	watermark int64
	notify    map[int]func(int64)
	next      int
}

var (
	_ coordinator.PartitionWriter = (*Log)(nil)
	_ coordinator.PartitionReader = (*Log)(nil)
)

// AppendRecords appends a batch, as coordinator.PartitionWriter says.
func (l *Log) AppendRecords(tp kafka.TopicPartition, batch []byte, epoch kafka.LeaderEpoch) (int64, error) {
	l.mu.Lock()
	if l.appendErr != nil {
		defer l.mu.Unlock()
		return 0, l.appendErr
	}
	p := l.partition(tp)
	b := record.Batch(append([]byte(nil), batch...))
	b.SetBaseOffset(p.end)
	b.SetLeaderEpoch(epoch)
	h := b.Header()
	p.batches = append(p.batches, b)
	p.end = h.LastOffset() + 1
	end, held := p.end, l.held
	l.mu.Unlock()
	if !held {
		l.commit(tp)
	}
	return end, nil
}

// NotifyCommitted registers f, as coordinator.PartitionWriter says.
func (l *Log) NotifyCommitted(tp kafka.TopicPartition, f func(int64)) (cancel func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.partition(tp)
	id := p.next
	p.next++
	p.notify[id] = f
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(p.notify, id)
	}, nil
}

// ReadAll reads a partition, as coordinator.PartitionReader says.
func (l *Log) ReadAll(ctx context.Context, tp kafka.TopicPartition, f func(coordinator.Record) error) error {
	l.mu.Lock()
	batches, gate, err := l.partition(tp).batches, l.gate, l.readErr
	l.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err != nil {
		return err
	}
	for _, b := range batches {
		if err := readBatch(b, f); err != nil {
			return err
		}
	}
	return nil
}

func readBatch(b record.Batch, f func(coordinator.Record) error) error {
	h := b.Header()
	records, err := b.Records(1 << 30)
	if err != nil {
		return err
	}
	defer records.Close()
	var r record.Record
	for records.Next(&r) {
		err := f(coordinator.Record{
			Offset:        h.RecordOffset(&r),
			Timestamp:     h.RecordTimestamp(&r),
			Key:           r.Key,
			Value:         r.Value,
			Control:       h.IsControl(),
			ProducerID:    h.ProducerID,
			ProducerEpoch: h.ProducerEpoch,
			Transactional: h.IsTransactional(),
		})
		if err != nil {
			return err
		}
	}
	return records.Err()
}

// Batches returns the batches of a partition.
func (l *Log) Batches(tp kafka.TopicPartition) []record.Batch {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]record.Batch(nil), l.partition(tp).batches...)
}

// FailAppends makes every append fail with err, until it is called with nil.
func (l *Log) FailAppends(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appendErr = err
}

// FailReads makes every ReadAll fail with err, until it is called with nil.
func (l *Log) FailReads(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.readErr = err
}

// HoldReads makes ReadAll wait until release is called.
func (l *Log) HoldReads() (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	gate := make(chan struct{})
	l.gate = gate
	return func() { close(gate) }
}

// HoldCommits keeps high watermarks where they are until release is called, which moves them to the log ends.
func (l *Log) HoldCommits() (release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held = true
	return func() {
		l.mu.Lock()
		l.held = false
		all := make([]kafka.TopicPartition, 0, len(l.partitions))
		for tp := range l.partitions {
			all = append(all, tp)
		}
		l.mu.Unlock()
		for _, tp := range all {
			l.commit(tp)
		}
	}
}

// commit moves a high watermark to the log end and tells of it.
func (l *Log) commit(tp kafka.TopicPartition) {
	l.mu.Lock()
	p := l.partition(tp)
	p.watermark = p.end
	watermark := p.watermark
	notify := make([]func(int64), 0, len(p.notify))
	for _, f := range p.notify {
		notify = append(notify, f)
	}
	l.mu.Unlock()
	for _, f := range notify {
		f(watermark)
	}
}

// partition returns a partition, new if need be. The lock is held.
func (l *Log) partition(tp kafka.TopicPartition) *partition {
	p := l.partitions[tp]
	if p == nil {
		if l.partitions == nil {
			l.partitions = make(map[kafka.TopicPartition]*partition)
		}
		p = &partition{notify: make(map[int]func(int64))}
		l.partitions[tp] = p
	}
	return p
}
