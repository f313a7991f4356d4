package metadata

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Source tells what the metadata is now and whenever it changes.
type Source interface {
	// Image returns the newest image. It never blocks.
	Image() *Image
	// Subscribe registers a function that is called after every change, in order, one call at a time, with the image that
	// the delta led to. A change is only reported to whoever asked for it once all subscribers returned: what a
	// CreateTopics call made can be produced to when the call returns. So f must not change metadata itself: the change
	// would wait for f.
	Subscribe(f func(image *Image, delta *Delta))
}

// Controller changes metadata. Every method is atomic, durable when it returns without error, and visible in Image by
// then. Errors are *kafka.Error values with Kafka's codes and words; where a request names several things, each gets its
// own error. Topic and config values are checked by the validators that core/config provides.
type Controller interface {
	// CreateTopics creates topics; with validateOnly it only checks and says what it would do.
	CreateTopics(ctx context.Context, topics []NewTopic, validateOnly bool) []TopicResult
	// DeleteTopics deletes topics by name or, where the name is "", by id.
	DeleteTopics(ctx context.Context, topics []TopicRef) []TopicResult
	// CreatePartitions makes topics grow.
	CreatePartitions(ctx context.Context, topics []NewPartitions, validateOnly bool) []TopicResult
	// AlterConfigs changes configs of resources, all operations of one resource or none.
	AlterConfigs(ctx context.Context, changes []ConfigChange, validateOnly bool) []error
	// EnsureInternalTopic creates an internal topic unless it exists. It is the only way in which one comes to be.
	EnsureInternalTopic(ctx context.Context, topic NewTopic) error
	// AllocateProducerIDs reserves n producer ids that were never given out and returns the first.
	AllocateProducerIDs(ctx context.Context, n int) (kafka.ProducerID, error)
	// AlterPlugins deploys and removes versions of plugins, all of them or none. A version never changes: deploying it
	// again with its digest does nothing, with another one is DUPLICATE_RESOURCE. Removing an unknown one is
	// RESOURCE_NOT_FOUND, and one that a topic's or group's configs name POLICY_VIOLATION.
	AlterPlugins(ctx context.Context, changes []PluginChange) error
}

// Module is what a metadata module provides: it has a life of its own, and is source and controller in one.
type Module interface {
	Source
	Controller
	// Start loads the metadata, registers this broker and elects leaders. Subscribers are called once with everything as
	// new.
	Start(ctx context.Context, self Registration) error
	// Stop ends it; a change under way completes or fails.
	Stop(ctx context.Context) error
}

// Registration is what a broker tells about itself.
type Registration struct {
	ID        kafka.NodeID
	Rack      string
	Endpoints []Endpoint
	// ClusterID is the cluster that the log directories belong to, "" when they are new. A new cluster takes it as its id;
	// metadata of another cluster refuses to start.
	ClusterID string
}

// NewTopic describes a topic to create.
type NewTopic struct {
	Name       string
	Partitions int32 // -1: the broker's num.partitions
	Replicas   int16 // -1: the broker's default.replication.factor
	// Assignment lists the replicas of each partition; then Partitions and Replicas must be -1.
	Assignment []ReplicaAssignment
	Configs    map[string]*string // a nil value is refused, as Kafka does
	// Adopted makes the topic take over logs that exist; nil for a new topic.
	Adopted *Adopted
}

// Adopted is what logs remember of their topic.
type Adopted struct {
	ID kafka.TopicID
	// LeaderEpoch is the newest one in the logs: the topic's leaders begin above it.
	LeaderEpoch kafka.LeaderEpoch
}

// ReplicaAssignment places one partition.
type ReplicaAssignment struct {
	Partition int32
	Replicas  []kafka.NodeID
}

// NewPartitions describes how a topic grows.
type NewPartitions struct {
	Topic      string
	Count      int32            // new total
	Assignment [][]kafka.NodeID // replicas of each added partition, or nil
}

// TopicRef names a topic by name or by id.
type TopicRef struct {
	Name string
	ID   kafka.TopicID
}

// TopicResult is what became of one topic of a request.
type TopicResult struct {
	Name    string
	ID      kafka.TopicID
	Topic   *Topic            // as created (or as it would be); nil on error
	Configs map[string]string // the topic's own configs
	Err     error
}

// ConfigOp is an operation of IncrementalAlterConfigs.
type ConfigOp int8

// The operations.
const (
	SetConfig      ConfigOp = 0
	DeleteConfig   ConfigOp = 1
	AppendConfig   ConfigOp = 2
	SubtractConfig ConfigOp = 3
)

// ConfigChange changes the configs of one resource.
type ConfigChange struct {
	Resource Resource
	// Replace drops every config that Ops does not set: the old AlterConfigs.
	Replace bool
	Ops     []ConfigEdit
}

// ConfigEdit changes one config.
type ConfigEdit struct {
	Name  string
	Op    ConfigOp
	Value *string
}
