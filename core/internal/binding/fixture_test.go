package binding_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
	"github.com/jackdawmq/jackdaw/modules/replication/none"
)

// fixture has bindings over partitions that really take batches.
type fixture struct {
	t          *testing.T
	registry   *fakeRegistry
	partitions *partition.Set
	bindings   *binding.Bindings
	image      *metadata.Image
	metrics    *prometheus.Registry
}

const slot = "jackdaw.value.serializer"

// run starts bindings in virtual time and stops them at the end.
func run(t *testing.T, f func(t *testing.T, x *fixture)) {
	synctest.Test(t, func(t *testing.T) {
		engine := memory.New(memory.DefaultConfig(), zap.NewNop())
		if err := engine.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
			t.Fatal(err)
		}
		x := &fixture{t: t, registry: &fakeRegistry{programs: map[string]*fakeProgram{}}, metrics: prometheus.NewRegistry()}
		x.partitions = partition.New(partition.Settings{
			Self: 1, Engine: engine, Replicator: none.Replicator{}, Configs: config.NewResolver(nil), Log: zap.NewNop(), ProducerExpiry: time.Hour,
		})
		x.image = &metadata.Image{Topics: map[string]*metadata.Topic{}, Configs: map[metadata.Resource]map[string]string{}}
		if err := x.partitions.Start(t.Context(), x.image, nil); err != nil {
			t.Fatal(err)
		}
		x.bindings = binding.New(binding.Settings{Registry: x.registry, Partitions: x.partitions, Log: zap.NewNop(), Metrics: x.metrics})
		x.bindings.Start(x.image)
		f(t, x)
		ctx := context.Background()
		if err := x.bindings.Stop(ctx); err != nil {
			t.Error(err)
		}
		for ref, p := range x.registry.programs {
			if p.holds.Load() != 0 || p.bound.Load() != 0 {
				t.Errorf("%s is held %d times and bound %d times after the end", ref, p.holds.Load(), p.bound.Load())
			}
		}
		if err := x.partitions.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := engine.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func (x *fixture) change(delta *metadata.Delta, edit func(*metadata.Image)) {
	image := *x.image
	image.Offset++
	image.Topics, image.Configs = maps.Clone(image.Topics), maps.Clone(image.Configs)
	edit(&image)
	x.image = &image
	x.partitions.MetadataChanged(&image, delta)
	x.bindings.MetadataChanged(&image, delta)
}

func (x *fixture) create(name string, configs ...string) {
	t := &metadata.Topic{Name: name, ID: kafka.NewTopicID(), Partitions: []metadata.Partition{{Replicas: []kafka.NodeID{1}, ISR: []kafka.NodeID{1}, Leader: 1}}}
	r := metadata.Resource{Type: metadata.TopicResource, Name: name}
	x.change(&metadata.Delta{Topics: []*metadata.Topic{t}, Configs: []metadata.Resource{r}}, func(i *metadata.Image) {
		i.Topics[name] = t
		i.Configs[r] = pairs(configs)
	})
}

func (x *fixture) remove(name string) {
	t := x.image.Topics[name]
	x.change(&metadata.Delta{Deleted: []*metadata.Topic{t}}, func(i *metadata.Image) { delete(i.Topics, name) })
}

// configure replaces the configs of a resource.
func (x *fixture) configure(kind metadata.ResourceType, name string, configs ...string) {
	r := metadata.Resource{Type: kind, Name: name}
	x.change(&metadata.Delta{Configs: []metadata.Resource{r}}, func(i *metadata.Image) { i.Configs[r] = pairs(configs) })
}

func pairs(list []string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(list); i += 2 {
		m[list[i]] = list[i+1]
	}
	return m
}

// produces expects what the topic answers to a batch.
func (x *fixture) produces(topic string, want kafka.ErrorCode) {
	x.t.Helper()
	p, err := x.partitions.Lookup(kafka.TopicPartition{Topic: topic})
	if err != nil {
		x.t.Fatal(err)
	}
	var b record.Builder
	b.Reset(nil, record.NewHeader())
	b.Append(time.Now().UnixMilli(), nil, []byte("v"))
	batch, err := b.Finish()
	if err != nil {
		x.t.Fatal(err)
	}
	if _, err := p.AppendAsLeader(batch, partition.AppendOptions{LeaderEpoch: kafka.NoEpoch}); kafka.CodeOf(err) != want {
		x.t.Errorf("%s answers %v, want %v", topic, err, want)
	}
}

// running expects the version that is in force for a topic, and what Path says of it.
func (x *fixture) running(topic, version, state, why string) {
	x.t.Helper()
	p := x.bindings.Path(topic)
	if len(p.Slots) != 1 || p.Slots[0].Bound != version || p.Slots[0].State != state || !strings.Contains(p.Why, why) {
		x.t.Errorf("the path is %+v, want %s %s: %s", p, version, state, why)
	}
}
