package handler_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// fakePlugin is a serializer and a partitioner that does what the first letters of a value, or of a key when it is bound
// to keys, say: "bad" is rejected, "drop" dropped, "up" put into upper case, "null" made null, "fail" fails, "call" makes
// the whole call fail, "busy" asks for another try; everything else is kept.
type fakePlugin struct {
	kind    plugin.Kind
	name    string
	calls   atomic.Int64
	records atomic.Int64
	closed  atomic.Bool
	// prefix is put before values in upper case.
	prefix string
	seen   func(*plugin.Batch)
}

func (f *fakePlugin) Binding() plugin.Binding { return plugin.Binding{Kind: f.kind, Name: f.name} }
func (f *fakePlugin) Info() plugin.Info {
	return plugin.Info{Digest: plugin.DigestOf(nil), Functions: math.MaxUint8}
}
func (f *fakePlugin) Stats() plugin.Stats { return plugin.Stats{} }
func (f *fakePlugin) Close()              { f.closed.Store(true) }

func (f *fakePlugin) failure(c plugin.Class) *plugin.Failure {
	return &plugin.Failure{Plugin: f.name + "@e3b0c44298fc", Class: c, Reason: "the fake was told to"}
}

func (f *fakePlugin) Deserialize(context.Context, *plugin.Batch, *plugin.Outcome) error { return nil }

func (f *fakePlugin) Validate(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return f.run(b, o, false)
}

func (f *fakePlugin) Serialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return f.run(b, o, true)
}

func (f *fakePlugin) run(b *plugin.Batch, o *plugin.Outcome, rewrites bool) error {
	if f.closed.Load() {
		return f.failure(plugin.NotLoaded)
	}
	f.calls.Add(1)
	f.records.Add(int64(len(b.Records)))
	if f.seen != nil {
		f.seen(b)
	}
	o.Reset(len(b.Records))
	for i, r := range b.Records {
		subject := r.Value
		if f.kind == plugin.KindKeySerializer {
			subject = r.Key
		}
		replace := func(to []byte) {
			v := plugin.Verdict{Action: plugin.Replace, Key: r.Key, Value: to, Headers: r.Headers}
			if f.kind == plugin.KindKeySerializer {
				v.Key, v.Value = to, r.Value
			}
			o.Set(i, v)
		}
		switch does := func(word string) bool { return bytes.HasPrefix(subject, []byte(word)) }; {
		case does("bad"):
			o.Set(i, plugin.Verdict{Action: plugin.Reject, Code: 7, Message: o.Copy([]byte(string(subject) + " is bad"))})
		case does("fail"):
			o.Set(i, plugin.Verdict{Action: plugin.Failed, Failure: f.failure(plugin.Trap)})
		case does("call"):
			return f.failure(plugin.OutOfFuel)
		case does("busy"):
			return f.failure(plugin.Unavailable)
		case rewrites && does("drop"):
			o.Set(i, plugin.Verdict{Action: plugin.Drop})
		case rewrites && does("null"):
			replace(nil)
		case rewrites && does("up"):
			replace(o.Copy([]byte(f.prefix + strings.ToUpper(string(subject)))))
		}
	}
	return nil
}

// Partition wants keys that begin with "one" in partition 1.
func (f *fakePlugin) Partition(_ context.Context, b *plugin.Batch, out []int32) error {
	f.calls.Add(1)
	for i, r := range b.Records {
		out[i] = plugin.NoPartition
		switch {
		case bytes.HasPrefix(r.Value, []byte("call")):
			return f.failure(plugin.OutOfFuel)
		case bytes.HasPrefix(r.Key, []byte("one")):
			out[i] = 1
		}
	}
	return nil
}

func (f *fakePlugin) slot(p plugin.Policy) *plugin.Slot[plugin.Serializer] {
	return &plugin.Slot[plugin.Serializer]{Plugin: f, Policy: p}
}

const valueSlot = "jackdaw.value.serializer"

// bind puts a chain before a topic.
func (b *broker) bind(topic string, edit func(*plugin.Chain)) *plugin.Chain {
	b.t.Helper()
	chain := plugin.NewChain(topic)
	chain.DeadLetters = topic + ".dlq"
	edit(chain)
	b.partitions.SetChain(b.metadata.Image().Topics[topic].ID, chain)
	return chain
}

// judged starts a broker with a topic whose values a fake judges, and a topic for its dead letters.
func judged(t testing.TB, p plugin.Policy) (*broker, *fakePlugin) {
	b := newBroker(t)
	b.createTopic("t", 2, valueSlot, "fake@1")
	b.createTopic("t.dlq", 1)
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
	b.bind("t", func(c *plugin.Chain) { c.Value = fake.slot(p) })
	return b, fake
}

func (b *broker) stored(topic string) []string {
	b.t.Helper()
	return values(b.t, b.fetchOne(fetchRequest(12, topic, kafka.TopicID{}, 0, 0)).RecordBatches)
}

func text(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}
