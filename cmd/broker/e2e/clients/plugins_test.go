package clients_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

const (
	slot   = "jackdaw.value.serializer"
	schema = `{"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}}`
	good   = `{"age": 1}`
	bad    = `{"age": -1}`
	reason = "/age is -1, but minimum is 0"
)

// startJudged runs a broker with a topic "people" whose values must match the schema.
func startJudged(t *testing.T) *process.Broker {
	t.Helper()
	wasm, err := filepath.Abs("../../../../examples/wasm/json-schema/json-schema.wasm")
	if err != nil {
		t.Fatal(err)
	}
	b := process.Start(t, "plugins=json-schema@1="+wasm)
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	configs := map[string]*string{slot: new("json-schema@1"), slot + ".config": new(schema)}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		_, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, configs, "people")
		switch {
		case err == nil:
			return b
		case !strings.Contains(err.Error(), "INVALID_CONFIG"): // the plugin is still being deployed
			t.Fatal(err)
		}
		<-tick.C
	}
}

// TestJavaShowsWhatAPluginSays: the Java producer has shown messages for single records since KIP-467.
func TestJavaShowsWhatAPluginSays(t *testing.T) {
	b := startJudged(t)
	producer := java(t, tools+"ConsoleProducer", "--bootstrap-server", b.Addr, "--topic", "people", "--sync")
	var errs bytes.Buffer
	producer.Stdin, producer.Stderr = strings.NewReader(bad+"\n"), &errs
	err := producer.Run() // whether the tool itself then fails is not the broker's to say
	if want := "InvalidRecordException: " + reason; !strings.Contains(errs.String(), want) {
		t.Errorf("the producer shows (%v) %s, want %s", err, errs.String(), want)
	}
	run(t, java(t, tools+"ConsoleProducer", "--bootstrap-server", b.Addr, "--topic", "people", "--sync"), good+"\n")
}

// TestOthersShowThatARecordIsRefused: librdkafka and kafkajs know the error, but not its message.
func TestOthersShowThatARecordIsRefused(t *testing.T) {
	b := startJudged(t)
	script := filepath.Join(filepath.Dir(installed(t, "kafkajs/roundtrip.mjs")), "rejected.mjs")
	if got := run(t, command(t, "node", script, b.Addr, "people", bad), ""); !strings.HasPrefix(got, "INVALID_RECORD ") {
		t.Errorf("kafkajs shows %s", got)
	}
	if got := run(t, command(t, "node", script, b.Addr, "people", good), ""); got != "sent\n" {
		t.Errorf("kafkajs with a good record shows %s", got)
	}
	python := installed(t, "python/bin/python")
	if got := run(t, command(t, python, "python/rejected.py", b.Addr, "people", bad), ""); !strings.HasPrefix(got, "INVALID_RECORD ") {
		t.Errorf("librdkafka shows %s", got)
	}
	if got := run(t, command(t, python, "python/rejected.py", b.Addr, "people", good), ""); got != "sent\n" {
		t.Errorf("librdkafka with a good record shows %s", got)
	}
}
