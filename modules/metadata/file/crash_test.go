package file

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// model is what must be there after a crash: everything that was reported done.
type model struct {
	topics  map[string]kafka.TopicID
	configs map[string]string // retention.ms by topic
	pids    kafka.ProducerID
	epochs  map[kafka.TopicID]kafka.LeaderEpoch
	offset  int64
}

// change makes one random change and notes it in the model.
func (m *model) change(t *testing.T, c *Controller, rng *rand.Rand) {
	t.Helper()
	name := fmt.Sprintf("t%d", rng.IntN(12))
	_, exists := m.topics[name]
	switch rng.IntN(4) {
	case 0:
		v := fmt.Sprint(rng.IntN(1000))
		n := metadata.NewTopic{Name: name, Partitions: 1 + rng.Int32N(3), Replicas: -1, Configs: map[string]*string{"retention.ms": &v}}
		if r := c.CreateTopics(t.Context(), []metadata.NewTopic{n}, false)[0]; r.Err == nil {
			m.topics[name], m.configs[name] = r.ID, v
		} else if !exists {
			t.Fatal(r.Err)
		}
	case 1:
		if r := c.DeleteTopics(t.Context(), []metadata.TopicRef{{Name: name}})[0]; r.Err == nil {
			delete(m.topics, name)
			delete(m.configs, name)
		} else if exists {
			t.Fatal(r.Err)
		}
	case 2:
		v := fmt.Sprint(rng.IntN(1000))
		errs := c.AlterConfigs(t.Context(), []metadata.ConfigChange{{Resource: topicResource(name),
			Ops: []metadata.ConfigEdit{{Name: "retention.ms", Value: &v}}}}, false)
		if errs[0] == nil {
			m.configs[name] = v
		} else if exists {
			t.Fatal(errs[0])
		}
	case 3:
		first, err := c.AllocateProducerIDs(t.Context(), 1+rng.IntN(50))
		if err != nil {
			t.Fatal(err)
		}
		if first < m.pids {
			t.Fatalf("producer id %d was given out before", first)
		}
		m.pids = first + 1
	}
	m.offset = c.Image().Offset
}

// check compares what a restart found with the model.
func (m *model) check(t *testing.T, c *Controller) {
	t.Helper()
	image := c.Image()
	topics, configs := map[string]kafka.TopicID{}, map[string]string{}
	for name, topic := range image.Topics {
		topics[name], configs[name] = topic.ID, image.TopicConfigs(name)["retention.ms"]
		epoch := topic.Partitions[0].LeaderEpoch
		if last, ok := m.epochs[topic.ID]; ok && epoch <= last {
			t.Fatalf("%s: leader epoch %d after %d", name, epoch, last)
		}
		m.epochs[topic.ID] = epoch
	}
	if !maps.Equal(topics, m.topics) || !maps.Equal(configs, m.configs) || image.Offset <= m.offset {
		t.Fatalf("found topics %v\nwant %v\nconfigs %v\nwant %v\noffset %d after %d", topics, m.topics, configs, m.configs, image.Offset, m.offset)
	}
}

// TestCrashes pulls the plug between changes, again and again: nothing that was reported done is ever lost, whatever the
// file system kept of what was not yet synced.
func TestCrashes(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		m := &model{topics: map[string]kafka.TopicID{}, configs: map[string]string{}, epochs: map[kafka.TopicID]kafka.LeaderEpoch{}}
		fsys := vfs.NewMem()
		for range 8 {
			c := startOn(t, fsys)
			m.check(t, c)
			for range rng.IntN(15) {
				m.change(t, c, rng)
				if rng.IntN(6) == 0 {
					if err := c.journal.rewrite(c.state.snapshot()); err != nil {
						t.Fatal(err)
					}
				}
			}
			fsys = fsys.CrashClone(rng)
		}
	}
}

// TestFailingDisk lets each file operation in turn fail, then crashes: what was reported done is there, what was reported
// failed may be there or not, and nothing else.
func TestFailingDisk(t *testing.T) {
	broken := errors.New("broken disk")
	for failing := range 60 {
		mem := vfs.NewMem()
		count, armed := 0, false
		fsys := &vfs.Faulty{FS: mem, Hook: func(op vfs.Op) error {
			if !armed {
				return nil
			}
			count++
			if count-1 != failing {
				return nil
			}
			if op.Kind == vfs.OpWrite {
				return &vfs.Torn{N: op.Len / 2, Err: broken}
			}
			return broken
		}}
		c := startOn(t, fsys)
		armed = true
		done, failed := map[string]bool{}, map[string]bool{}
		for i := range 12 {
			name := fmt.Sprint("t", i)
			r := c.CreateTopics(t.Context(), []metadata.NewTopic{{Name: name, Partitions: 1, Replicas: -1}}, false)[0]
			if r.Err == nil {
				done[name] = true
			} else {
				failed[name] = true
				if kafka.CodeOf(r.Err) != kafka.KafkaStorageError || c.Image().Topics[name] != nil {
					t.Fatalf("operation %d: %v", failing, r.Err)
				}
			}
			if i == 5 {
				_ = c.journal.rewrite(c.state.snapshot()) // it may fail: the next changes show whether it hurt
			}
		}
		for _, rng := range []*rand.Rand{nil, rand.New(rand.NewPCG(uint64(failing), 2))} {
			found := startOn(t, mem.CrashClone(rng)).Image().Topics
			for name := range done {
				if found[name] == nil {
					t.Fatalf("operation %d: %s was reported done and is lost; done %v, failed %v", failing, name,
						slices.Sorted(maps.Keys(done)), slices.Sorted(maps.Keys(failed)))
				}
			}
			for name := range found {
				if !done[name] && !failed[name] {
					t.Fatalf("operation %d: %s comes from nowhere", failing, name)
				}
			}
		}
	}
}
