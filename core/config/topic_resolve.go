package config

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Topic returns the configs in force for a topic; unknown topics get the defaults. It parses afresh on each call: it runs
// when a partition opens and when configs change, never on the hot path.
func (r *Resolver) Topic(image *metadata.Image, topic string) *Topic {
	v := topicValues{r: r, image: image}
	if image != nil {
		v.set = image.TopicConfigs(topic)
	}
	levels := func(name string, low, high int64) int { return int(min(max(v.number(name), low), high)) }
	return &Topic{
		Log:                v.log(),
		MaxMessageBytes:    int(max(v.number("max.message.bytes"), 0)),
		CompressionType:    v.text("compression.type"),
		GzipLevel:          levels("compression.gzip.level", -1, 9),
		LZ4Level:           levels("compression.lz4.level", 1, 17),
		ZstdLevel:          levels("compression.zstd.level", -131072, 22),
		LogAppendTime:      v.text("message.timestamp.type") == "LogAppendTime",
		TimestampBeforeMax: v.limit("message.timestamp.before.max.ms"),
		TimestampAfterMax:  v.limit("message.timestamp.after.max.ms"),
		MinInSyncReplicas:  int(max(v.number("min.insync.replicas"), 1)),
		Plugins:            PluginsOf(topic, v.set),
	}
}

// topicValues reads the configs in force for one topic. What was set on the topic has been checked; dynamic broker configs
// have not been range-checked (Kafka does not), hence the bounds here.
type topicValues struct {
	r     *Resolver
	image *metadata.Image
	set   map[string]string
}

func (v topicValues) log() log.Settings {
	policy := splitList(v.text("cleanup.policy"))
	s := log.Settings{
		SegmentBytes:       int(max(v.number("segment.bytes"), 1<<20)),
		SegmentAge:         max(v.duration("segment.ms"), time.Millisecond),
		SegmentJitter:      max(v.duration("segment.jitter.ms"), 0),
		SegmentIndexBytes:  int(max(v.number("segment.index.bytes"), 4)),
		IndexIntervalBytes: int(max(v.number("index.interval.bytes"), 0)),
		Retention:          v.limit("retention.ms"),
		RetentionBytes:     v.number("retention.bytes"),
		Delete:             slices.Contains(policy, "delete"),
		Compact:            slices.Contains(policy, "compact"),
		DeleteRetention:    max(v.duration("delete.retention.ms"), 0),
		MinDirtyRatio:      v.ratio("min.cleanable.dirty.ratio"),
		MinCompactionLag:   max(v.duration("min.compaction.lag.ms"), 0),
		MaxCompactionLag:   max(v.duration("max.compaction.lag.ms"), time.Millisecond),
		FlushMessages:      max(v.number("flush.messages"), 1),
		FlushInterval:      v.limit("flush.ms"),
		FileDeleteDelay:    max(v.duration("file.delete.delay.ms"), 0),
		Preallocate:        strings.EqualFold(v.text("preallocate"), "true"),
		MaxMessageBytes:    int(max(v.number("max.message.bytes"), 0)),
	}
	if n := v.number(internalSegmentBytes); n > 0 {
		s.SegmentBytes = int(n)
	}
	return s
}

// text returns the value in force, or the default when what a broker config says is no value of this topic config.
func (v topicValues) text(name string) string {
	if s, ok := v.set[name]; ok {
		return strings.TrimSpace(s)
	}
	d := v.r.topics.byName[name]
	s, _ := v.r.inherited(v.image, d)
	if d.ValidateType(s) != nil || d.Check != nil && (d.Type == String || d.Type == List) && d.Validate(s) != nil {
		s, _ = v.r.inherited(nil, &Definition{Default: d.Default})
	}
	return strings.TrimSpace(s)
}

func (v topicValues) number(name string) int64 {
	n, _ := strconv.ParseInt(v.text(name), 10, 64)
	return n
}

func (v topicValues) ratio(name string) float64 {
	f, err := strconv.ParseFloat(v.text(name), 64)
	if err != nil || math.IsNaN(f) {
		return 0
	}
	return min(max(f, 0), 1)
}

// duration reads milliseconds; what a time.Duration can't hold becomes the longest that it can.
func (v topicValues) duration(name string) time.Duration {
	ms := v.number(name)
	if ms > int64(math.MaxInt64/time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(max(ms, -1)) * time.Millisecond
}

// limit is duration, with -1 for negative and for "never" (Long.MAX).
func (v topicValues) limit(name string) time.Duration {
	if d := v.duration(name); d >= 0 && d != math.MaxInt64 {
		return d
	}
	return -1
}
