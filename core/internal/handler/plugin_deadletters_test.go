package handler_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

func TestPluginDeadLetters(t *testing.T) {
	creator := &topicCreator{}
	b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Topics = creator })
	creator.broker = b
	b.createTopic("t", 3, valueSlot, "fake@1")
	fake := &fakePlugin{kind: plugin.KindValueSerializer, name: "fake"}
	b.bind("t", func(c *plugin.Chain) {
		c.Value = fake.slot(plugin.Policy{Mode: plugin.Transform, OnReject: plugin.DeadLetter})
	})
	var builder record.Builder
	builder.Reset(nil, record.NewHeader())
	builder.Append(5, []byte("k"), []byte("bad"), record.RecordHeader{Key: []byte("mine"), Value: []byte("1")})
	builder.Append(6, []byte("k"), []byte("good"))
	records, err := builder.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if a := b.produce("t", 2, records); a.ErrorCode != 0 {
		t.Fatalf("%v %s", kafka.ErrorCode(a.ErrorCode), text(a.ErrorMessage))
	}
	if n := len(b.metadata.Image().Topics["t.dlq"].Partitions); n != 3 {
		t.Errorf("the dead letter topic has %d partitions", n)
	}
	letter, _, err := record.Next(b.fetchOne(fetchRequest(12, "t.dlq", kafka.TopicID{}, 2, 0)).RecordBatches)
	if err != nil {
		t.Fatal(err)
	}
	list, err := letter.Records(math.MaxInt32)
	if err != nil {
		t.Fatal(err)
	}
	var r record.Record
	h := letter.Header()
	if !list.Next(&r) || string(r.Key) != "k" || string(r.Value) != "bad" || h.RecordTimestamp(&r) != 5 {
		t.Errorf("the dead letter is %+v", r)
	}
	var headers []string
	for h := range r.Headers() {
		headers = append(headers, string(h.Key)+"="+string(h.Value))
	}
	want := []string{"mine=1", "jackdaw.dlq.topic=t", "jackdaw.dlq.partition=2", "jackdaw.dlq.slot=value.serializer",
		"jackdaw.dlq.plugin=fake@e3b0c44298fc", "jackdaw.dlq.code=7", "jackdaw.dlq.reason=bad is bad"}
	if !slices.Equal(headers, want) {
		t.Errorf("the headers are %q, want %q", headers, want)
	}
	creator.broken, b.t = true, t
	b.deleteTopic("t.dlq")
	if a := b.produce("t", 2, batch(t, nil, "bad", "good")); a.ErrorCode != int16(kafka.NotEnoughReplicas) {
		t.Errorf("without a place for dead letters: %v", kafka.ErrorCode(a.ErrorCode))
	}
}

// topicCreator creates topics as the controller would.
type topicCreator struct {
	broker *broker
	broken bool
}

func (c *topicCreator) CreateTopics(_ context.Context, topics []metadata.NewTopic, _ bool) []metadata.TopicResult {
	if c.broken {
		return []metadata.TopicResult{{Err: kafka.RequestTimedOut}}
	}
	c.broker.createTopic(topics[0].Name, int(topics[0].Partitions))
	return make([]metadata.TopicResult, 1)
}
