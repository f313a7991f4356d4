package e2e_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/core/record"
)

const (
	valueSlot = "jackdaw.value.serializer"
	// personSchema is the configuration of the JSON Schema validator in these tests.
	personSchema = `{"type": "object", "required": ["age"], "properties": {"age": {"type": "integer", "minimum": 0}}}`
	good, bad    = `{"age": 1}`, `{"age": -1}`
	badMessage   = "/age is -1, but minimum is 0"
)

// deployed is the setting that deploys the examples which these tests bind.
func deployed(t *testing.T, names ...string) string {
	t.Helper()
	var list []string
	for _, name := range names {
		path, err := filepath.Abs(filepath.Join("../../../examples/wasm", name, name+".wasm"))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, name+"@1="+path)
	}
	return "plugins=" + strings.Join(list, ",")
}

// bindTopic creates a topic with configs that name plugins: those of the settings can be bound once the broker is ready.
func bindTopic(t *testing.T, addr, topic string, configs ...string) {
	t.Helper()
	values := map[string]*string{}
	for i := 0; i < len(configs); i += 2 {
		values[configs[i]] = &configs[i+1]
	}
	if _, err := kadm.NewClient(newClient(t, addr)).CreateTopic(deadline(t), 1, 1, values, topic); err != nil {
		t.Fatalf("creating %s: %v", topic, err)
	}
}

func texts(topic string, values ...string) []*kgo.Record {
	var records []*kgo.Record
	for _, v := range values {
		records = append(records, &kgo.Record{Topic: topic, Value: []byte(v)})
	}
	return records
}

func valuesOf(records []*kgo.Record) string {
	var list []string
	for _, r := range records {
		list = append(list, string(r.Value))
	}
	return strings.Join(list, " ")
}

// TestPluginRejectionAsClientsShowIt: franz-go and sarama know the error, and drop its message and the record errors. What
// the response brings is looked at too; the Java producer shows it (clients/plugins_test.go).
func TestPluginRejectionAsClientsShowIt(t *testing.T) {
	b := process.Start(t, deployed(t, "json-schema"))
	bindTopic(t, b.Addr, "people", valueSlot, "json-schema@1", valueSlot+".config", personSchema)
	t.Run("franz-go", func(t *testing.T) {
		client := newClient(t, b.Addr)
		produce(t, client, texts("people", good))
		err := client.ProduceSync(deadline(t), texts("people", bad)...).FirstErr()
		if !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("the producer shows %v", err)
		}
		produce(t, client, texts("people", good)) // it goes on afterwards
	})
	t.Run("response", func(t *testing.T) {
		var builder record.Builder
		builder.Reset(nil, record.NewHeader())
		builder.Append(time.Now().UnixMilli(), nil, []byte(good))
		builder.Append(time.Now().UnixMilli(), nil, []byte(bad))
		records, err := builder.Finish()
		if err != nil {
			t.Fatal(err)
		}
		req := kmsg.NewPtrProduceRequest()
		partition := kmsg.ProduceRequestTopicPartition{Records: records}
		req.Acks, req.TimeoutMillis = -1, 1000
		req.Topics = []kmsg.ProduceRequestTopic{{Topic: "people", Partitions: []kmsg.ProduceRequestTopicPartition{partition}}}
		req.SetVersion(9)
		client := newClient(t, b.Addr, kgo.MaxVersions(kversion.V3_0_0()))
		ctx := deadline(t)
		var a kmsg.ProduceResponseTopicPartition
		for a.ErrorCode = kerr.NotEnoughReplicas.Code; a.ErrorCode == kerr.NotEnoughReplicas.Code; { // what a plugin that has no turn answers
			resp, err := client.Broker(1).RetriableRequest(ctx, req)
			if err != nil {
				t.Fatal(err)
			}
			a = resp.(*kmsg.ProduceResponse).Topics[0].Partitions[0]
		}
		if len(a.ErrorRecords) != 1 || a.ErrorRecords[0].RelativeOffset != 1 || *a.ErrorRecords[0].ErrorMessage != badMessage ||
			!strings.HasPrefix(*a.ErrorMessage, "plugin json-schema@") {
			t.Errorf("the response is %+v", a)
		}
	})
	t.Run("sarama", func(t *testing.T) {
		producer, err := sarama.NewSyncProducer([]string{b.Addr}, saramaConfig())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = producer.Close() }()
		_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: "people", Value: sarama.StringEncoder(bad)})
		if !errors.Is(err, sarama.ErrInvalidRecord) {
			t.Errorf("the producer shows %v", err)
		}
		if _, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: "people", Value: sarama.StringEncoder(good)}); err != nil {
			t.Errorf("after a rejected record: %v", err)
		}
	})
	got := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("people")), 3)
	if strings.Contains(valuesOf(got), bad) {
		t.Errorf("stored %s", valuesOf(got))
	}
}

func TestPluginPoliciesWithRealClients(t *testing.T) {
	b := process.Start(t, deployed(t, "json-schema"))
	bindTopic(t, b.Addr, "skipping", valueSlot, "json-schema@1", valueSlot+".config", personSchema, valueSlot+".on.reject", "skip")
	bindTopic(t, b.Addr, "burying", valueSlot, "json-schema@1", valueSlot+".config", personSchema, valueSlot+".on.reject", "dlq",
		"jackdaw.dlq.topic", "graveyard")
	client := newClient(t, b.Addr)
	for _, topic := range []string{"skipping", "burying"} {
		produce(t, client, texts(topic, bad, good, bad, good))
		got := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics(topic)), 2)
		if valuesOf(got) != good+" "+good {
			t.Errorf("%s holds %s", topic, valuesOf(got))
		}
	}
	letters := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("graveyard")), 2)
	headers := map[string]string{}
	for _, h := range letters[0].Headers {
		headers[h.Key] = string(h.Value)
	}
	if valuesOf(letters) != bad+" "+bad || headers["jackdaw.dlq.reason"] != badMessage || headers["jackdaw.dlq.topic"] != "burying" {
		t.Errorf("the dead letters are %s with %v", valuesOf(letters), headers)
	}
}

// TestPluginTransformsEveryCodec also takes the broker through kill -9: what was bound is bound again, and the producer,
// which retries what it does not know, loses and doubles nothing.
func TestPluginTransformsEveryCodec(t *testing.T) {
	b := process.Start(t, deployed(t, "redact"))
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			topic := "redacted-" + name
			bindTopic(t, b.Addr, topic, valueSlot, "redact@1", valueSlot+".mode", "transform", valueSlot+".config", `{"fields": ["password"]}`)
			client := newClient(t, b.Addr, kgo.ProducerBatchCompression(codec))
			const n = 2000
			records := make([]*kgo.Record, n)
			for i := range records {
				records[i] = &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, `{"id": %d, "password": "secret-%d"}`, i, i)}
			}
			done := make(chan error, 1)
			go func() { done <- client.ProduceSync(t.Context(), records...).FirstErr() }()
			if name == "lz4" {
				b.Kill()
				b.Restart()
			}
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			for i, r := range consume(t, newClient(t, b.Addr, kgo.ConsumeTopics(topic)), n) {
				if want := fmt.Sprintf(`{"id": %d, "password": "***"}`, i); string(r.Value) != want {
					t.Fatalf("record %d is %s, want %s", i, r.Value, want)
				}
			}
		})
	}
}

// TestPluginUnbound: bindings are ordinary configs.
func TestPluginUnbound(t *testing.T) {
	b := process.Start(t, deployed(t, "json-schema"))
	bindTopic(t, b.Addr, "t", valueSlot, "json-schema@1", valueSlot+".config", personSchema)
	client := newClient(t, b.Addr)
	admin := kadm.NewClient(client)
	alter := func(changes ...kadm.AlterConfig) error {
		t.Helper()
		answers, err := admin.AlterTopicConfigs(deadline(t), changes, "t")
		if err != nil {
			t.Fatal(err)
		}
		return answers[0].Err
	}
	name := func(s string) *string { return &s }
	if err := alter(kadm.AlterConfig{Op: kadm.SetConfig, Name: valueSlot, Value: name("json-schema@2")}); !errors.Is(err, kerr.InvalidConfig) {
		t.Errorf("an unknown version: %v", err)
	}
	if err := alter(kadm.AlterConfig{Op: kadm.SetConfig, Name: valueSlot + ".on.error", Value: name("sometimes")}); !errors.Is(err, kerr.InvalidConfig) {
		t.Errorf("an unknown policy: %v", err)
	}
	produce(t, client, texts("t", good))
	if err := client.ProduceSync(deadline(t), texts("t", bad)...).FirstErr(); !errors.Is(err, kerr.InvalidRecord) {
		t.Errorf("bound: %v", err)
	}
	if err := alter(kadm.AlterConfig{Op: kadm.DeleteConfig, Name: valueSlot}); err != nil {
		t.Fatal(err)
	}
	produce(t, client, texts("t", bad))
}
