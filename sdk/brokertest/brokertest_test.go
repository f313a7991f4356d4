package brokertest_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/sdk/brokertest"
)

func TestBrokersAreApart(t *testing.T) {
	first, second := brokertest.New(t), brokertest.New(t)
	for i, b := range []*brokertest.Broker{first, second} {
		client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.AllowAutoTopicCreation(), kgo.ConsumeTopics("t"),
			kgo.ConsumerGroup("g"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		want := fmt.Sprintf("record of broker %d", i)
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte(want)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		var got []string
		for len(got) == 0 {
			client.PollFetches(t.Context()).EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("broker %d has %q, want only %q", i, got, want)
		}
	}
}

func TestPluginsOfTheSettings(t *testing.T) {
	b := brokertest.New(t, "plugins=has-user@1=../../examples/wasm/testdata/c-validator.wasm")
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	bound := map[string]*string{"jackdaw.value.serializer": new("has-user@1")}
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, bound, "t"); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte(`{}`)}).FirstErr(); !errors.Is(err, kerr.InvalidRecord) {
		t.Errorf("a bad record: %v", err)
	}
	if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte(`{"user": 1}`)}).FirstErr(); err != nil {
		t.Errorf("a good record: %v", err)
	}
}
