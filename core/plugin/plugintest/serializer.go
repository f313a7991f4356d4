// Package plugintest is the conformance suite of plugins: every Serializer, Partitioner and Assignor passes it, native or
// not. It brings no test vectors: callers give those that show what the plugin decides.
package plugintest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
)

// call is one of the methods of a serializer.
type call struct {
	name  string
	can   plugin.Functions
	legal []plugin.Action
	run   func(plugin.Serializer, context.Context, *plugin.Batch, *plugin.Outcome) error
}

func calls() []call {
	return []call{
		{"Validate", plugin.CanValidate, []plugin.Action{plugin.Keep, plugin.Reject}, plugin.Serializer.Validate},
		{"Serialize", plugin.CanSerialize, []plugin.Action{plugin.Keep, plugin.Replace, plugin.Drop, plugin.Reject}, plugin.Serializer.Serialize},
		{"Deserialize", plugin.CanDeserialize, []plugin.Action{plugin.Keep, plugin.Replace, plugin.Reject}, plugin.Serializer.Deserialize},
	}
}

// Serializer tests what open returns, a new one each time, with batches on which the plugin does not fail.
func Serializer(t *testing.T, open func(testing.TB) plugin.Serializer, batches ...*plugin.Batch) {
	bound(t, func(tb testing.TB) plugin.Bound { return open(tb) })
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) { testCall(t, c, open, batches) })
	}
}

func testCall(t *testing.T, c call, open func(testing.TB) plugin.Serializer, batches []*plugin.Batch) {
	s := open(t)
	defer s.Close()
	if !s.Info().Functions.Has(c.can) {
		var o plugin.Outcome
		wantClass(t, c.run(s, t.Context(), batches[0], &o), plugin.Unsupported)
		return
	}
	first := make([][]plugin.Verdict, len(batches))
	for i, b := range batches {
		first[i] = judge(t, c, s, b)
		checkVerdicts(t, c, b, first[i])
	}
	t.Run("Deterministic", func(t *testing.T) { deterministic(t, c, s, open, batches, first) })
	t.Run("OutcomeOwnsBytes", func(t *testing.T) {
		kept := make([]plugin.Outcome, len(batches))
		for i, b := range batches {
			if err := c.run(s, t.Context(), b, &kept[i]); err != nil {
				t.Fatal(err)
			}
		}
		for i := range batches { // only now, when every later call is over
			compare(t, first[i], kept[i].Verdicts(), "after other calls")
		}
	})
	t.Run("Concurrent", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i, b := range batches {
					compare(t, first[i], judge(t, c, s, b), "beside other calls")
				}
			})
		}
		wg.Wait()
	})
	t.Run("Allocations", func(t *testing.T) {
		skipUnderRace(t)
		var o plugin.Outcome
		allocates(t, func() error { return c.run(s, t.Context(), batches[0], &o) })
	})
	t.Run("Closed", func(t *testing.T) {
		closed := open(t)
		closed.Close()
		var o plugin.Outcome
		wantClass(t, c.run(closed, t.Context(), batches[0], &o), plugin.NotLoaded)
	})
}

// deterministic tries that answers depend on nothing but the record and its batch's header.
func deterministic(t *testing.T, c call, s plugin.Serializer, open func(testing.TB) plugin.Serializer, batches []*plugin.Batch, first [][]plugin.Verdict) {
	other := open(t)
	defer other.Close()
	for i, b := range slices.Backward(batches) {
		compare(t, first[i], judge(t, c, s, b), "again, in reverse order")
		compare(t, first[i], judge(t, c, other, b), "by another one")
		for k := range b.Records {
			single := *b
			single.Records = b.Records[k : k+1]
			compare(t, first[i][k:k+1], judge(t, c, s, &single), "alone")
		}
	}
}

// judge runs a batch and makes sure that it is as it was before. The verdicts are copies.
func judge(t *testing.T, c call, s plugin.Serializer, b *plugin.Batch) []plugin.Verdict {
	t.Helper()
	before := clone(b)
	var o plugin.Outcome
	if err := c.run(s, t.Context(), b, &o); err != nil {
		t.Error(err)
		return nil
	}
	if !slices.EqualFunc(before.Records, b.Records, sameRecord) {
		t.Error("the plugin changed its input")
	}
	return o.Verdicts() // the outcome is ours alone
}

func clone(b *plugin.Batch) *plugin.Batch {
	c := *b
	c.Records = slices.Clone(b.Records)
	for i := range c.Records {
		r := &c.Records[i]
		r.Key, r.Value, r.Headers = bytes.Clone(r.Key), bytes.Clone(r.Value), slices.Clone(r.Headers)
		for k := range r.Headers {
			r.Headers[k] = record.RecordHeader{Key: bytes.Clone(r.Headers[k].Key), Value: bytes.Clone(r.Headers[k].Value)}
		}
	}
	return &c
}

func checkVerdicts(t *testing.T, c call, b *plugin.Batch, verdicts []plugin.Verdict) {
	t.Helper()
	if len(verdicts) != len(b.Records) {
		t.Fatalf("%d verdicts for %d records", len(verdicts), len(b.Records))
	}
	for i, v := range verdicts {
		switch {
		case !slices.Contains(c.legal, v.Action):
			t.Errorf("record %d: %s is not an answer of %s (%v)", i, v.Action, c.name, v.Failure)
		case v.Action == plugin.Reject && len(v.Message) == 0:
			t.Errorf("record %d is rejected without a message", i)
		}
		for _, h := range v.Headers {
			if h.Key == nil {
				t.Errorf("record %d has a header without a key", i)
			}
		}
	}
}

func compare(t *testing.T, want, got []plugin.Verdict, when string) {
	t.Helper()
	if !slices.EqualFunc(want, got, sameVerdict) {
		t.Errorf("the verdicts are %+v %s, and were %+v", got, when, want)
	}
}

func sameVerdict(a, b plugin.Verdict) bool {
	return a.Action == b.Action && a.Code == b.Code && bytes.Equal(a.Message, b.Message) &&
		sameRecord(plugin.Record{Key: a.Key, Value: a.Value, Headers: a.Headers}, plugin.Record{Key: b.Key, Value: b.Value, Headers: b.Headers})
}

func sameRecord(a, b plugin.Record) bool {
	return same(a.Key, b.Key) && same(a.Value, b.Value) && a.Timestamp == b.Timestamp &&
		slices.EqualFunc(a.Headers, b.Headers, func(a, b record.RecordHeader) bool { return same(a.Key, b.Key) && same(a.Value, b.Value) })
}

// same tells null from empty.
func same(a, b []byte) bool { return (a == nil) == (b == nil) && bytes.Equal(a, b) }

// bound tests what all plugins have in common.
func bound(t *testing.T, open func(testing.TB) plugin.Bound) {
	t.Run("Bound", func(t *testing.T) {
		b := open(t)
		if !b.Info().Functions.Serves(b.Binding().Kind) {
			t.Errorf("a plugin of %v is bound as a %s", b.Info().Functions.Kinds(), b.Binding().Kind)
		}
		b.Close()
		b.Close()
	})
}

func wantClass(t *testing.T, err error, want plugin.Class) {
	t.Helper()
	if f, ok := errors.AsType[*plugin.Failure](err); !ok || f.Class != want {
		t.Errorf("the error is %v, want a failure of class %s", err, want)
	}
}

// allocates fails when a call that was made before allocates.
func allocates(t *testing.T, f func() error) {
	t.Helper()
	n := testing.AllocsPerRun(100, func() {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	})
	if n >= 1 {
		t.Errorf("a call allocates %v times", n)
	}
}

func skipUnderRace(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector makes sync.Pool allocate")
	}
}
