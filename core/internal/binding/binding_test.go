package binding_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

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

// TestSettled: what was bound at the start is waited for until it is in force or known not to be, and nothing else is.
func TestSettled(t *testing.T) {
	run(t, func(t *testing.T, x *fixture) {
		settled := func(b *binding.Bindings, want bool) {
			t.Helper()
			synctest.Wait()
			select {
			case <-b.Settled():
				if !want {
					t.Error("settled before everything was tried")
				}
			default:
				if want {
					t.Error("not settled")
				}
			}
		}
		settled(x.bindings, true) // nothing was bound
		slow := x.registry.set("slow@1", &fakeProgram{functions: plugin.CanValidate, slow: make(chan struct{})})
		x.registry.set("wrong@1", &fakeProgram{refused: "no memory"})
		x.create("a", slot, "slow@1")
		x.create("b", slot, "wrong@1")
		x.create("c", slot, "missing@1")
		x.create("d")
		late := binding.New(binding.Settings{Registry: x.registry, Partitions: x.partitions, Log: zap.NewNop()})
		settled(late, false)
		late.Start(x.image)
		settled(late, false)
		close(slow.slow)
		settled(late, true)
		if chain, err := late.Chain("a"); chain == nil || err != nil {
			t.Errorf("settled without its chain: %v, %v", chain, err)
		}
		if err := late.Stop(t.Context()); err != nil {
			t.Error(err)
		}
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
