package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// fresh is the image of a new cluster with one topic.
func fresh(configs map[string]string) *metadata.Image {
	return &metadata.Image{Configs: map[metadata.Resource]map[string]string{
		{Type: metadata.BrokerResource}:            {"min.insync.replicas": "1"},
		{Type: metadata.TopicResource, Name: "t"}:  configs,
		{Type: metadata.BrokerResource, Name: "1"}: {},
	}}
}

func TestDefinitionsAreCompleteAndValid(t *testing.T) {
	f := func(what string, defs []config.Definition, want int) {
		t.Helper()
		if len(defs) != want {
			t.Errorf("%s: %d definitions, want %d", what, len(defs), want)
		}
		seen := map[string]bool{}
		for _, d := range defs {
			if seen[d.Name] {
				t.Errorf("%s: %s twice", what, d.Name)
			}
			seen[d.Name] = true
			if d.Default != nil {
				if err := d.Validate(*d.Default); err != nil {
					t.Errorf("%s: default: %v", what, err)
				}
			}
		}
	}
	f("topic", config.TopicDefinitions(), 53)
	f("group", config.GroupDefinitions(), 19)
	f("broker", config.BrokerDefinitions(), 340)
	f("client metrics", config.ClientMetricsDefinitions(), 3)
}

func TestSynonymsAreBrokerConfigs(t *testing.T) {
	r := config.NewResolver(nil)
	for _, d := range append(config.TopicDefinitions(), config.GroupDefinitions()...) {
		for _, s := range d.Synonyms {
			if r.Definition(metadata.BrokerResource, s) == nil {
				t.Errorf("%s: synonym %s is no broker config", d.Name, s)
			}
		}
	}
}

func TestCheckTopic(t *testing.T) {
	r := config.NewResolver(nil)
	f := func(configs map[string]string, want string) {
		t.Helper()
		err := r.Check(metadata.Resource{Type: metadata.TopicResource, Name: "t"}, configs)
		if want == "" {
			if err != nil {
				t.Errorf("%v: %v", configs, err)
			}
			return
		}
		if err == nil || *kafka.MessageOf(err) != want || kafka.CodeOf(err) != kafka.InvalidConfig {
			t.Errorf("%v:\n got %v\nwant %s", configs, err, want)
		}
	}
	type kv = map[string]string
	f(kv{}, "")
	f(kv{"retention.ms": " 5000 ", "retention.bytes": "-5", "cleanup.policy": "compact,compact"}, "")
	f(kv{"cleanup.policy": ""}, "")
	f(kv{"internal.segment.bytes": "100", "preallocate": "TRUE", "min.insync.replicas": "5"}, "")
	f(kv{"follower.replication.throttled.replicas": "0:1, 1:2"}, "")
	f(kv{"follower.replication.throttled.replicas": "*"}, "")
	f(kv{"foo": "1"}, "Unknown topic config name: foo")
	f(kv{"retention.ms": "abc"}, "Invalid value abc for configuration retention.ms: Not a number of type LONG")
	f(kv{"segment.bytes": "4294967296"}, "Invalid value 4294967296 for configuration segment.bytes: Not a number of type INT")
	f(kv{"segment.bytes": "100"}, "Invalid value 100 for configuration segment.bytes: Value must be at least 1048576")
	f(kv{"cleanup.policy": "delete,zap"}, "Invalid value zap for configuration cleanup.policy: String must be one of: compact, delete")
	f(kv{"compression.type": "gzip,zstd"}, "Invalid value gzip,zstd for configuration compression.type: String must be one of:"+
		" uncompressed, zstd, lz4, snappy, gzip, producer")
	f(kv{"preallocate": "maybe"}, "Invalid value maybe for configuration preallocate: Expected value to be either true or false")
	f(kv{"min.cleanable.dirty.ratio": "1.5"}, "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1")
	f(kv{"compression.gzip.level": "0"}, "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1")
	f(kv{"leader.replication.throttled.replicas": "x"}, "Invalid value [x] for configuration leader.replication.throttled.replicas: "+
		"leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: "+
		"[partitionId]:[brokerId],[partitionId]:[brokerId],...")
	f(kv{"min.compaction.lag.ms": "1000", "max.compaction.lag.ms": "500"},
		"conflict topic config setting min.compaction.lag.ms (1000) > max.compaction.lag.ms (500)")
	f(kv{"min.compaction.lag.ms": "500", "max.compaction.lag.ms": "500"}, "")
	f(kv{"compression.gzip.level": " 5 ", "min.cleanable.dirty.ratio": " 1 "}, "")
	f(kv{"min.cleanable.dirty.ratio": "NaN"}, "Invalid value NaN for configuration min.cleanable.dirty.ratio: Value must be at least 0")
	f(kv{"follower.replication.throttled.replicas": "*,0:1"}, "Invalid value [*, 0:1] for configuration follower.replication.throttled.replicas: "+
		"follower.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: "+
		"[partitionId]:[brokerId],[partitionId]:[brokerId],...")
	f(kv{"remote.storage.enable": "true"}, "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.")
}

func TestCheckOtherResources(t *testing.T) {
	r := config.NewResolver(map[string]string{"group.consumer.max.heartbeat.interval.ms": "20000"})
	f := func(typ metadata.ResourceType, name, key, value string, code kafka.ErrorCode, want string) {
		t.Helper()
		configs := map[string]string{key: value}
		if typ == metadata.BrokerResource && name == "" && key != "-" {
			configs["min.insync.replicas"] = "1"
		}
		err := r.Check(metadata.Resource{Type: typ, Name: name}, configs)
		if kafka.CodeOf(err) != code || err != nil && *kafka.MessageOf(err) != want {
			t.Errorf("%d %s %s=%s:\n got %v\nwant %s", typ, name, key, value, err, want)
		}
	}
	const broker, group, metrics = metadata.BrokerResource, metadata.GroupResource, metadata.ClientMetricsResource
	f(metadata.TopicResource, "", "retention.ms", "1", kafka.InvalidRequest, "Default topic resources are not allowed.")
	f(99, "x", "a", "b", kafka.InvalidRequest, "Unknown resource type 99")
	f(broker, "1", "foo.bar", "1", kafka.NoError, "")
	f(broker, "", "log.retention.ms", "-7", kafka.NoError, "")
	f(broker, "abc", "foo.bar", "1", kafka.InvalidRequest, "Node id must be an integer, but it is: abc")
	f(broker, "1", "num.partitions", "3", kafka.InvalidRequest, "Cannot update these configs dynamically: [num.partitions]")
	f(broker, "", "listeners", "x", kafka.InvalidRequest,
		"Cannot update these configs at default cluster level, broker id must be specified: [listeners]")
	f(broker, "1", "log.cleaner.threads", "x", kafka.InvalidRequest,
		"Invalid value x for configuration log.cleaner.threads: Not a number of type INT")
	f(broker, "", "-", "", kafka.InvalidConfig, "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.")
	f(broker, "1", "min.insync.replicas", "2", kafka.InvalidConfig, "Broker-level min.insync.replicas cannot be altered while ELR is enabled.")
	f(group, "", "a", "b", kafka.InvalidRequest, "Default group resources are not allowed.")
	f(group, "g", "foo", "1", kafka.InvalidConfig, "Unknown group config name: foo")
	f(group, "g", "consumer.session.timeout.ms", "5", kafka.InvalidConfig,
		"consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms")
	f(group, "g", "consumer.heartbeat.interval.ms", "20001", kafka.InvalidConfig,
		"consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms")
	f(group, "g", "consumer.heartbeat.interval.ms", "20000", kafka.NoError, "")
	f(group, "g", "consumer.heartbeat.interval.ms", "4999", kafka.InvalidConfig,
		"consumer.heartbeat.interval.ms must be greater than or equal to group.consumer.min.heartbeat.interval.ms")
	f(group, "g", "streams.num.standby.replicas", "2", kafka.NoError, "")
	f(group, "g", "streams.num.standby.replicas", "3", kafka.InvalidConfig,
		"streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas")
	f(group, "g", "share.auto.offset.reset", "by_duration:PT1H", kafka.NoError, "")
	f(group, "g", "share.auto.offset.reset", "by_duration:P1DT2.5S", kafka.NoError, "")
	for _, bad := range []string{"by_duration:P", "by_duration:PT", "by_duration:P1DT", "by_duration:1h", "never"} {
		f(group, "g", "share.auto.offset.reset", bad, kafka.InvalidConfig, "Invalid value "+bad+" for configuration share.auto.offset.reset: "+
			"The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS.>'.")
	}
	f(metrics, "m", "interval.ms", "1", kafka.InvalidRequest,
		"Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)")
	f(metrics, "m", "interval.ms", "3600000", kafka.NoError, "")
	f(metrics, "m", "interval.ms", "3600001", kafka.InvalidRequest,
		"Invalid value 3600001 for interval.ms, interval must be between 100 and 3600000 (1 hour)")
	f(metrics, "m", "match", "client_id=[", kafka.InvalidConfig, "Illegal client matching pattern: client_id=[")
}

// TestDescribeTopic compares with what Kafka's own tool printed for a topic with overrides on a fresh cluster.
func TestDescribeTopic(t *testing.T) {
	r := config.NewResolver(map[string]string{"node.id": "1"})
	image := fresh(map[string]string{"cleanup.policy": "compact", "compression.type": "producer", "segment.bytes": "104857600"})
	entries := r.Describe(image, metadata.Resource{Type: metadata.TopicResource, Name: "t"})
	golden(t, "describe-topic.txt", printEntries(entries))
}

// TestDescribeBroker covers the sources, the families in several units, sensitive and unknown configs.
func TestDescribeBroker(t *testing.T) {
	r := config.NewResolver(map[string]string{"node.id": "1", "log.retention.hours": "24", "log.retention.ms": "5000",
		"ssl.key.password": "secret", "log.cleaner.threads": "3"})
	image := fresh(nil)
	image.Configs[metadata.Resource{Type: metadata.BrokerResource, Name: "1"}] = map[string]string{"foo.bar": "1", "log.cleaner.threads": "2"}
	entries := r.Describe(image, metadata.Resource{Type: metadata.BrokerResource, Name: "1"})
	golden(t, "describe-broker.txt", printEntries(entries))

	readOnly := map[string]bool{"num.partitions": true, "listeners": false, "log.retention.ms": false, "foo.bar": true}
	for _, e := range entries {
		if want, ok := readOnly[e.Name]; ok && e.ReadOnly != want {
			t.Errorf("%s: read-only %v", e.Name, e.ReadOnly)
		}
	}

	all := r.Describe(image, metadata.Resource{Type: metadata.BrokerResource})
	if len(all) != 1 || all[0].Name != "min.insync.replicas" || all[0].Source != config.SourceDynamicDefaultBroker {
		t.Errorf("cluster default: %+v", all)
	}
}

func TestTopicInForce(t *testing.T) {
	r := config.NewResolver(map[string]string{"log.retention.hours": "24", "log.roll.hours": "2", "log.roll.jitter.hours": "1",
		"log.flush.scheduler.interval.ms": "7"})
	image := fresh(map[string]string{"max.message.bytes": " 2000 ", "cleanup.policy": "compact,delete"})
	got := r.Topic(image, "t")
	if got.Log.Retention != 24*time.Hour || got.Log.SegmentAge != 2*time.Hour || got.Log.SegmentJitter != time.Hour ||
		got.Log.FlushInterval != 7*time.Millisecond {
		t.Errorf("hours and scheduler interval: %+v", got.Log)
	}
	if !got.Log.Compact || !got.Log.Delete || got.MaxMessageBytes != 2000 || got.Log.MaxMessageBytes != 2000 {
		t.Errorf("overrides: %+v", got)
	}
	if got.TimestampBeforeMax >= 0 || got.TimestampAfterMax != time.Hour || got.MinInSyncReplicas != 1 {
		t.Errorf("defaults: %+v", got)
	}

	all := metadata.Resource{Type: metadata.BrokerResource}
	image.Configs[all] = map[string]string{"log.retention.ms": "-7", "log.segment.bytes": "1", "compression.type": "zap",
		"min.insync.replicas": "2", "compression.zstd.level": "1000", "log.cleaner.min.cleanable.ratio": "7",
		"log.cleaner.delete.retention.ms": "-9223372036854775807"}
	got = r.Topic(image, "unknown")
	if got.ZstdLevel != 22 || got.Log.MinDirtyRatio != 1 || got.Log.DeleteRetention != 0 {
		t.Errorf("values that are out of range: %+v", got)
	}
	if got.Log.Retention >= 0 || got.Log.SegmentBytes != 1<<20 || got.CompressionType != "producer" || got.MinInSyncReplicas != 2 {
		t.Errorf("dynamic broker configs that nobody range-checked: %+v", got)
	}
	own := metadata.Resource{Type: metadata.BrokerResource, Name: "1"}
	image.Configs[own] = map[string]string{"log.retention.ms": "60000"}
	if got := r.Topic(image, "t"); got.Log.Retention != time.Minute {
		t.Errorf("per-broker config: %v", got.Log.Retention)
	}
	if v, ok := r.Value(image, "log.retention.ms"); !ok || v != "60000" {
		t.Errorf("Value = %q, %v", v, ok)
	}
	if _, ok := r.Value(image, "broker.rack"); ok {
		t.Error("broker.rack has a value")
	}
	small := fresh(map[string]string{"internal.segment.bytes": "512"})
	if got := r.Topic(small, "t").Log.SegmentBytes; got != 512 {
		t.Errorf("internal.segment.bytes: %d", got)
	}
	if got := r.Topic(nil, "t").Log.SegmentBytes; got != 1<<30 {
		t.Errorf("without an image: %d", got)
	}
}

// A session must be longer than the heartbeats within it, whichever of the two a group sets.
func TestSessionsOutlastHeartbeats(t *testing.T) {
	r := config.NewResolver(map[string]string{"group.consumer.max.heartbeat.interval.ms": "60000"})
	group := metadata.Resource{Type: metadata.GroupResource, Name: "g"}
	for heartbeat, ok := range map[string]bool{"44999": true, "45000": false, "45001": false} {
		err := r.Check(group, map[string]string{"consumer.heartbeat.interval.ms": heartbeat})
		if (err == nil) != ok || err != nil && *kafka.MessageOf(err) != "consumer.session.timeout.ms must be greater than consumer.heartbeat.interval.ms" {
			t.Errorf("heartbeats of %s ms in sessions of 45000: %v", heartbeat, err)
		}
	}
}

// A negative time means for ever, in minutes too.
func TestInheritedForEver(t *testing.T) {
	r := config.NewResolver(map[string]string{"log.retention.minutes": "-3"})
	for _, e := range r.Describe(nil, metadata.Resource{Type: metadata.TopicResource, Name: "t"}) {
		if e.Name == "retention.ms" && *e.Value != "-1" {
			t.Errorf("retention.ms is %s", *e.Value)
		}
	}
}

func TestDescribeOtherResources(t *testing.T) {
	r := config.NewResolver(map[string]string{"group.consumer.heartbeat.interval.ms": "6000"})
	f := func(res metadata.Resource, configs map[string]string, count int, want string) {
		t.Helper()
		image := fresh(nil)
		image.Configs[res] = configs
		entries := r.Describe(image, res)
		if len(entries) != count {
			t.Errorf("%v: %d configs, want %d", res, len(entries), count)
		}
		if got := printEntries(entries); !strings.Contains(got, want) {
			t.Errorf("%v: no %q in:\n%s", res, want, got)
		}
	}
	group := metadata.Resource{Type: metadata.GroupResource, Name: "act"}
	f(group, map[string]string{"consumer.session.timeout.ms": "50000"}, 17,
		"  consumer.session.timeout.ms=50000 sensitive=false synonyms={DYNAMIC_GROUP_CONFIG:consumer.session.timeout.ms=50000,"+
			" DEFAULT_CONFIG:group.consumer.session.timeout.ms=45000}\n")
	f(group, nil, 17, "  consumer.heartbeat.interval.ms=6000 sensitive=false synonyms={STATIC_BROKER_CONFIG:"+
		"group.consumer.heartbeat.interval.ms=6000, DEFAULT_CONFIG:group.consumer.heartbeat.interval.ms=5000}\n")
	f(metadata.Resource{Type: metadata.ClientMetricsResource, Name: "m"}, map[string]string{"interval.ms": "1000"}, 3,
		"  interval.ms=1000 sensitive=false synonyms={CLIENT_METRICS:interval.ms=1000}\n")
	f(metadata.Resource{Type: 99, Name: "x"}, nil, 0, "")
}
