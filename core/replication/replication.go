// Package replication is the contract of a replication module: it decides how far the high watermark of a partition may
// go, and keeps followers in step.
package replication

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Replicator keeps the replicas of partitions in step.
type Replicator interface {
	// Start begins replication; Stop ends it.
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	// HighWatermark returns how far the high watermark of a partition that this broker leads may be, given the leader's
	// own stable offset. It is asked after each append, under the partition's lock, and must be quick.
	HighWatermark(p Leader, stable int64) int64
	// InSync returns how many replicas of the partition are in sync, this broker included: acks=all is refused when they
	// are fewer than min(min.insync.replicas, number of replicas).
	InSync(p Leader) int
}

// Leader identifies a partition that this broker leads.
type Leader struct {
	TopicPartition kafka.TopicPartition
	Epoch          kafka.LeaderEpoch
}
