package group

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strconv"
	"sync/atomic"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// Deps is what the coordinator works with.
type Deps struct {
	Writer     coordinator.PartitionWriter
	Reader     coordinator.PartitionReader
	Authorizer auth.Authorizer
	Log        *zap.Logger
	// Random makes member ids unique. It is read by several goroutines; nil means crypto/rand.
	Random io.Reader
}

// Coordinator is the group coordinator of a broker.
type Coordinator struct {
	cfg    Config
	auth   auth.Authorizer
	shards *shard.Runtime[*machine]
	// members is how much memory the members of all groups take.
	members memory
	image   atomic.Pointer[metadata.Image]
}

var _ coordinator.Coordinator = (*Coordinator)(nil)

// New returns a coordinator that is not elected for any partition yet.
func New(cfg Config, d Deps) *Coordinator {
	if d.Random == nil {
		d.Random = rand.Reader
	}
	c := &Coordinator{cfg: cfg, auth: d.Authorizer}
	c.image.Store(&metadata.Image{})
	newID := func() string { return newUUID(d.Random) }
	c.shards = shard.New(shard.Settings[*machine]{
		Topic: kafka.ConsumerOffsetsTopic,
		NewState: func(partition int32) *machine {
			m := newMachine(&c.cfg, newID)
			m.members, m.full = c.members.shard(partition), c.members.spent
			return m
		},
		Writer:        d.Writer,
		Reader:        d.Reader,
		CommitTimeout: cfg.CommitTimeout,
		Log:           d.Log,
	})
	return c
}

// Type implements coordinator.Coordinator.
func (c *Coordinator) Type() coordinator.Type { return coordinator.Group }

// Topic implements coordinator.Coordinator: __consumer_offsets, with the overrides that Kafka gives it.
func (c *Coordinator) Topic() metadata.NewTopic {
	text := func(s string) *string { return &s }
	return metadata.NewTopic{
		Name:       kafka.ConsumerOffsetsTopic,
		Partitions: c.cfg.OffsetsPartitions,
		Replicas:   c.cfg.OffsetsReplicas,
		Configs: map[string]*string{
			"cleanup.policy":   text("compact"),
			"compression.type": text("producer"),
			"segment.bytes":    text(strconv.Itoa(c.cfg.OffsetsSegmentBytes)),
		},
	}
}

// Elected implements coordinator.Coordinator.
func (c *Coordinator) Elected(partition int32, epoch kafka.LeaderEpoch) {
	c.shards.Elected(partition, epoch)
}

// Resigned implements coordinator.Coordinator.
func (c *Coordinator) Resigned(partition int32) {
	c.shards.Resigned(partition)
	c.members.forget(partition)
}

// MetadataChanged implements coordinator.Coordinator: with a topic go the offsets that groups have committed for it.
func (c *Coordinator) MetadataChanged(image *metadata.Image, delta *metadata.Delta) {
	c.image.Store(image)
	if delta == nil || len(delta.Deleted) == 0 {
		return
	}
	topics := make([]string, 0, len(delta.Deleted))
	for _, t := range delta.Deleted {
		topics = append(topics, t.Name)
	}
	for _, p := range c.shards.Partitions() {
		c.shards.Enqueue(p, func(m *machine, t *shard.Turn) { m.forget(t, topics) })
	}
}

// Stop implements coordinator.Coordinator.
func (c *Coordinator) Stop(ctx context.Context) error { return c.shards.Stop(ctx) }

// partition returns the partition of __consumer_offsets that owns a group.
func (c *Coordinator) partition(group string) int32 {
	n := c.cfg.OffsetsPartitions
	if topic := c.image.Load().Topics[kafka.ConsumerOffsetsTopic]; topic != nil && len(topic.Partitions) > 0 {
		n = int32(len(topic.Partitions))
	}
	return kafka.CoordinatorPartition(group, n)
}

// call runs h in the shard that owns a group and returns what it replies.
func call[R any](c *Coordinator, from *api.Call, group string, h func(m *machine, t *shard.Turn, reply func(R))) (R, kafka.ErrorCode) {
	return callPartition(c, from, c.partition(group), h)
}

// callPartition is call for a shard that is known.
func callPartition[R any](c *Coordinator, from *api.Call, partition int32,
	h func(m *machine, t *shard.Turn, reply func(R))) (R, kafka.ErrorCode) {
	answer, err := shard.Call(from.Context(), c.shards, partition, h)
	return answer, kafka.CodeOf(err)
}

// newUUID returns a random UUID (version 4) in its usual text form.
func newUUID(random io.Reader) string {
	var id [16]byte
	if _, err := io.ReadFull(random, id[:]); err != nil {
		panic("BUG: the source of random bytes ended: " + err.Error())
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
