package partition_test

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
	"github.com/jackdawmq/jackdaw/modules/replication/none"
)

// faultyEngine is an engine whose logs fail when a test says so.
type faultyEngine struct {
	log.Engine
	openErr   error
	appendErr atomic.Bool
	found     []log.Found
	hosts     map[kafka.TopicPartition]log.Host
	opened    []kafka.TopicPartition
	deleted   []kafka.TopicPartition
	mu        sync.Mutex
}

type faultyLog struct {
	log.Log
	engine *faultyEngine
	host   log.Host
}

func (e *faultyEngine) Open(ctx context.Context, spec log.Spec, host log.Host) (log.Log, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opened = append(e.opened, spec.TopicPartition)
	if e.openErr != nil {
		return nil, e.openErr
	}
	if e.hosts == nil {
		e.hosts = map[kafka.TopicPartition]log.Host{}
	}
	e.hosts[spec.TopicPartition] = host
	l, err := e.Engine.Open(ctx, spec, host)
	return &faultyLog{l, e, host}, err
}

func (e *faultyEngine) Delete(ctx context.Context, tp kafka.TopicPartition, id kafka.TopicID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.deleted = append(e.deleted, tp)
	return e.Engine.Delete(ctx, tp, id)
}

func (e *faultyEngine) Found() []log.Found { return e.found }

func (l *faultyLog) Append(b []byte, info log.AppendInfo) error {
	if l.engine.appendErr.Load() {
		err := errors.New("the disk is on fire")
		l.host.Failed(err)
		return err
	}
	return l.Log.Append(b, info)
}

// cluster is metadata and the partitions that follow it.
type cluster struct {
	t     testing.TB
	set   *partition.Set
	image *metadata.Image
}

func memoryEngine(t testing.TB) *faultyEngine {
	e := memory.New(memory.DefaultConfig(), zap.NewNop())
	if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Stop(context.Background()) })
	return &faultyEngine{Engine: e}
}

func newCluster(t testing.TB, e log.Engine) *cluster {
	return &cluster{t: t, image: &metadata.Image{
		Topics: map[string]*metadata.Topic{}, TopicIDs: map[kafka.TopicID]*metadata.Topic{}, Configs: map[metadata.Resource]map[string]string{},
	}, set: newSet(e)}
}

func newSet(e log.Engine) *partition.Set {
	return partition.New(partition.Settings{
		Self: 1, Engine: e, Replicator: none.Replicator{}, Configs: config.NewResolver(nil), Log: zap.NewNop(),
		ProducerExpiry: 24 * time.Hour, OpenParallel: 4,
	})
}

func (c *cluster) start(progress func(opened, total int)) {
	c.t.Helper()
	if err := c.set.Start(c.t.Context(), c.image, progress); err != nil {
		c.t.Fatal(err)
	}
}

// topic puts a topic into metadata: leaders lists the leader of each partition, which is also its only replica.
func (c *cluster) topic(name string, id kafka.TopicID, epoch kafka.LeaderEpoch, leaders ...kafka.NodeID) {
	t := &metadata.Topic{Name: name, ID: id}
	for _, leader := range leaders {
		t.Partitions = append(t.Partitions, metadata.Partition{Replicas: []kafka.NodeID{leader}, Leader: leader, LeaderEpoch: epoch})
	}
	c.change(&metadata.Delta{Topics: []*metadata.Topic{t}}, func(i *metadata.Image) { i.Topics[name], i.TopicIDs[id] = t, t })
}

func (c *cluster) change(d *metadata.Delta, edit func(*metadata.Image)) {
	image := *c.image
	image.Offset++
	image.Topics, image.TopicIDs, image.Configs = maps.Clone(image.Topics), maps.Clone(image.TopicIDs), maps.Clone(image.Configs)
	edit(&image)
	c.image = &image
	c.set.MetadataChanged(&image, d)
}

func (c *cluster) partition(topic string, i int32) *partition.Partition {
	c.t.Helper()
	p, err := c.set.Lookup(kafka.TopicPartition{Topic: topic, Partition: i})
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

func batch(t testing.TB, edit func(*record.Header), values ...string) []byte {
	t.Helper()
	h := record.NewHeader()
	if edit != nil {
		edit(&h)
	}
	var b record.Builder
	b.Reset(nil, h)
	for _, v := range values {
		b.Append(time.Now().UnixMilli(), []byte("k"), []byte(v))
	}
	out, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (c *cluster) append(p *partition.Partition, edit func(*record.Header), values ...string) (partition.AppendResult, error) {
	return p.AppendAsLeader(batch(c.t, edit, values...), partition.AppendOptions{Acks: 1, LeaderEpoch: kafka.NoEpoch})
}

func (c *cluster) mustAppend(p *partition.Partition, values ...string) {
	c.t.Helper()
	if _, err := c.append(p, nil, values...); err != nil {
		c.t.Fatal(err)
	}
}

// neverExpires is the deadline of a wait that only a wake-up ends.
func neverExpires() time.Time { return time.Time{} }
