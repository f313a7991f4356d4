//go:build !race

// The race detector makes sync.Pool drop what it is given: these can only hold without it.

package handler_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// TestProduceAllocations fixes what a Produce request costs the garbage collector: nothing, but for the segments that the
// memory log makes now and then, which the average hides.
func TestProduceAllocations(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 3)
	f := func(version, acks int16, records []byte) {
		t.Helper()
		req := produceRequest(version, acks, "t", id, 0, records)
		original := append([]byte(nil), req.Topics[0].Partitions[0].Records...)
		c, serve := serveAgain(b, req)
		at := len(c.Body) - len(original) - trailingBytes(version)
		run := func() {
			copy(c.Body[at:], original) // offsets were assigned in place
			serve()
		}
		run()
		if allocs := testing.AllocsPerRun(200, run); allocs > 0 {
			t.Errorf("version %d acks %d: %v allocations", version, acks, allocs)
		}
	}
	f(9, 1, batch(t, nil, "value"))
	f(7, -1, batch(t, nil, "value"))
	f(13, 1, batch(t, nil, "value"))
	f(9, 1, batch(t, func(h *record.Header) { h.Attributes = int16(record.LZ4) }, "value", "value"))
}

// TestJudgedProduceAllocations: neither does a chain cost the garbage collector anything while it changes nothing.
func TestJudgedProduceAllocations(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1, valueSlot, "fake@1")
	b.bind("t", func(c *plugin.Chain) {
		fake := func(k plugin.Kind) *fakePlugin { return &fakePlugin{kind: k, name: "fake"} }
		c.Partitioner = &plugin.Slot[plugin.Partitioner]{Plugin: fake(plugin.KindPartitioner), Shadow: fake(plugin.KindPartitioner)}
		c.Key = fake(plugin.KindKeySerializer).slot(plugin.Policy{Mode: plugin.Validate})
		c.Value = fake(plugin.KindValueSerializer).slot(plugin.Policy{Mode: plugin.Transform})
		c.Value.Shadow = fake(plugin.KindValueSerializer)
	})
	f := func(codec record.Codec, n int) {
		t.Helper()
		var builder record.Builder
		h := record.NewHeader()
		h.Attributes = int16(codec)
		builder.Reset(nil, h)
		for range n {
			builder.Append(1, []byte("key"), []byte("value"), record.RecordHeader{Key: []byte("h"), Value: []byte("v")})
		}
		original, err := builder.Finish()
		if err != nil {
			t.Fatal(err)
		}
		c, serve := serveAgain(b, produceRequest(9, -1, "t", kafka.TopicID{}, 0, original))
		at := len(c.Body) - len(original) - trailingBytes(9)
		run := func() {
			copy(c.Body[at:], original)
			serve()
		}
		run()
		if allocs := testing.AllocsPerRun(200, run); allocs > 0 {
			t.Errorf("%d records, %s: %v allocations", n, codec, allocs)
		}
	}
	f(record.None, 1)
	f(record.None, 100)
	f(record.LZ4, 100)
}

// trailingBytes is what follows the records of a request with one partition: tags of the partition, topic and request.
func trailingBytes(version int16) int {
	if version >= 9 {
		return 3
	}
	return 0
}

func TestFetchAllocations(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 3)
	b.mustProduce("t", 0, "a", "b")
	b.mustProduce("t", 1, "c")
	f := func(name string, req *kmsg.FetchRequest) {
		t.Helper()
		_, serve := serveAgain(b, req)
		serve()
		if allocs := testing.AllocsPerRun(200, serve); allocs > 0 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
	for _, version := range []int16{4, 12, 13, 18} {
		f("hot", fetchRequest(version, "t", id, 0, 0))
	}
	empty := fetchRequest(12, "t", id, 0, 2)
	f("nothing new, not waiting", empty)
	two := fetchRequest(12, "t", id, 0, 0)
	two.Topics[0].Partitions = append(two.Topics[0].Partitions, fetchTopic("t", id, 1, 0).Partitions...)
	f("two partitions", two)
	committed := fetchRequest(12, "t", id, 0, 0)
	committed.IsolationLevel = int8(kafka.ReadCommitted)
	f("read committed", committed)
}
