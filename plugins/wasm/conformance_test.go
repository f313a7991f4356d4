package wasm_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/plugin/plugintest"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// vectors are records that the guest keeps, replaces and rejects. Headers and nulls come back as they are.
func vectors(values ...string) *plugin.Batch {
	b := batchOf(values...)
	b.Records[0].Headers = []record.RecordHeader{{Key: []byte("h"), Value: []byte("1")}, {Key: []byte{}, Value: nil}}
	b.Records[1].Key = nil
	b.Records = append(b.Records, plugin.Record{}, plugin.Record{Key: []byte{}, Value: []byte{}})
	return b
}

func TestConformance(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{}), guest(t, "guest"))
	serializer := func(tb testing.TB) plugin.Serializer { return values(tb, p, "k") }
	t.Run("Serializer", func(t *testing.T) {
		// what each of the three functions may answer
		plugintest.Serializer(t, serializer, vectors("Rno", "keep"), batchOf("R"), batchOf("a", "R\x01\xff"))
	})
	t.Run("Partitioner", func(t *testing.T) {
		b := vectors("", "")
		b.Records[0].Key, b.Records[1].Key = []byte("3"), []byte("1")
		plugintest.Partitioner(t, func(tb testing.TB) plugin.Partitioner {
			bound, err := p.Partitioner(tb.Context(), binding(plugin.KindPartitioner, ""))
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(bound.Close)
			return bound
		}, b)
	})
	t.Run("Assignor", func(t *testing.T) {
		plugintest.Assignor(t, func(tb testing.TB) plugin.Assignor {
			bound, err := p.Assignor(tb.Context(), binding(plugin.KindAssignor, ""))
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(bound.Close)
			return bound
		}, groupOf(3), groupOf(1))
	})
}

// TestReplace covers what a rewritten record keeps of the original one.
func TestReplace(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{}), guest(t, "guest"))
	f := func(k plugin.Kind, mask string, want plugin.Record) {
		t.Helper()
		s, err := p.Serializer(t.Context(), binding(k, "i"+mask))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		b := batchOf("Vvalue")
		b.Records[0].Key = []byte("Vkey")
		b.Records[0].Headers = []record.RecordHeader{{Key: []byte("h"), Value: []byte("1")}, {Key: []byte{}}}
		var o plugin.Outcome
		if err := s.Serialize(t.Context(), b, &o); err != nil {
			t.Fatal(err)
		}
		v := o.Verdicts()[0]
		if want.Key == nil && v.Action == plugin.Keep {
			return
		}
		if v.Action != plugin.Replace || string(v.Key) != string(want.Key) || string(v.Value) != string(want.Value) || len(v.Headers) != 2 ||
			v.Headers[1].Key == nil || v.Headers[1].Value != nil || string(v.Headers[0].Value) != "1" {
			t.Errorf("%s with interest %q: %+v", k, mask, v)
		}
	}
	f(plugin.KindValueSerializer, "\x0f", plugin.Record{Key: []byte("Vkey"), Value: []byte("value")})
	f(plugin.KindValueSerializer, "\x02", plugin.Record{Key: []byte("Vkey"), Value: []byte("value")})
	f(plugin.KindValueSerializer, "\x0d", plugin.Record{}) // it sees no value, and keeps
	f(plugin.KindKeySerializer, "\x0f", plugin.Record{Key: []byte("key"), Value: []byte("Vvalue")})
	f(plugin.KindKeySerializer, "\x02", plugin.Record{Key: []byte("key"), Value: []byte("Vvalue")})
	f(plugin.KindKeySerializer, "\x0d", plugin.Record{})
}
