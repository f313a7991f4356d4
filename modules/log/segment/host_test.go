package segment_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"slices"
	"sync"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
)

// partition plays the owner of a log. Its producer state is the number of records that it has seen: wrong after a restart
// if the log restores or replays anything wrong.
type partition struct {
	mu      sync.Mutex
	records int64
	aborted []log.AbortedTxn
	end     int64 // log end offset as the owner knows it
	stable  int64
	failed  error
	bounds  func() log.Bounds
}

func (p *partition) state() []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(p.records))
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}

// Restore refuses a snapshot whose checksum is wrong.
func (p *partition) Restore(snapshot []byte, aborted []log.AbortedTxn, offset int64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records, p.end, p.aborted = 0, offset, slices.Clone(aborted)
	if snapshot == nil {
		return nil
	}
	if len(snapshot) != 12 || crc32.ChecksumIEEE(snapshot[:8]) != binary.BigEndian.Uint32(snapshot[8:]) {
		return errors.New("damaged snapshot")
	}
	p.records = int64(binary.BigEndian.Uint64(snapshot))
	return nil
}

func (p *partition) Replay(h *record.Header, b []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.BaseOffset < p.end {
		return errors.New("replay goes back")
	}
	if err := record.Batch(b).VerifyCRC(); err != nil {
		return err
	}
	p.took(int64(h.Count), h.BaseOffset, h.LastOffset()+1)
	return nil
}

// took notes a batch. One in seven is the marker of an aborted transaction.
func (p *partition) took(records, base, end int64) {
	p.records += records
	p.end = end
	if last := end - 1; last%7 == 0 {
		p.aborted = append(p.aborted, abortedAt(base, last))
	}
}

func abortedAt(base, last int64) log.AbortedTxn {
	return log.AbortedTxn{ProducerID: 7, FirstOffset: base, LastOffset: last, LastStableOffset: last + 1}
}

// Forget does nothing: the crash suite has no real markers.
func (p *partition) Forget([]int64) {}

// Aborted answers from the list.
func (p *partition) Aborted(from, to int64) (list []log.AbortedTxn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.aborted {
		if t.LastOffset >= from && t.LastOffset < to {
			list = append(list, t)
		}
	}
	return list
}

func (p *partition) Snapshot() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state()
}

func (p *partition) Bounds() log.Bounds {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bounds != nil {
		return p.bounds()
	}
	return log.Bounds{HighWatermark: p.end, FirstUnstable: p.end, ProducerState: func() ([]byte, int64) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.state(), p.end
	}}
}

func (p *partition) Stable(offset int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stable = max(p.stable, offset)
}

func (p *partition) StartMoved(int64) {}

func (p *partition) Failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = err
}

// appended notes what was appended.
func (p *partition) appended(records, end int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took(records, end-records, end)
}

func (p *partition) seen() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.records
}

func (p *partition) failure() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

var _ log.Host = (*partition)(nil)

// batchOf builds a batch of records with one timestamp; nil values are tombstones.
func batchOf(tb testing.TB, base, timestamp int64, codec record.Codec, pairs ...[2][]byte) []byte {
	tb.Helper()
	h := record.NewHeader()
	h.BaseOffset, h.LeaderEpoch, h.Attributes = base, 0, int16(codec)
	var b record.Builder
	b.Reset(nil, h)
	for _, pair := range pairs {
		b.Append(timestamp, pair[0], pair[1])
	}
	data, err := b.Finish()
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

// valueBatch builds a batch of count records with values of size bytes.
func valueBatch(tb testing.TB, base, timestamp int64, count, size int) []byte {
	tb.Helper()
	pairs := make([][2][]byte, count)
	for i := range pairs {
		pairs[i] = [2][]byte{{byte(base), byte(i)}, bytes.Repeat([]byte{'v'}, size)}
	}
	return batchOf(tb, base, timestamp, record.None, pairs...)
}

func infoOf(b []byte) log.AppendInfo {
	h := record.Batch(b).Header()
	return log.AppendInfo{BaseOffset: h.BaseOffset, LastOffset: h.LastOffset(), MaxTimestamp: h.MaxTimestamp, Records: int(h.Count)}
}

var tp = kafka.TopicPartition{Topic: "orders", Partition: 0}

func specOf(settings log.Settings) log.Spec {
	return log.Spec{TopicPartition: tp, TopicID: kafka.TopicID{1, 2, 3}, Settings: settings}
}
