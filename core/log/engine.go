package log

import (
	"context"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Engine keeps the logs of one broker: a log module provides it.
type Engine interface {
	// Start locks the directories, checks their format version and lists the logs in them.
	Start(ctx context.Context, id Identity) error
	// Join says which cluster this broker belongs to, once that is known. Directories that had no cluster remember it; one
	// of another cluster is an error.
	Join(ctx context.Context, clusterID string) error
	// Found lists the logs that Start saw. A log that nobody opens is left alone.
	Found() []Found
	// Open opens the log of a partition, recovering it when the last shutdown was not clean, or creates it. Several logs
	// may be opened at the same time. A directory of the same name with another topic id is set aside, never reused.
	Open(ctx context.Context, spec Spec, host Host) (Log, error)
	// Delete removes a log: at once from view, from disk after settings.FileDeleteDelay. The log may be open; readers
	// finish.
	Delete(ctx context.Context, tp kafka.TopicPartition, id kafka.TopicID) error
	// Dirs describes the log directories.
	Dirs() []DirStatus
	// Stop closes every open log and leaves the clean shutdown marker. It takes as long as ctx allows; what it did not
	// reach is recovered at the next start.
	Stop(ctx context.Context) error
}

// Identity is what a data directory remembers of its broker (meta.properties). Start refuses a directory of another one.
type Identity struct {
	NodeID    kafka.NodeID
	ClusterID string // "" accepts any; Join tells it later
}

// Found is a log that is on disk.
type Found struct {
	TopicPartition kafka.TopicPartition
	TopicID        kafka.TopicID
	Dir            string
	// LeaderEpochs reads the side file of leader epochs as Log.LoadEpochs would, nil when there is none. It is called when
	// a log that has no topic is adopted.
	LeaderEpochs func() ([]byte, error)
}

// Spec says which log to open.
type Spec struct {
	TopicPartition kafka.TopicPartition
	TopicID        kafka.TopicID
	Settings       Settings
	// Existing says that the partition is older than this start of the broker. While a directory is offline, such a log
	// that is in none of the others is in that one: Open fails with KAFKA_STORAGE_ERROR, and does not make it anew.
	Existing bool
}

// DirStatus describes one log directory. Memory engines have one with an empty path.
type DirStatus struct {
	Path string
	ID   kafka.TopicID // directory.id of meta.properties
	// ClusterID is the cluster that the directory belongs to, "" for a new one.
	ClusterID string
	Total     int64 // bytes of the volume, -1 when unknown
	Free      int64 // bytes usable, -1 when unknown
	Err       error // why the directory is offline, or nil
}

// Settings are the topic configs that a log obeys, already resolved and checked. Their Kafka names stand beside them.
type Settings struct {
	SegmentBytes       int           // segment.bytes (or internal.segment.bytes)
	SegmentAge         time.Duration // segment.ms
	SegmentJitter      time.Duration // segment.jitter.ms
	SegmentIndexBytes  int           // segment.index.bytes
	IndexIntervalBytes int           // index.interval.bytes
	Retention          time.Duration // retention.ms; negative keeps for ever
	RetentionBytes     int64         // retention.bytes; negative: no limit
	Delete             bool          // cleanup.policy has delete
	Compact            bool          // cleanup.policy has compact
	DeleteRetention    time.Duration // delete.retention.ms
	MinDirtyRatio      float64       // min.cleanable.dirty.ratio
	MinCompactionLag   time.Duration // min.compaction.lag.ms
	MaxCompactionLag   time.Duration // max.compaction.lag.ms
	FlushMessages      int64         // flush.messages; math.MaxInt64: never
	FlushInterval      time.Duration // flush.ms; negative: never
	FileDeleteDelay    time.Duration // file.delete.delay.ms
	Preallocate        bool          // preallocate
	MaxMessageBytes    int           // max.message.bytes, for compaction buffers
}
