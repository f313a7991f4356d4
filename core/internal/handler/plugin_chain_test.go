package handler_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestPluginsRunInTurn shows that each slot works on what the one before left.
func TestPluginsRunInTurn(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1")
	key, value := &fakePlugin{kind: plugin.KindKeySerializer, name: "key"}, &fakePlugin{kind: plugin.KindValueSerializer, name: "value", prefix: "x"}
	var seen []string
	value.seen = func(batch *plugin.Batch) {
		for _, r := range batch.Records {
			seen = append(seen, string(r.Key))
		}
	}
	b.bind("t", func(c *plugin.Chain) {
		c.Key = key.slot(plugin.Policy{Mode: plugin.Transform, OnReject: plugin.SkipRecord})
		c.Value = value.slot(plugin.Policy{Mode: plugin.Transform})
	})
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	for _, k := range []string{"up", "drop", "kept", "bad", "null"} {
		builder.Append(1, []byte(k), []byte("up"+k))
	}
	records, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if a := b.produce("t", 0, records); a.ErrorCode != 0 {
		t.Fatalf("%+v", a)
	}
	if want := []string{"UP", "kept", ""}; !slices.Equal(seen, want) {
		t.Errorf("the value's serializer saw the keys %q, want %q", seen, want)
	}
	if got, want := b.stored("t"), []string{"xUPUP", "xUPKEPT", "xUPNULL"}; !slices.Equal(got, want) {
		t.Errorf("stored %q, want %q", got, want)
	}
}

func TestPluginShadow(t *testing.T) {
	b, fake := judged(t, plugin.Policy{Mode: plugin.Transform})
	shadow := &fakePlugin{kind: plugin.KindValueSerializer, name: "shadow", prefix: "v2-"}
	var slot *plugin.Slot[plugin.Serializer]
	b.bind("t", func(c *plugin.Chain) {
		slot = &plugin.Slot[plugin.Serializer]{Plugin: &fakePlugin{name: fake.name, kind: fake.kind}, Shadow: shadow, Policy: plugin.Policy{Mode: plugin.Transform}}
		c.Value = slot
	})
	b.mustProduce("t", 0, "a", "up", "up", "drop")
	if n := slot.Counts.ShadowDiffered.Load(); n != 2 {
		t.Errorf("%d differences, want 2", n)
	}
	if got := b.stored("t"); !slices.Equal(got, []string{"a", "UP", "UP"}) {
		t.Errorf("stored %q: the shadow must not change anything", got)
	}
}

// TestPluginNotLoaded: a topic that names a plugin takes no record before its chain is there, and none before the plugin
// is unbound.
func TestPluginNotLoaded(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1, valueSlot, "fake@1")
	f := func(want kafka.ErrorCode) {
		t.Helper()
		if a := b.produce("t", 0, batch(t, nil, "v")); a.ErrorCode != int16(want) {
			t.Errorf("answers %v, want %v", kafka.ErrorCode(a.ErrorCode), want)
		}
	}
	set := func(configs ...string) {
		resource := metadata.Resource{Type: metadata.TopicResource, Name: "t"}
		b.change(&metadata.Delta{Configs: []metadata.Resource{resource}}, func(image *metadata.Image) { image.Configs[resource] = pairs(configs) })
	}
	f(kafka.NotEnoughReplicas)
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
	b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Validate}) })
	f(kafka.NoError)
	b.partitions.SetChain(id, nil)
	f(kafka.NotEnoughReplicas)
	if !fake.closed.Load() {
		t.Error("a chain that was replaced is not closed")
	}
	set()
	f(kafka.NoError)
	set(valueSlot, "fake@1")
	f(kafka.NotEnoughReplicas)
}

// TestPluginSwapUnderLoad replaces the chain while batches go through it: each batch is judged once, by one chain.
func TestPluginSwapUnderLoad(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1")
	var made []*fakePlugin
	swap := func() {
		fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake", prefix: fmt.Sprintf("%d-", len(made))}
		made = append(made, fake)
		b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(plugin.Policy{Mode: plugin.Transform}) })
	}
	swap()
	const producers, batches, size = 4, 200, 5
	sent := slices.Repeat([]string{"up"}, size)
	var wg sync.WaitGroup
	var running atomic.Int64
	running.Store(producers)
	for range producers {
		wg.Go(func() {
			defer running.Add(-1)
			for range batches {
				if a := b.produce("t", 0, batch(t, nil, sent...)); a.ErrorCode != 0 {
					t.Errorf("%v: %s", kafka.ErrorCode(a.ErrorCode), text(a.ErrorMessage))
				}
			}
		})
	}
	for running.Load() > 0 {
		swap()
	}
	wg.Wait()
	calls := int64(0)
	for _, fake := range made {
		calls += fake.calls.Load()
	}
	for i, fake := range made[:len(made)-1] {
		if !fake.closed.Load() {
			t.Errorf("chain %d of %d is still open", i, len(made))
		}
	}
	if calls != producers*batches {
		t.Errorf("%d verdicts about %d batches", calls, producers*batches)
	}
	got := 0
	for offset := int64(0); offset < producers*batches*size; {
		answer := b.fetchOne(fetchRequest(12, "t", kafka.TopicID{}, 0, offset))
		for batch, err := range record.Batches(answer.RecordBatches) {
			if err != nil {
				t.Fatal(err)
			}
			mixed := values(t, batch)
			if len(slices.Compact(mixed)) != 1 {
				t.Fatalf("a batch was judged by several chains: %q", mixed)
			}
			h := batch.Header()
			offset = h.LastOffset() + 1
			got++
		}
	}
	if got != producers*batches {
		t.Errorf("%d batches are stored, want %d", got, producers*batches)
	}
}
