package partition_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/internal/purgatory"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// TestRestart has what a partition must still know after a clean stop: epochs, producers, offsets.
func TestRestart(t *testing.T) {
	fsys := vfs.NewMem()
	id := kafka.NewTopicID()
	producer := func(sequence int32) func(*record.Header) {
		return func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = 7, 0, sequence }
	}
	run := func(epoch kafka.LeaderEpoch, f func(c *cluster, p *partition.Partition)) {
		cfg := segment.DefaultConfig()
		cfg.Dirs = []string{"data"}
		e := segment.New(cfg, fsys, zap.NewNop())
		if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
			t.Fatal(err)
		}
		c := newCluster(t, e)
		c.topic("t", id, epoch, 1)
		c.start(nil)
		f(c, c.partition("t", 0))
		if err := errors.Join(c.set.Stop(t.Context()), e.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	run(0, func(c *cluster, p *partition.Partition) {
		for i := range int32(3) {
			if _, err := c.append(p, producer(i), "v"); err != nil {
				t.Fatal(err)
			}
		}
	})
	run(2, func(c *cluster, p *partition.Partition) {
		if p.HighWatermark() != 3 || p.LogEndOffset() != 3 {
			t.Errorf("high watermark %d, log end %d", p.HighWatermark(), p.LogEndOffset())
		}
		if r, err := c.append(p, producer(2), "v"); err != nil || !r.Duplicate || r.BaseOffset != 2 {
			t.Errorf("the last batch is a known duplicate: %+v, %v", r, err)
		}
		if _, err := c.append(p, producer(1), "v"); !errors.Is(err, kafka.OutOfOrderSequenceNumber) {
			t.Errorf("the batch before is not: %v", err)
		}
	})
	run(4, func(c *cluster, p *partition.Partition) {
		if _, err := c.append(p, producer(3), "v"); err != nil {
			t.Error(err)
		}
		if epoch, end, err := p.EpochEnd(-1, 2); epoch != 0 || end != 3 || err != nil {
			t.Errorf("end of the epoch in which nothing was written: (%d, %d), %v", epoch, end, err)
		}
	})
	run(6, func(c *cluster, p *partition.Partition) {
		if epoch, end, err := p.EpochEnd(-1, 4); epoch != 4 || end != 4 || err != nil {
			t.Errorf("end of epoch 4: (%d, %d), %v", epoch, end, err)
		}
	})
}

// TestRestartAfterCrash loses everything that was not synced. With flush.messages=1 nothing that was acknowledged is lost,
// and replay knows more than a snapshot: all of the last five batches.
func TestRestartAfterCrash(t *testing.T) {
	fsys := vfs.NewMem()
	id := kafka.NewTopicID()
	open := func(fsys vfs.FS) (*cluster, *partition.Partition) {
		cfg := segment.DefaultConfig()
		cfg.Dirs = []string{"data"}
		e := segment.New(cfg, fsys, zap.NewNop())
		if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
			t.Fatal(err)
		}
		c := newCluster(t, e)
		c.image.Configs[metadata.Resource{Type: metadata.TopicResource, Name: "t"}] = map[string]string{"flush.messages": "1"}
		c.topic("t", id, 0, 1)
		c.start(nil)
		t.Cleanup(func() { _ = errors.Join(c.set.Stop(context.Background()), e.Stop(context.Background())) })
		return c, c.partition("t", 0)
	}
	producer := func(sequence int32) func(*record.Header) {
		return func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = 7, 0, sequence }
	}
	c, p := open(fsys)
	waiter := purgatory.NewWaiter()
	p.Watch(waiter)
	for i := range int32(7) {
		r, err := c.append(p, producer(i), "v")
		if err != nil {
			t.Fatal(err)
		}
		err = waiter.Await(t.Context(), time.Time{}, func() bool {
			done, err := p.Replicated(r.LastOffset)
			return done && err == nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	waiter.Unwatch()

	c, p = open(fsys.CrashClone(nil))
	if p.HighWatermark() != 7 {
		t.Fatalf("high watermark %d after the crash, want 7", p.HighWatermark())
	}
	for i := range int32(5) {
		if r, err := c.append(p, producer(i+2), "v"); err != nil || !r.Duplicate || r.BaseOffset != int64(i)+2 {
			t.Errorf("sequence %d: %+v, %v", i+2, r, err)
		}
	}
	if _, err := c.append(p, producer(1), "v"); !errors.Is(err, kafka.OutOfOrderSequenceNumber) {
		t.Errorf("sequence 1: %v", err)
	}
}
