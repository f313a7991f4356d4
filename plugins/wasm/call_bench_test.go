package wasm

import (
	"os"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// BenchmarkCall compares a call through the pool, of one small record, with wazero's own call of the same function.
func BenchmarkCall(b *testing.B) {
	code, err := os.ReadFile("testdata/pass.wasm")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("pool", func(b *testing.B) {
		e, err := New(Config{})
		if err != nil {
			b.Fatal(err)
		}
		p, err := e.Load(b.Context(), code)
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		s, err := p.Serializer(b.Context(), plugin.Binding{Kind: plugin.KindValueSerializer, Name: "pass", Target: "t"})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		batch := plugin.Batch{Topic: "t", NumPartitions: 1, Records: []plugin.Record{{Value: []byte("value")}}}
		var o plugin.Outcome
		b.ReportAllocs()
		for b.Loop() {
			if err := s.Validate(b.Context(), &batch, &o); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		r := wazero.NewRuntime(b.Context())
		defer r.Close(b.Context())
		m, err := r.Instantiate(b.Context(), code)
		if err != nil {
			b.Fatal(err)
		}
		f := m.ExportedFunction("jd_validate")
		stack := []uint64{0, 0}
		b.ReportAllocs()
		for b.Loop() {
			stack[0], stack[1] = 0x10000, 100
			if err := f.CallWithStack(b.Context(), stack); err != nil {
				b.Fatal(err)
			}
		}
	})
}
