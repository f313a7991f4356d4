package config

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/log"
)

// Topic holds the topic configs in force for one topic, parsed: what a partition and its log obey.
type Topic struct {
	Log log.Settings

	MaxMessageBytes    int           // max.message.bytes
	CompressionType    string        // compression.type: producer, uncompressed, gzip, snappy, lz4 or zstd
	GzipLevel          int           // compression.gzip.level
	LZ4Level           int           // compression.lz4.level
	ZstdLevel          int           // compression.zstd.level
	LogAppendTime      bool          // message.timestamp.type is LogAppendTime
	TimestampBeforeMax time.Duration // message.timestamp.before.max.ms; negative: no limit
	TimestampAfterMax  time.Duration // message.timestamp.after.max.ms; negative: no limit
	MinInSyncReplicas  int           // min.insync.replicas

	// Plugins are what runs before the append: the configs jackdaw.*; nil for none.
	Plugins *Plugins
}
