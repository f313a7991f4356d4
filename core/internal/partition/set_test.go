package partition_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
)

func TestSetFollowsMetadata(t *testing.T) {
	e := memoryEngine(t)
	c := newCluster(t, e)
	id, id2 := kafka.NewTopicID(), kafka.NewTopicID()
	c.topic("before", id, 0, 1, 2, 1)
	if len(e.opened) != 0 {
		t.Error("a log was opened before Start")
	}
	var steps []int
	c.start(func(opened, total int) { steps = append(steps, opened*100+total) })
	if !slices.Equal(steps, []int{102, 202}) {
		t.Errorf("progress %v", steps)
	}
	f := func(topic string, i int32, want error) {
		t.Helper()
		if _, err := c.set.Lookup(kafka.TopicPartition{Topic: topic, Partition: i}); !errors.Is(err, want) {
			t.Errorf("%s-%d: %v, want %v", topic, i, err, want)
		}
	}
	f("before", 0, nil)
	f("before", 1, kafka.NotLeaderOrFollower)
	f("before", 3, kafka.UnknownTopicOrPartition)
	f("before", -1, kafka.UnknownTopicOrPartition)
	f("after", 0, kafka.UnknownTopicOrPartition)

	first := c.partition("before", 0)
	c.topic("before", id, 0, 1, 2, 1, 1) // grows
	f("before", 3, nil)
	if c.partition("before", 0) != first || c.set.TopicByID(id) == nil || c.set.Topic([]byte("before")) != c.set.TopicByID(id) {
		t.Error("a topic that grows must keep its partitions")
	}
	c.topic("before", id2, 0, 1) // created again under its name
	if !first.Deleted() || c.set.TopicByID(id) != nil || len(e.deleted) != 3 {
		t.Errorf("deleted %v, %v", first.Deleted(), e.deleted)
	}
	f("before", 2, kafka.UnknownTopicOrPartition)
	c.topic("before", id2, 0, 2) // moves to another broker
	f("before", 0, kafka.NotLeaderOrFollower)

	second := c.image.Topics["before"]
	c.change(&metadata.Delta{Deleted: []*metadata.Topic{second}}, func(i *metadata.Image) {
		delete(i.Topics, "before")
		delete(i.TopicIDs, id2)
	})
	f("before", 0, kafka.UnknownTopicOrPartition)
	if _, err := c.append(first, nil, "v"); !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Errorf("append to a deleted partition: %v", err)
	}
}

func TestSetConfigs(t *testing.T) {
	c := newCluster(t, memoryEngine(t))
	c.start(nil)
	c.topic("t", kafka.NewTopicID(), 0, 1)
	p := c.partition("t", 0)
	c.mustAppend(p, "v")
	c.change(&metadata.Delta{Configs: []metadata.Resource{{Type: metadata.TopicResource, Name: "t"}}}, func(i *metadata.Image) {
		i.Configs[metadata.Resource{Type: metadata.TopicResource, Name: "t"}] = map[string]string{"max.message.bytes": "10"}
	})
	if _, err := c.append(p, nil, "v"); !errors.Is(err, kafka.MessageTooLarge) {
		t.Errorf("max.message.bytes=10: %v", err)
	}
	c.change(&metadata.Delta{Configs: []metadata.Resource{{Type: metadata.TopicResource, Name: "t"}, {Type: metadata.BrokerResource}}}, func(i *metadata.Image) {
		delete(i.Configs, metadata.Resource{Type: metadata.TopicResource, Name: "t"})
		i.Configs[metadata.Resource{Type: metadata.BrokerResource}] = map[string]string{"message.max.bytes": "20"}
	})
	if got := p.Config().MaxMessageBytes; got != 20 {
		t.Errorf("max.message.bytes is %d, want the cluster's default 20", got)
	}
}

func TestStorageFailures(t *testing.T) {
	e := memoryEngine(t)
	c := newCluster(t, e)
	c.start(nil)
	e.openErr = errors.New("no such disk")
	c.topic("closed", kafka.NewTopicID(), 0, 1)
	e.openErr = nil
	c.topic("t", kafka.NewTopicID(), 0, 1)
	p := c.partition("t", 0)
	c.mustAppend(p, "v")
	e.appendErr.Store(true)
	for _, p := range []*partition.Partition{p, c.partition("closed", 0)} {
		_, appendErr := c.append(p, nil, "v")
		readErr := p.Read(&partition.ReadRequest{CurrentEpoch: -1, LastFetchedEpoch: -1}, &partition.ReadResult{})
		_, listErr := p.ListOffset(t.Context(), kafka.LatestTimestamp, kafka.ReadUncommitted, kafka.NoEpoch)
		_, deleteErr := p.DeleteRecords(-1)
		_, _, epochErr := p.EpochEnd(-1, 0)
		for _, err := range []error{appendErr, readErr, listErr, deleteErr, epochErr} {
			if !errors.Is(err, kafka.KafkaStorageError) {
				t.Errorf("%v: %v", p.TopicPartition(), err)
			}
		}
	}
	c.topic("closed", c.image.Topics["closed"].ID, 1, 1) // changes of metadata go on
	if err := c.set.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestStopEndsService(t *testing.T) {
	c := newCluster(t, memoryEngine(t))
	c.start(nil)
	c.topic("t", kafka.NewTopicID(), 0, 1)
	p := c.partition("t", 0)
	if err := c.set.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.append(p, nil, "v"); !errors.Is(err, kafka.NotLeaderOrFollower) {
		t.Errorf("append after Stop: %v", err)
	}
	c.topic("u", kafka.NewTopicID(), 0, 1) // no longer follows
	if c.set.Topic([]byte("u")) != nil {
		t.Error("a topic came after Stop")
	}
}

func TestCoordinatorAccess(t *testing.T) {
	c := newCluster(t, memoryEngine(t))
	c.start(nil)
	tp := kafka.TopicPartition{Topic: kafka.ConsumerOffsetsTopic}
	c.topic(tp.Topic, kafka.NewTopicID(), 4, 1)
	var moved []int64
	cancel, err := c.set.NotifyCommitted(tp, func(high int64) { moved = append(moved, high) })
	if err != nil {
		t.Fatal(err)
	}
	f := func(epoch kafka.LeaderEpoch, end int64, want error, values ...string) {
		t.Helper()
		got, err := c.set.AppendRecords(tp, batch(t, nil, values...), epoch)
		if got != end || !errors.Is(err, want) {
			t.Errorf("epoch %d: %d, %v; want %d, %v", epoch, got, err, end, want)
		}
	}
	f(4, 2, nil, "a", "b")
	f(4, 3, nil, "c")
	f(3, -1, kafka.FencedLeaderEpoch, "x")
	f(5, -1, kafka.UnknownLeaderEpoch, "x")
	cancel()
	f(4, 4, nil, "d")
	if !slices.Equal(moved, []int64{2, 3}) {
		t.Errorf("told of the high watermarks %v", moved)
	}
	if end, ok := c.set.LogEndOffset(tp); end != 4 || !ok {
		t.Errorf("log end offset %d, %v", end, ok)
	}
	var read []string
	err = c.set.ReadAll(t.Context(), tp, func(r coordinator.Record) error {
		if r.Offset != int64(len(read)) || string(r.Key) != "k" {
			t.Errorf("%+v", r)
		}
		read = append(read, string(r.Value))
		return nil
	})
	if err != nil || !slices.Equal(read, []string{"a", "b", "c", "d"}) {
		t.Errorf("read %v, %v", read, err)
	}
	stop := errors.New("enough")
	if err := c.set.ReadAll(t.Context(), tp, func(coordinator.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("an error of the caller: %v", err)
	}
	if _, err := c.set.AppendRecords(kafka.TopicPartition{Topic: "nope"}, nil, 0); !errors.Is(err, kafka.UnknownTopicOrPartition) {
		t.Error(err)
	}
}

// TestConcurrentUse lets the race detector look at appends, reads, deletions of records and look-ups side by side.
func TestConcurrentUse(t *testing.T) {
	c := newCluster(t, memoryEngine(t))
	c.start(nil)
	c.topic("t", kafka.NewTopicID(), 0, 1)
	p := c.partition("t", 0)
	const writers, appends = 3, 100
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range int32(appends) {
				h := func(h *record.Header) { h.ProducerID, h.ProducerEpoch, h.BaseSequence = kafka.ProducerID(w), 0, i }
				if _, err := c.append(p, h, "v"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Go(func() {
		var r partition.ReadResult
		for next := int64(0); next < writers*appends; {
			err := p.Read(&partition.ReadRequest{Offset: next, MaxBytes: 1 << 10, MinOne: true, CurrentEpoch: -1, LastFetchedEpoch: -1}, &r)
			switch {
			case errors.Is(err, kafka.OffsetOutOfRange):
				next = p.LogStartOffset()
				continue
			case err != nil:
				t.Error(err)
				return
			case r.LogStartOffset > r.LastStableOffset || r.LastStableOffset > r.HighWatermark:
				t.Errorf("inconsistent: %+v", r)
			}
			for b, err := range record.Batches(r.Extent.Bytes()) {
				if err != nil {
					break
				}
				h := b.Header()
				if next = h.LastOffset() + 1; next > r.HighWatermark {
					t.Errorf("offset %d is above the high watermark %d", next-1, r.HighWatermark)
				}
			}
			r.Extent.Release()
		}
	})
	wg.Go(func() {
		for p.LogEndOffset() < writers*appends {
			if _, err := p.DeleteRecords(p.HighWatermark() / 2); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Go(func() {
		for i := range 50 {
			c.topic("u", kafka.NewTopicID(), kafka.LeaderEpoch(i), 1)
		}
	})
	wg.Wait()
}

func TestLookupsDoNotAllocate(t *testing.T) {
	c := newCluster(t, memoryEngine(t))
	c.start(nil)
	id := kafka.NewTopicID()
	c.topic("a-topic-with-a-name-that-needs-the-heap", id, 0, 1)
	name := []byte("a-topic-with-a-name-that-needs-the-heap")
	allocs := testing.AllocsPerRun(100, func() {
		byName, err1 := c.set.Topic(name).Partition(0)
		byID, err2 := c.set.TopicByID(id).Partition(0)
		if byName != byID || err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if _, err := c.set.Topic(name).Partition(1); err == nil {
			t.Fatal("found a partition too many")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
