package group

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Config is what operators set.
type Config struct {
	InitialRebalanceDelay  time.Duration `config:"group.initial.rebalance.delay.ms" doc:"How long the first rebalance of a new group waits for more members."`
	MinSessionTimeout      time.Duration `config:"group.min.session.timeout.ms" doc:"Shortest session timeout that a member may ask for."`
	MaxSessionTimeout      time.Duration `config:"group.max.session.timeout.ms" doc:"Longest session timeout that a member may ask for."`
	MaxSize                int           `config:"group.max.size" doc:"Most members of a group."`
	OffsetsPartitions      int32         `config:"offsets.topic.num.partitions" doc:"Partitions of __consumer_offsets when it is created."`
	OffsetsSegmentBytes    int           `config:"offsets.topic.segment.bytes" doc:"Segment size of __consumer_offsets when it is created."`
	OffsetsReplicas        int16         `config:"offsets.topic.replication.factor" doc:"Replicas of __consumer_offsets when it is created; fewer when there are fewer brokers."`
	OffsetsRetention       time.Duration `config:"offsets.retention.minutes" doc:"How long offsets outlive their group, or their last commit when no group uses them."`
	RetentionCheckInterval time.Duration `config:"offsets.retention.check.interval.ms" doc:"How often old offsets are looked for."`
	OffsetMetadataMaxSize  int           `config:"offset.metadata.max.bytes" doc:"Longest metadata text of a committed offset."`
	CommitTimeout          time.Duration `config:"offsets.commit.timeout.ms" doc:"How long a commit waits for the replicas of __consumer_offsets."`
}

// DefaultConfig returns the config of a broker whose operator set nothing: Apache Kafka's defaults.
func DefaultConfig() Config {
	return Config{
		InitialRebalanceDelay:  3 * time.Second,
		MinSessionTimeout:      6 * time.Second,
		MaxSessionTimeout:      30 * time.Minute,
		MaxSize:                math.MaxInt32,
		OffsetsPartitions:      50,
		OffsetsSegmentBytes:    100 << 20,
		OffsetsReplicas:        3,
		OffsetsRetention:       7 * 24 * time.Hour,
		RetentionCheckInterval: 10 * time.Minute,
		OffsetMetadataMaxSize:  4096,
		CommitTimeout:          5 * time.Second,
	}
}

// Validate refuses values that Apache Kafka refuses, all of them at once.
func (c Config) Validate() error {
	var errs []error
	for _, v := range []struct {
		name  string
		value int64
		least int64
	}{
		{"group.initial.rebalance.delay.ms", c.InitialRebalanceDelay.Milliseconds(), 0},
		{"group.min.session.timeout.ms", c.MinSessionTimeout.Milliseconds(), 0},
		{"group.max.size", int64(c.MaxSize), 1},
		{"offsets.topic.num.partitions", int64(c.OffsetsPartitions), 1},
		{"offsets.topic.segment.bytes", int64(c.OffsetsSegmentBytes), 1},
		{"offsets.topic.replication.factor", int64(c.OffsetsReplicas), 1},
		{"offsets.retention.minutes", int64(c.OffsetsRetention / time.Minute), 1},
		{"offsets.retention.check.interval.ms", c.RetentionCheckInterval.Milliseconds(), 1},
		{"offset.metadata.max.bytes", int64(c.OffsetMetadataMaxSize), 0},
		{"offsets.commit.timeout.ms", c.CommitTimeout.Milliseconds(), 1},
	} {
		if v.value < v.least {
			errs = append(errs, fmt.Errorf("%s: must be at least %d", v.name, v.least))
		}
	}
	if c.MaxSessionTimeout < c.MinSessionTimeout {
		errs = append(errs, fmt.Errorf("group.max.session.timeout.ms: %v is less than group.min.session.timeout.ms, which is %v",
			c.MaxSessionTimeout, c.MinSessionTimeout))
	}
	return errors.Join(errs...)
}
