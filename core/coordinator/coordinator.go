// Package coordinator is the contract of coordinator modules: parts that keep state in an internal topic, one shard per
// partition, and answer API keys of their own. It also says how a coordinator reaches the log: it appends to and reloads
// from its internal topic, and asks for the end of a partition; it knows nothing else of storage.
package coordinator

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Coordinator is what every coordinator module provides.
type Coordinator interface {
	// Type is the coordinator type of FindCoordinator that the module answers for.
	Type() Type
	// Topic is the internal topic that holds the state: FindCoordinator creates it when it does not exist yet.
	Topic() metadata.NewTopic
	// Routes are the API keys that the module answers.
	Routes() []api.Route
	// Elected loads the shard of a partition of the internal topic that this broker now leads. It returns at once;
	// requests are answered COORDINATOR_LOAD_IN_PROGRESS until the shard is loaded.
	Elected(partition int32, epoch kafka.LeaderEpoch)
	// Resigned drops the shard of a partition; requests then get NOT_COORDINATOR.
	Resigned(partition int32)
	// MetadataChanged is called after each change of metadata: topics deleted, group configs changed.
	MetadataChanged(image *metadata.Image, delta *metadata.Delta)
	// Stop lets running requests end and stops all shards.
	Stop(ctx context.Context) error
}

// Type is a coordinator type of FindCoordinator.
type Type int8

// The coordinator types.
const (
	Group       Type = 0
	Transaction Type = 1
	Share       Type = 2
)

// PartitionWriter appends a coordinator's records to its internal topic.
type PartitionWriter interface {
	// AppendRecords appends one batch of records (built with core/record; offsets are assigned here) and returns the offset
	// after the last one. It does not wait for replication: NotifyCommitted tells when that offset is committed.
	AppendRecords(tp kafka.TopicPartition, batch []byte, epoch kafka.LeaderEpoch) (endOffset int64, err error)
	// NotifyCommitted calls f whenever the high watermark of a partition moves, with its new value, until the returned
	// function is called. f must return quickly.
	NotifyCommitted(tp kafka.TopicPartition, f func(highWatermark int64)) (cancel func(), err error)
}

// PartitionReader reads a coordinator's internal topic when a shard is loaded.
type PartitionReader interface {
	// ReadAll calls f for each record of a partition from its log start offset up to its log end offset, in order. Key and
	// value are only valid during the call; value is nil for a tombstone.
	ReadAll(ctx context.Context, tp kafka.TopicPartition, f func(Record) error) error
}

// Record is a record of an internal topic as ReadAll gives it.
type Record struct {
	Offset     int64
	Timestamp  int64 // milliseconds
	Key, Value []byte
	// Control is true for transaction markers: Key and Value are then the marker's.
	Control       bool
	ProducerID    kafka.ProducerID
	ProducerEpoch kafka.ProducerEpoch
	Transactional bool
}

// Offsets tells where partitions end.
type Offsets interface {
	// LogEndOffset returns the log end offset of a partition that this broker leads.
	LogEndOffset(tp kafka.TopicPartition) (int64, bool)
}
