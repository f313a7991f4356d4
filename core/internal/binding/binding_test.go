package binding_test

import (
	"context"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
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
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/modules/log/memory"
	"github.com/jackdawmq/jackdaw/modules/replication/none"
)

// fakeRegistry has programs by name@version; a test adds and removes them.
type fakeRegistry struct {
	plugin.Registry
	mu       sync.Mutex
	programs map[string]*fakeProgram
	lookups  atomic.Int64
}

func (r *fakeRegistry) set(ref string, p *fakeProgram) *fakeProgram {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.programs[ref] = p
	return p
}

func (r *fakeRegistry) Lookup(_ context.Context, ref plugin.Ref) (plugin.Program, error) {
	r.lookups.Add(1)
	r.mu.Lock()
	p := r.programs[ref.String()]
	r.mu.Unlock()
	switch {
	case p == nil:
		return nil, &plugin.Failure{Plugin: ref.String(), Class: plugin.NotLoaded, Reason: "its bytes are not here yet"}
	case p.refused != "":
		return nil, &plugin.Refusal{Reasons: []string{p.refused}}
	}
	if p.slow != nil {
		<-p.slow
	}
	p.holds.Add(1)
	return p, nil
}

// fakeProgram binds fakes.
type fakeProgram struct {
	functions plugin.Functions
	refused   string
	slow      chan struct{} // open while the program is being compiled; nil when that takes no time
	holds     atomic.Int64
	bound     atomic.Int64
	configs   []string
}

func (p *fakeProgram) Info() plugin.Info { return plugin.Info{Functions: p.functions} }
func (p *fakeProgram) Close()            { p.holds.Add(-1) }

func (p *fakeProgram) bind(b plugin.Binding) (*fakePlugin, error) {
	p.configs = append(p.configs, string(b.Config))
	if string(b.Config) == "bad" {
		return nil, &plugin.Failure{Plugin: b.Name, Class: plugin.InvalidConfig, Reason: "no such field"}
	}
	p.bound.Add(1)
	return &fakePlugin{program: p, binding: b}, nil
}

func (p *fakeProgram) Serializer(_ context.Context, b plugin.Binding) (plugin.Serializer, error) {
	return p.bind(b)
}
func (p *fakeProgram) Partitioner(_ context.Context, b plugin.Binding) (plugin.Partitioner, error) {
	return p.bind(b)
}
func (p *fakeProgram) Assignor(_ context.Context, b plugin.Binding) (plugin.Assignor, error) {
	return p.bind(b)
}

// fakePlugin keeps everything.
type fakePlugin struct {
	program *fakeProgram
	binding plugin.Binding
	closed  atomic.Bool
}

func (f *fakePlugin) Binding() plugin.Binding { return f.binding }
func (f *fakePlugin) Info() plugin.Info       { return f.program.Info() }
func (f *fakePlugin) Stats() plugin.Stats {
	return plugin.Stats{Calls: 3, Failures: [14]uint64{plugin.Trap: 2}}
}
func (f *fakePlugin) Close() {
	if f.closed.CompareAndSwap(false, true) {
		f.program.bound.Add(-1)
	}
}

func (f *fakePlugin) Validate(_ context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	o.Reset(len(b.Records))
	return nil
}
func (f *fakePlugin) Serialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return f.Validate(ctx, b, o)
}
func (f *fakePlugin) Deserialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return f.Validate(ctx, b, o)
}
func (f *fakePlugin) Partition(context.Context, *plugin.Batch, []int32) error { return nil }
func (f *fakePlugin) Assign(context.Context, *plugin.Group, *plugin.Assignment) error {
	return nil
}

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

func TestTopicIsBoundInTheBackground(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		geo := x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate, slow: make(chan struct{})})
		x.create("t", slot, "geo@1", slot+".config", `{"a":1}`) // does not wait
		synctest.Wait()
		x.produces("t", kafka.NotEnoughReplicas)
		if _, err := x.bindings.Chain("t"); err == nil {
			t.Error("there is a chain before its plugin is loaded")
		}
		if p := x.bindings.Path("t"); p.Native || !strings.Contains(p.Why, "until the plugins are loaded") {
			t.Errorf("the path is %+v", p)
		}
		close(geo.slow)
		synctest.Wait()
		x.produces("t", kafka.NoError)
		x.running("t", "geo@1", binding.Running, "value.serializer")
		chain, err := x.bindings.Chain("t")
		if err != nil || chain.DeadLetters != "t.dlq" || geo.configs[0] != `{"a":1}` {
			t.Errorf("the chain is %+v, its config %q: %v", chain, geo.configs, err)
		}
		x.configure(metadata.TopicResource, "t")
		x.produces("t", kafka.NoError)
		if chain, err := x.bindings.Chain("t"); chain != nil || err != nil || geo.bound.Load() != 0 {
			t.Errorf("after the binding is gone: %v, %v, bound %d times", chain, err, geo.bound.Load())
		}
		if p := x.bindings.Path("t"); !p.Native {
			t.Errorf("the path is %+v", p)
		}
	})
}

func TestNewVersionTakesOverWhenItIsLoaded(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		v1 := x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate})
		x.create("t", slot, "geo@1")
		synctest.Wait()
		x.configure(metadata.TopicResource, "t", slot, "geo@2")
		synctest.Wait()
		x.produces("t", kafka.NoError)
		x.running("t", "geo@1", binding.Running, "stay in force")
		v2 := x.registry.set("geo@2", &fakeProgram{functions: plugin.CanValidate})
		time.Sleep(time.Minute)
		synctest.Wait()
		x.running("t", "geo@2", binding.Running, "value.serializer")
		if v1.bound.Load() != 0 || v2.bound.Load() != 1 {
			t.Errorf("the old version is bound %d times, the new one %d times", v1.bound.Load(), v2.bound.Load())
		}
		x.configure(metadata.TopicResource, "t", slot, "geo@1") // the way back
		synctest.Wait()
		x.running("t", "geo@1", binding.Running, "")
	})
}

func TestDeploymentIsNotWaitedFor(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		x.create("t", slot, "geo@1")
		time.Sleep(time.Hour)
		x.produces("t", kafka.NotEnoughReplicas)
		x.running("t", "geo@1", binding.Loading, "not here yet")
		if n := x.registry.lookups.Load(); n > 400 {
			t.Errorf("%d attempts in an hour", n)
		}
		x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate})
		start := time.Now()
		x.change(&metadata.Delta{Plugins: []string{"geo@1"}}, func(*metadata.Image) {})
		synctest.Wait()
		x.produces("t", kafka.NoError)
		if time.Since(start) != 0 {
			t.Error("the deployment did not wake the binding")
		}
	})
}

func TestPluginThatCanNotRun(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate})
		x.registry.set("none@1", &fakeProgram{refused: "no memory"})
		f := func(want kafka.ErrorCode, why string, configs ...string) {
			t.Helper()
			x.configure(metadata.TopicResource, "t", configs...)
			synctest.Wait()
			x.produces("t", want)
			x.running("t", configs[1], binding.Unable, why)
		}
		x.create("t", slot, "geo@1")
		synctest.Wait()
		f(kafka.NotEnoughReplicas, "no such field", slot, "geo@1", slot+".config", "bad")
		f(kafka.InvalidRecord, "no such field", slot, "geo@1", slot+".config", "bad", slot+".on.error", "reject")
		f(kafka.NoError, "no such field", slot, "geo@1", slot+".config", "bad", slot+".on.error", "pass")
		f(kafka.NotEnoughReplicas, "no function", slot, "geo@1", slot+".mode", "transform")
		f(kafka.NotEnoughReplicas, "no memory", slot, "none@1")
		before := x.registry.lookups.Load()
		time.Sleep(time.Hour)
		if x.registry.lookups.Load() != before {
			t.Error("what can never run is tried again")
		}
	})
}

func TestShadowIsNotWaitedFor(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate})
		x.create("t", slot, "geo@1", slot+".shadow", "geo@2")
		synctest.Wait()
		x.produces("t", kafka.NoError)
		x.running("t", "geo@1", binding.Running, "without its shadow")
		x.registry.set("geo@2", &fakeProgram{functions: plugin.CanValidate})
		time.Sleep(time.Minute)
		synctest.Wait()
		if p := x.bindings.Path("t"); p.Slots[0].Shadow == "" || strings.Contains(p.Why, "shadow") {
			t.Errorf("the path is %+v", p)
		}
	})
}

func TestTopicsComeAndGo(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		geo := x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate | plugin.CanPartition})
		x.create("t", slot, "geo@1")
		synctest.Wait()
		x.remove("t")
		if geo.bound.Load() != 0 {
			t.Error("the plugin of a deleted topic is bound")
		}
		geo.slow = make(chan struct{})
		x.create("t", "jackdaw.partitioner", "geo@1")
		synctest.Wait()
		x.remove("t") // while its plugin is loaded
		close(geo.slow)
		x.create("t", "jackdaw.partitioner", "geo@1", "jackdaw.key.serializer", "geo@1", slot, "geo@1")
		synctest.Wait()
		x.produces("t", kafka.NoError)
		if n := geo.bound.Load(); n != 3 {
			t.Errorf("the plugin is bound %d times, want 3", n)
		}
	})
}

func TestBindingsOfTheFirstImage(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate})
		x.create("t", slot, "geo@1")
		late := binding.New(binding.Settings{Registry: x.registry, Partitions: x.partitions, Log: zap.NewNop()})
		late.MetadataChanged(x.image, &metadata.Delta{})
		late.Start(&metadata.Image{})
		synctest.Wait()
		if chain, err := late.Chain("t"); chain == nil || err != nil {
			t.Errorf("%v, %v", chain, err)
		}
		if err := late.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		x.produces("t", kafka.NotEnoughReplicas)
	})
}

func TestWithoutRegistry(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		x.bindings.Registry = nil
		x.create("t", slot, "geo@1")
		x.create("u")
		synctest.Wait()
		x.produces("t", kafka.NotEnoughReplicas)
		x.produces("u", kafka.NoError)
		x.running("t", "geo@1", binding.Loading, "has no plugins")
	})
}

func TestAssignor(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		geo := x.registry.set("near@1", &fakeProgram{functions: plugin.CanAssign})
		if a, err := x.bindings.Assignor("g"); a != nil || err != nil {
			t.Errorf("a group without a plugin has %v, %v", a, err)
		}
		x.configure(metadata.GroupResource, "g", "jackdaw.assignor", "near@1", "jackdaw.assignor.config", "racks")
		synctest.Wait()
		if a, err := x.bindings.Assignor("g"); a == nil || err != nil || string(a.Binding().Config) != "racks" || a.Binding().Target != "g" {
			t.Errorf("the assignor is %v: %v", a, err)
		}
		x.configure(metadata.GroupResource, "g", "jackdaw.assignor", "near@1", "jackdaw.assignor.config", "bad")
		synctest.Wait()
		if a, err := x.bindings.Assignor("g"); a != nil || err == nil || geo.bound.Load() != 0 {
			t.Errorf("with a bad config: %v, %v", a, err)
		}
		x.configure(metadata.GroupResource, "g")
		if a, err := x.bindings.Assignor("g"); a != nil || err != nil {
			t.Errorf("after the binding is gone: %v, %v", a, err)
		}
	})
}

func TestMetrics(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		x.registry.set("geo@1", &fakeProgram{functions: plugin.CanValidate})
		for i := range 210 {
			x.create("t"+strings.Repeat("x", i), slot, "geo@1")
		}
		synctest.Wait()
		families, err := x.metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, family := range families {
			if family.GetName() != "jackdaw_plugin_calls_total" {
				continue
			}
			found++
			sum := 0.0
			for _, m := range family.GetMetric() {
				sum += m.GetCounter().GetValue()
			}
			if n := len(family.GetMetric()); n != 201 || sum != 3*210 {
				t.Errorf("%d series count %v calls, want 201 with %d", n, sum, 3*210)
			}
		}
		if found != 1 {
			t.Errorf("%d families of calls", found)
		}
	})
}
