package partition_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/internal/purgatory"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/replication"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// TestHost has what a log asks of its partition, and tells it.
func TestHost(t *testing.T) {
	e := memoryEngine(t)
	c := newCluster(t, e)
	c.start(nil)
	c.topic("t", kafka.NewTopicID(), 1, 1)
	p := c.partition("t", 0)
	host := e.hosts[p.TopicPartition()]
	for i := range int32(3) {
		h := func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = 7, 0, i }
		if _, err := c.append(p, h, "v"); err != nil {
			t.Fatal(err)
		}
	}
	bounds := host.Bounds()
	needed := func(id kafka.ProducerID, offset int64) bool {
		return bounds.Needed(&record.Header{ProducerID: id, BaseOffset: offset})
	}
	if bounds.HighWatermark != 3 || bounds.FirstUnstable != 3 || !needed(7, 2) || needed(7, 1) || needed(8, 2) {
		t.Errorf("%+v", bounds)
	}
	snapshot, end := bounds.ProducerState()
	var state producer.State
	if err := state.Restore(snapshot); err != nil || end != 3 || state.Len() != 1 || !slices.Equal(snapshot, host.Snapshot()) {
		t.Errorf("producer state at %d with %d producers, %v", end, state.Len(), err)
	}

	waiter := purgatory.NewWaiter()
	p.Watch(waiter)
	host.StartMoved(2)
	if err := waiter.Wait(t.Context(), neverExpires()); err != nil || p.LogStartOffset() != 2 {
		t.Errorf("log start %d, %v", p.LogStartOffset(), err)
	}
	if epoch, end, err := p.EpochEnd(-1, 0); epoch != 0 || end != 2 || err != nil {
		t.Errorf("an epoch before the log start ends at (%d, %d), %v", epoch, end, err)
	}
	host.StartMoved(1)
	if p.LogStartOffset() != 2 {
		t.Error("the log start moved back")
	}
	host.Failed(errors.New("the disk is on fire"))
	if err := waiter.Wait(t.Context(), neverExpires()); err != nil {
		t.Error("a failure must wake whoever waits")
	}
	waiter.Unwatch()
	if _, err := p.Producers(); !errors.Is(err, kafka.KafkaStorageError) {
		t.Error(err)
	}
}

// behind is a Replicator whose followers have nothing.
type behind struct{ replication.Replicator }

func (behind) HighWatermark(replication.Leader, int64) int64 { return 0 }
func (behind) InSync(replication.Leader) int                 { return 1 }

// TestNewLeaderHidesOffsets is a leader whose high watermark has not reached the start of its own epoch.
func TestNewLeaderHidesOffsets(t *testing.T) {
	c := newCluster(t, nil)
	c.set = partition.New(partition.Settings{
		Self: 1, Engine: memoryEngine(t), Replicator: behind{}, Configs: config.NewResolver(nil), Log: zap.NewNop(),
	})
	c.start(nil)
	id := kafka.NewTopicID()
	c.topic("t", id, 0, 1)
	p := c.partition("t", 0)
	c.mustAppend(p, "v")
	f := func(timestamp, offset int64, want error) {
		t.Helper()
		at, err := p.ListOffset(t.Context(), timestamp, kafka.ReadUncommitted, kafka.NoEpoch)
		if at.Offset != offset || !errors.Is(err, want) {
			t.Errorf("timestamp %d: %+v, %v", timestamp, at, err)
		}
	}
	f(kafka.LatestTimestamp, 0, nil)
	f(1, -1, nil)
	c.topic("t", id, 0, 1) // metadata repeats itself: the epoch began before the record
	f(kafka.LatestTimestamp, 0, nil)
	c.topic("t", id, 1, 1)
	f(kafka.LatestTimestamp, -1, kafka.OffsetNotAvailable)
	f(kafka.EarliestTimestamp, 0, nil)
	f(1, -1, kafka.OffsetNotAvailable)
}

// TestReadAllFromFiles reads more than one chunk, some of it compressed, out of segment files.
func TestReadAllFromFiles(t *testing.T) {
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{"data"}
	e := segment.New(cfg, vfs.NewMem(), zap.NewNop())
	if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, e)
	c.start(nil)
	t.Cleanup(func() { _ = errors.Join(c.set.Stop(context.Background()), e.Stop(context.Background())) })
	tp := kafka.TopicPartition{Topic: kafka.ConsumerOffsetsTopic}
	c.topic(tp.Topic, kafka.NewTopicID(), 0, 1)
	value := strings.Repeat("x", 10_000)
	const batches = 300
	for i := range batches {
		codec := func(h *record.Header) { h.Attributes = int16(i % 5) }
		if _, err := c.set.AppendRecords(tp, batch(t, codec, value, fmt.Sprint(i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	next := int64(0)
	err := c.set.ReadAll(t.Context(), tp, func(r coordinator.Record) error {
		want := value
		if next%2 == 1 {
			want = fmt.Sprint(next / 2)
		}
		if r.Offset != next || string(r.Value) != want {
			return fmt.Errorf("offset %d has %d bytes", r.Offset, len(r.Value))
		}
		next++
		return nil
	})
	if err != nil || next != 2*batches {
		t.Errorf("read %d records, %v", next, err)
	}
}
