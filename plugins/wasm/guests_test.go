package wasm_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// guest reads a module of testdata.
func guest(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newEngine(t testing.TB, c wasm.Config) *wasm.Engine {
	t.Helper()
	e, err := wasm.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return e
}

func load(t testing.TB, e *wasm.Engine, b []byte) plugin.Program {
	t.Helper()
	p, err := e.Load(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// values binds a module as a serializer of values.
func values(t testing.TB, p plugin.Program, config string) plugin.Serializer {
	t.Helper()
	s, err := p.Serializer(t.Context(), binding(plugin.KindValueSerializer, config))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func binding(k plugin.Kind, config string) plugin.Binding {
	b := plugin.Binding{Kind: k, Name: "guest", Target: "orders"}
	if config != "" {
		b.Config = []byte(config)
	}
	return b
}

func batchOf(values ...string) *plugin.Batch {
	b := &plugin.Batch{Topic: "orders", NumPartitions: 4, BrokerTime: 1_700_000_000_000, ClientID: "client"}
	for _, v := range values {
		b.Records = append(b.Records, plugin.Record{Key: []byte("key"), Value: []byte(v), Timestamp: 5})
	}
	return b
}
