package metadatatest

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// seen records what a subscriber is told.
type seen struct {
	image *metadata.Image
	delta *metadata.Delta
}

func testSubscribers(t *testing.T, f Factory) {
	m := f.New(t)
	var told []seen
	var order []string
	m.Subscribe(func(image *metadata.Image, delta *metadata.Delta) {
		told = append(told, seen{image, delta})
		order = append(order, "first")
	})
	m.Subscribe(func(*metadata.Image, *metadata.Delta) { order = append(order, "second") })
	start(t, m)
	if len(told) != 1 || !told[0].delta.Brokers || len(told[0].delta.Configs) != 1 || told[0].image != m.Image() {
		t.Fatalf("at the start: %+v", told)
	}
	create(t, m, newTopic("t", 1, "retention.ms", "5"), newTopic("u", 1))
	alter(t, m, topicChange("t", set("retention.ms", "6")))
	m.CreatePartitions(t.Context(), []metadata.NewPartitions{{Topic: "t", Count: 2}}, false)
	m.DeleteTopics(t.Context(), []metadata.TopicRef{{Name: "t"}})
	if len(told) != 5 {
		t.Fatalf("told %d times, want 5", len(told))
	}
	res := []metadata.Resource{{Type: metadata.TopicResource, Name: "t"}}
	if d := told[1].delta; len(d.Topics) != 2 || !reflect.DeepEqual(d.Configs, res) || d.Brokers {
		t.Errorf("creation: %+v", d)
	}
	if d := told[2].delta; len(d.Topics) != 0 || !reflect.DeepEqual(d.Configs, res) {
		t.Errorf("configs: %+v", d)
	}
	if d := told[3].delta; len(d.Topics) != 1 || len(d.Topics[0].Partitions) != 2 || d.Topics[0] != told[3].image.Topics["t"] {
		t.Errorf("partitions: %+v", d)
	}
	if d := told[4].delta; len(d.Deleted) != 1 || d.Deleted[0] != told[3].image.Topics["t"] || len(d.Topics) != 0 {
		t.Errorf("deletion: %+v", d)
	}
	for i := range told[1:] {
		if told[i+1].image.Offset <= told[i].image.Offset {
			t.Errorf("offset %d after %d", told[i+1].image.Offset, told[i].image.Offset)
		}
	}
	for i, who := range order {
		if want := []string{"first", "second"}[i%2]; who != want {
			t.Fatalf("order of calls: %v", order)
		}
	}
}

func testImagesAreImmutable(t *testing.T, f Factory) {
	m := started(t, f)
	create(t, m, newTopic("t", 1, "retention.ms", "5"))
	old := m.Image()
	create(t, m, newTopic("u", 1))
	m.CreatePartitions(t.Context(), []metadata.NewPartitions{{Topic: "t", Count: 2}}, false)
	alter(t, m, topicChange("t", set("retention.ms", "6")))
	m.DeleteTopics(t.Context(), []metadata.TopicRef{{Name: "t"}})
	if len(old.Topics) != 1 || len(old.Topics["t"].Partitions) != 1 || old.TopicConfigs("t")["retention.ms"] != "5" {
		t.Errorf("an image changed under its reader: %+v", old)
	}
}

func testProducerIDs(t *testing.T, f Factory) {
	m := started(t, f)
	for i := range 3 {
		first, err := m.AllocateProducerIDs(t.Context(), 1000)
		if err != nil || first != kafka.ProducerID(1000*i) {
			t.Errorf("block %d begins with %d (%v)", i, first, err)
		}
	}
	for _, n := range []int{0, -1} {
		if _, err := m.AllocateProducerIDs(t.Context(), n); err == nil {
			t.Errorf("%d ids were reserved", n)
		}
	}
}

// testConcurrent lets goroutines create the same and different topics: each name once, nothing lost.
func testConcurrent(t *testing.T, f Factory) {
	m := started(t, f)
	const workers, each = 4, 25
	var wg sync.WaitGroup
	var created [workers]int
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				own := newTopic(fmt.Sprintf("own-%d-%d", w, i), 1)
				shared := newTopic(fmt.Sprintf("shared-%d", i), 1)
				for _, r := range m.CreateTopics(context.Background(), []metadata.NewTopic{own, shared}, false) {
					if r.Err == nil {
						created[w]++
					}
				}
				if m.Image().Topics[own.Name] == nil {
					t.Errorf("%s is not visible after it was made", own.Name)
				}
			}
		})
	}
	wg.Wait()
	total := 0
	for _, n := range created {
		total += n
	}
	if want := (workers + 1) * each; total != want || len(m.Image().Topics) != want {
		t.Errorf("%d made, %d there, want %d", total, len(m.Image().Topics), want)
	}
}

func testStopped(t *testing.T, f Factory) {
	m := f.New(t)
	if r := m.CreateTopics(t.Context(), []metadata.NewTopic{newTopic("t", 1)}, false); r[0].Err == nil {
		t.Error("a topic was made before Start")
	}
	start(t, m)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if r := m.CreateTopics(ended, []metadata.NewTopic{newTopic("t", 1)}, false); kafka.CodeOf(r[0].Err) != kafka.RequestTimedOut {
		t.Errorf("after the deadline: %v", r[0].Err)
	}
	if err := m.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := m.CreateTopics(t.Context(), []metadata.NewTopic{newTopic("t", 1)}, false); kafka.CodeOf(r[0].Err) != kafka.NotController {
		t.Errorf("after Stop: %v", r[0].Err)
	}
	if m.Image() == nil {
		t.Error("no image after Stop")
	}
}

func reopen(t *testing.T, f Factory, m metadata.Module) metadata.Module {
	t.Helper()
	if err := m.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	return start(t, f.Reopen(t, m))
}

func testRestart(t *testing.T, f Factory) {
	if f.Reopen == nil {
		return // the module keeps nothing
	}
	m := started(t, f)
	create(t, m, newTopic("t", 2, "retention.ms", "5"), newTopic("gone", 1))
	m.CreatePartitions(t.Context(), []metadata.NewPartitions{{Topic: "t", Count: 3}}, false)
	m.DeleteTopics(t.Context(), []metadata.TopicRef{{Name: "gone"}})
	alter(t, m, topicChange("t", set("flush.ms", "7")))
	if _, err := m.AllocateProducerIDs(t.Context(), 1000); err != nil {
		t.Fatal(err)
	}
	before := m.Image()
	m = reopen(t, f, m)
	after := m.Image()
	if after.ClusterID != before.ClusterID || after.Offset <= before.Offset || len(after.Topics) != 1 {
		t.Errorf("before %+v\nafter %+v", before, after)
	}
	if a, b := after.Topics["t"], before.Topics["t"]; a.ID != b.ID || len(a.Partitions) != 3 {
		t.Errorf("topic %+v, was %+v", a, b)
	}
	if !reflect.DeepEqual(after.Configs, before.Configs) {
		t.Errorf("configs %v, were %v", after.Configs, before.Configs)
	}
	if first, err := m.AllocateProducerIDs(t.Context(), 1000); err != nil || first != 1000 {
		t.Errorf("producer ids go on with %d (%v)", first, err)
	}
}

func testEpochsOverRestarts(t *testing.T, f Factory) {
	if f.Reopen == nil {
		return // the module keeps nothing
	}
	m := started(t, f)
	create(t, m, newTopic("t", 1))
	last := kafka.LeaderEpoch(-1)
	for i := range 4 {
		p := m.Image().Partition(kafka.TopicPartition{Topic: "t"})
		if p.LeaderEpoch <= last || p.LeaderEpoch != kafka.LeaderEpoch(2*i) {
			t.Errorf("restart %d: epoch %d after %d; each restart of a single Kafka node adds 2", i, p.LeaderEpoch, last)
		}
		last = p.LeaderEpoch
		m = reopen(t, f, m)
	}
	m.CreatePartitions(t.Context(), []metadata.NewPartitions{{Topic: "t", Count: 2}}, false)
	if p := m.Image().Partition(kafka.TopicPartition{Topic: "t", Partition: 1}); p.LeaderEpoch != 0 {
		t.Errorf("a new partition begins with epoch %d", p.LeaderEpoch)
	}
}
