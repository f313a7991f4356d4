package builtin_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	segmentio "github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/plugin/plugintest"
	"github.com/jackdawmq/jackdaw/plugins/builtin"
)

func load(tb testing.TB, name string) plugin.Program {
	tb.Helper()
	p, ok := builtin.Program(plugin.Ref{Name: name, Version: plugin.BuiltinVersion})
	if !ok {
		tb.Fatalf("there is no %s", name)
	}
	return p
}

func partitioner(tb testing.TB, name string) plugin.Partitioner {
	tb.Helper()
	p, err := load(tb, name).Partitioner(tb.Context(), plugin.Binding{Kind: plugin.KindPartitioner, Name: name, Target: "t"})
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func serializer(tb testing.TB, name string, kind plugin.Kind) plugin.Serializer {
	tb.Helper()
	s, err := load(tb, name).Serializer(tb.Context(), plugin.Binding{Kind: kind, Name: name, Target: "t"})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// clients are the real clients' partitioners.
func clients(t *testing.T) map[string]func(key []byte, partitions int) int32 {
	java := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	shopify := sarama.NewHashPartitioner("t")
	return map[string]func([]byte, int) int32{
		"murmur2": func(key []byte, n int) int32 { return int32(java.Partition(&kgo.Record{Key: key}, n)) },
		"fnv1a": func(key []byte, n int) int32 {
			p, err := shopify.Partition(&sarama.ProducerMessage{Key: sarama.ByteEncoder(key)}, int32(n))
			if err != nil {
				t.Fatal(err)
			}
			return p
		},
		"crc32": func(key []byte, n int) int32 {
			all := make([]int, n)
			for i := range all {
				all[i] = i
			}
			return int32(segmentio.CRC32Balancer{}.Balance(segmentio.Message{Key: key}, all...))
		},
	}
}

// TestPartitionersAgreeWithClients compares with the clients themselves; segmentio's CRC32Balancer is made to agree with
// librdkafka.
func TestPartitionersAgreeWithClients(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for name, client := range clients(t) {
		p := partitioner(t, name)
		for range 2000 {
			key := make([]byte, 1+rng.IntN(40))
			for i := range key {
				key[i] = byte(rng.Uint32())
			}
			n := 1 + rng.IntN(300)
			out := []int32{-7}
			b := plugin.Batch{Topic: "t", NumPartitions: int32(n), Records: []plugin.Record{{Key: key}}}
			if err := p.Partition(t.Context(), &b, out); err != nil {
				t.Fatal(err)
			}
			if want := client(key, n); out[0] != want {
				t.Fatalf("%s: key %x goes to %d of %d, the client's to %d", name, key, out[0], n, want)
			}
		}
	}
}

// TestKafkaJS compares with what kafkajs answered (testdata).
func TestKafkaJS(t *testing.T) {
	text, err := os.ReadFile("testdata/kafkajs.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")[1:]
	for _, line := range lines {
		var key []byte
		var n, current, legacy int32
		if _, err := fmt.Sscanf(line, "%x %d %d %d", &key, &n, &current, &legacy); err != nil {
			t.Fatal(err)
		}
		b := plugin.Batch{Topic: "t", NumPartitions: n, Records: []plugin.Record{{Key: key}}}
		for name, want := range map[string]int32{"murmur2": current, "kafkajs1": legacy} {
			out := []int32{-7}
			if err := partitioner(t, name).Partition(t.Context(), &b, out); err != nil || out[0] != want {
				t.Errorf("%s: key %x goes to %d of %d, kafkajs' to %d (%v)", name, key, out[0], n, want, err)
			}
		}
	}
	if len(lines) < 200 {
		t.Errorf("only %d lines", len(lines))
	}
}

func TestPartitionersWithoutKey(t *testing.T) {
	f := func(name string, key []byte, want int32) {
		t.Helper()
		out := []int32{-7}
		b := plugin.Batch{Topic: "t", NumPartitions: 1, Records: []plugin.Record{{Key: key}}}
		if err := partitioner(t, name).Partition(t.Context(), &b, out); err != nil || out[0] != want {
			t.Errorf("%s puts key %q in %d, want %d (%v)", name, key, out[0], want, err)
		}
	}
	f("murmur2", nil, plugin.NoPartition)
	f("fnv1a", nil, plugin.NoPartition)
	f("crc32", nil, plugin.NoPartition)
	f("murmur2", []byte{}, 0)
	f("fnv1a", []byte{}, 0)
	f("crc32", []byte{}, plugin.NoPartition)
}

func TestSerializers(t *testing.T) {
	f := func(name, data string, want plugin.Action) {
		t.Helper()
		for _, kind := range []plugin.Kind{plugin.KindKeySerializer, plugin.KindValueSerializer} {
			r := plugin.Record{Key: []byte(data), Value: []byte("\xff{")}
			if kind == plugin.KindValueSerializer {
				r.Key, r.Value = r.Value, r.Key
			}
			var o plugin.Outcome
			b := plugin.Batch{Topic: "t", NumPartitions: 1, Records: []plugin.Record{{}, r}}
			if err := serializer(t, name, kind).Validate(t.Context(), &b, &o); err != nil {
				t.Fatal(err)
			}
			if v := o.Verdicts(); v[0].Action != plugin.Keep || v[1].Action != want || (want == plugin.Reject) != (len(v[1].Message) > 0) {
				t.Errorf("%s as %s of %q: %+v", name, kind, data, v)
			}
		}
	}
	f("utf8", "jackdaw ✓", plugin.Keep)
	f("utf8", "", plugin.Keep)
	f("utf8", "\xc3\x28", plugin.Reject)
	f("json", `{"a":[1,null]}`, plugin.Keep)
	f("json", `{"a":`, plugin.Reject)
	f("json", ``, plugin.Reject)
}

func TestConformance(t *testing.T) {
	b := &plugin.Batch{Topic: "t", NumPartitions: 7, Records: []plugin.Record{
		{Key: []byte("k"), Value: []byte(`{}`)}, {}, {Key: []byte("l"), Value: []byte("\xff")}, {Value: bytes.Repeat([]byte("1"), 5000)},
	}}
	for _, name := range []string{"murmur2", "fnv1a", "crc32", "kafkajs1"} {
		t.Run(name, func(t *testing.T) {
			plugintest.Partitioner(t, func(tb testing.TB) plugin.Partitioner { return partitioner(tb, name) }, b)
		})
	}
	good := *b // what is wrong with JSON costs an allocation
	good.Records = append(b.Records[:2:2], b.Records[3])
	for name, batch := range map[string]*plugin.Batch{"utf8": b, "json": &good} {
		t.Run(name, func(t *testing.T) {
			plugintest.Serializer(t, func(tb testing.TB) plugin.Serializer { return serializer(tb, name, plugin.KindValueSerializer) }, batch)
		})
	}
}

func TestPrograms(t *testing.T) {
	digests := map[plugin.Digest]bool{}
	for _, name := range plugin.BuiltinNames() {
		p := load(t, name)
		digests[p.Info().Digest] = true
		for _, kind := range p.Info().Functions.Kinds() {
			binding := plugin.Binding{Kind: kind, Config: []byte("{}")}
			var err error
			if kind == plugin.KindPartitioner {
				_, err = p.Partitioner(t.Context(), binding)
			} else {
				_, err = p.Serializer(t.Context(), binding)
			}
			if f, ok := err.(*plugin.Failure); !ok || f.Class != plugin.InvalidConfig { //nolint:errorlint // it is returned as it is
				t.Errorf("%s as %s takes a configuration: %v", name, kind, err)
			}
		}
		if _, err := p.Assignor(t.Context(), plugin.Binding{Kind: plugin.KindAssignor}); err == nil {
			t.Errorf("%s is an assignor", name)
		}
	}
	if len(digests) != len(plugin.BuiltinNames()) {
		t.Error("two plugins have the same digest")
	}
	for _, ref := range []plugin.Ref{{Name: "murmur2", Version: "2"}, {Name: "range", Version: "1"}, {}} {
		if _, ok := builtin.Program(ref); ok {
			t.Errorf("%v is a plugin of the broker", ref)
		}
	}
}
