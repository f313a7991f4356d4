package brokertest_test

import (
	"fmt"
	"testing"

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
