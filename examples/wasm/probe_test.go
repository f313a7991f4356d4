package wasm_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// TestProbes tests the SDKs with guests that use everything of them.
func TestProbes(t *testing.T) {
	lines, _ := observer.New(zap.InfoLevel)
	engine := newEngine(t, zap.New(lines))
	sums := readSums(t)
	tree := copyTree(t)
	answers := filepath.Join("testdata", "probe", "probe.vectors")
	for _, language := range []string{"c", "go", "rust"} {
		t.Run(language, func(t *testing.T) {
			file := filepath.Join("testdata", "probe", language, "probe.wasm")
			var code []byte
			if language != "go" {
				checkCommitted(t, engine, sums, file, answers)
				code = read(t, file)
			}
			if builds(language) {
				code = build(t, filepath.Join(tree, "examples", "wasm", "testdata", "probe", language), "probe")
				compare(t, sums, file, code)
				run(t, engine, code, answers)
			}
			if language == "c" && builds(language) {
				t.Setenv("CC", "clang++ -x c++ -std=c++17 -fno-exceptions -Wno-missing-field-initializers")
				run(t, engine, build(t, filepath.Join(tree, "examples", "wasm", "testdata", "probe", "c"), "probe"), answers)
			}
			testProbe(t, engine, code)
		})
	}
}

func testProbe(t *testing.T, engine *wasm.Engine, code []byte) {
	program, err := engine.Load(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	binding := plugin.Binding{Kind: plugin.KindValueSerializer, Name: "probe", Target: "t", Config: []byte("p:")}
	s, err := program.Serializer(t.Context(), binding)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	testFailure(t, s)
	testMemory(t, s)
	if n := s.Stats().Counters["replaced"]; n < 1 {
		t.Errorf("the counter is at %d", n)
	}
	if lines := engine.Logs(program.Info().Digest); len(lines) == 0 || lines[0].Text != "configured" {
		t.Errorf("%v was logged", lines)
	}
}

// testFailure: a call that fails has its class and message, and the plugin works on.
func testFailure(t *testing.T, s plugin.Serializer) {
	batch := &plugin.Batch{Topic: "t", NumPartitions: 1, Records: []plugin.Record{{Value: []byte("fail")}}}
	var outcome plugin.Outcome
	err := s.Serialize(t.Context(), batch, &outcome)
	failure, ok := errors.AsType[*plugin.Failure](err)
	if err == nil && outcome.Verdicts()[0].Action == plugin.Failed {
		failure, ok = outcome.Verdicts()[0].Failure, true
	}
	if !ok || failure.Class != plugin.InvalidInput || !strings.Contains(failure.Reason, "told to fail") {
		t.Errorf("%v, want invalid_input: told to fail", err)
	}
	batch.Records[0].Value = []byte("drop")
	if err := s.Serialize(t.Context(), batch, &outcome); err != nil || outcome.Verdicts()[0].Action != plugin.Drop {
		t.Errorf("after a failure: %v", err)
	}
}

// testMemory: what calls allocate is gone after them. Batches are large and small, so that the input area moves.
func testMemory(t *testing.T, s plugin.Serializer) {
	large := &plugin.Batch{Topic: "t", NumPartitions: 1, Records: []plugin.Record{{Value: bytes.Repeat([]byte("x"), 1<<20)}}}
	many := &plugin.Batch{Topic: "t", NumPartitions: 1}
	header := []record.RecordHeader{{Key: []byte("a"), Value: []byte("1")}}
	for i := range 4500 {
		value := []string{"replace", "same", "reject", "keep", "drop"}[i%5]
		many.Records = append(many.Records, plugin.Record{Key: []byte("k"), Value: []byte(value), Headers: header})
	}
	var outcome plugin.Outcome
	var memory int64
	for round := range 20 {
		for _, batch := range []*plugin.Batch{many, large} {
			if err := s.Serialize(t.Context(), batch, &outcome); err != nil {
				t.Fatal(err)
			}
		}
		if round == 10 {
			memory = s.Stats().Memory
		}
	}
	if grown := s.Stats().Memory; grown > 2*memory { // garbage collectors are not exact
		t.Errorf("memory grew from %d to %d bytes", memory, grown)
	}
}
