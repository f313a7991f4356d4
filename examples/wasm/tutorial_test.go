package wasm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/sdk/brokertest"
)

// TestTutorial is what a client sees at the end of the tutorial in sdk/README.md, with the plugin of each language that is
// committed: one record is stored, the other is refused with the plugin's own message.
func TestTutorial(t *testing.T) {
	b := brokertest.New(t, "plugins=in-c@1=testdata/c-validator.wasm,in-rust@1=testdata/rust-validator.wasm,redact@1=redact/redact.wasm")
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.MetadataMinAge(10*time.Millisecond)) // it asks again soon when the plugin is not loaded yet
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	for _, name := range []string{"in-c", "in-rust"} {
		create(t, client, name, map[string]string{"jackdaw.value.serializer": name + "@1"})
		good := &kgo.Record{Topic: name, Value: []byte(`{"user": "ann"}`)}
		if err := client.ProduceSync(t.Context(), good).FirstErr(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		bad := &kgo.Record{Topic: name, Value: []byte(`{"name": "ann"}`)}
		if err := client.ProduceSync(t.Context(), bad).FirstErr(); !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("%s: %v, want INVALID_RECORD", name, err)
		}
	}
	testRedact(t, b.Addr(), client)
}

// testRedact reads back what a transform stored.
func testRedact(t *testing.T, addr string, client *kgo.Client) {
	create(t, client, "redacted", map[string]string{
		"jackdaw.value.serializer":        "redact@1",
		"jackdaw.value.serializer.mode":   "transform",
		"jackdaw.value.serializer.config": `{"fields": ["password"], "emails": true}`,
	})
	sent := &kgo.Record{Topic: "redacted", Key: []byte("k"), Value: []byte(`{"password": 1, "note": "to ann@example.com"}`)}
	if err := client.ProduceSync(t.Context(), sent).FirstErr(); err != nil {
		t.Fatal(err)
	}
	reader, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics("redacted"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	fetches := reader.PollFetches(t.Context())
	records := fetches.Records()
	if err := fetches.Err(); err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	if got := string(records[0].Value); got != `{"password": "***", "note": "to ***"}` || string(records[0].Key) != "k" {
		t.Errorf("%s is stored", got)
	}
}

// create makes a topic, as soon as the plugins of the settings are deployed: until then the broker does not know them.
func create(t *testing.T, client *kgo.Client, topic string, configs map[string]string) {
	t.Helper()
	set := map[string]*string{}
	for name, value := range configs {
		set[name] = &value
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		answer, err := kadm.NewClient(client).CreateTopic(ctx, 1, 1, set, topic)
		if err == nil {
			return
		}
		if !errors.Is(err, kerr.InvalidConfig) || ctx.Err() != nil {
			t.Fatalf("create %s: %v %s", topic, err, answer.ErrMessage)
		}
		<-again.C
	}
}
