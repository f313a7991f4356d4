package group_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/fx/fxtest"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/shard/shardtest"
	"github.com/jackdawmq/jackdaw/modules/coordinator/group"
)

// coordinators is how core/broker asks for them.
type coordinators struct {
	fx.In
	All []coordinator.Coordinator `group:"coordinators"`
}

func newWriter(l *shardtest.Log) coordinator.PartitionWriter { return l }
func newReader(l *shardtest.Log) coordinator.PartitionReader { return l }
func newAuthorizer() auth.Authorizer                         { return auth.AllowAll{} }

// The module's settings have Kafka's names and defaults, and it provides one coordinator.
func TestModule(t *testing.T) {
	m := group.Module()
	if m.Kind != module.Coordinator || m.Name != "group" || m.Doc == "" {
		t.Errorf("module %v: %q", m, m.Doc)
	}
	selection, err := module.Load([]module.Module{m}, config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	var got coordinators
	fxtest.New(t, selection.Options(), fx.Supply(&shardtest.Log{}, zap.NewNop()),
		fx.Provide(newWriter, newReader, newAuthorizer), fx.Populate(&got)).RequireStart().RequireStop()
	if len(got.All) != 1 {
		t.Fatalf("%d coordinators", len(got.All))
	}
	c := got.All[0]
	topic := c.Topic()
	if c.Type() != coordinator.Group || topic.Name != kafka.ConsumerOffsetsTopic || topic.Partitions != 50 || topic.Replicas != 3 {
		t.Errorf("type %v, topic %+v", c.Type(), topic)
	}
	var configs []string
	for _, name := range slices.Sorted(maps.Keys(topic.Configs)) {
		configs = append(configs, name+"="+*topic.Configs[name])
	}
	if s := strings.Join(configs, " "); s != "cleanup.policy=compact compression.type=producer segment.bytes=104857600" {
		t.Errorf("topic configs %s", s)
	}
}

func TestValidate(t *testing.T) {
	if err := group.DefaultConfig().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	bad := group.Config{InitialRebalanceDelay: -1e6, MinSessionTimeout: 1, OffsetMetadataMaxSize: -1}
	err := bad.Validate()
	if err == nil {
		t.Fatal("a bad config is valid")
	}
	for _, key := range []string{"group.initial.rebalance.delay.ms", "group.max.session.timeout.ms", "group.max.size",
		"offsets.topic.num.partitions", "offsets.topic.segment.bytes", "offsets.topic.replication.factor", "offsets.retention.minutes",
		"offsets.retention.check.interval.ms", "offset.metadata.max.bytes", "offsets.commit.timeout.ms"} {
		if !strings.Contains("\n"+err.Error(), "\n"+key+": ") {
			t.Errorf("no error for %s in:\n%v", key, err)
		}
	}
}
