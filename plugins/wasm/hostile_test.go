package wasm_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// poke is a record that makes the guest answer r after it wrote bytes to 0x10000.
func poke(r uint64, out ...byte) string {
	return string(append(binary.LittleEndian.AppendUint64([]byte("P"), r), out...))
}

func words(v ...uint32) []byte {
	var b []byte
	for _, w := range v {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

// entry is a result block with one entry.
func entry(action, code, key, keyLen, value, valueLen, headers, count, message, messageLen uint32) []byte {
	return words(16, 40, 1, 0, action, code, key, keyLen, value, valueLen, headers, count, message, messageLen)
}

const (
	at   = 0x10000
	null = 0xffffffff
	ok   = at<<32 | 56 // the result of one entry
)

// serialize judges one record and returns the failure of its verdict, or nil.
func serialize(t *testing.T, s plugin.Serializer, value string) (plugin.Verdict, *plugin.Failure) {
	t.Helper()
	var o plugin.Outcome
	if err := s.Serialize(t.Context(), batchOf(value), &o); err != nil {
		f, ok := errors.AsType[*plugin.Failure](err)
		if !ok {
			t.Fatalf("the error is %v, want a failure", err)
		}
		return plugin.Verdict{}, f
	}
	return o.Verdicts()[0], o.Verdicts()[0].Failure
}

func TestLyingResults(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{QuarantineAfter: 1000}), guest(t, "guest")), "")
	f := func(name string, r uint64, out []byte, want string) {
		t.Helper()
		verdict, failure := serialize(t, s, poke(r, out...))
		switch {
		case want == "" && failure != nil:
			t.Errorf("%s: refused: %s", name, failure)
		case want != "" && failure == nil:
			t.Errorf("%s: taken as %+v", name, verdict)
		case want != "" && (failure.Class != plugin.BadOutput || !strings.Contains(failure.Reason, want)):
			t.Errorf("%s: failed with %s, want %q", name, failure, want)
		}
		if verdict, failure := serialize(t, s, "Rstill there"); failure != nil || string(verdict.Message) != "still there" {
			t.Errorf("%s: the plugin does not work afterwards: %+v", name, verdict)
		}
	}
	f("keep", ok, entry(0, 0, null, null, null, null, null, null, null, null), "")
	f("drop looks at nothing else", ok, entry(2, 1, null, 0xfffffff0, null, 5, 3, 9, 7, 8), "")
	f("reject looks only at its message", ok, entry(3, 1, null, 0xfffffff0, null, 5, 3, 9, 0, null), "")
	f("replace by nulls", ok, entry(1, 0, 99999999, null, 0, null, 99999999, 0, null, null), "")
	f("empty slices anywhere", ok, entry(1, 0, 0xfffffff0, 0, 0xfffffff0, 0, 0, 0, 0, 0), "")

	f("block past the end", at<<32|0x7fffffff, nil, "of a memory")
	f("block at the end", 0x7fffffff<<32|8, nil, "of a memory")
	f("empty block", at<<32, nil, "0 bytes")
	f("block that is not aligned", (at+2)<<32|56, nil, "multiple of 4")
	f("block without room for its prefix", at<<32|8, entry(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), "8 bytes")
	f("small entries", at<<32|56, words(16, 36, 1, 0), "entries of 36")
	f("small header", at<<32|56, words(12, 40, 1, 0), "header of 12")
	f("odd stride", at<<32|64, words(16, 42, 1, 0), "entries of 42")
	f("too many results", at<<32|96, words(16, 40, 2, 0), "2 results for 1")
	f("no results", at<<32|56, words(16, 40, 0, 0), "0 results for 1")
	f("huge header", at<<32|56, words(0xfffffffc, 40, 1, 0), "do not fit")
	f("huge stride", at<<32|56, words(16, 0xfffffffc, 1, 0), "do not fit")
	f("flags", at<<32|56, words(16, 40, 1, 1), "flags")
	f("unknown action", ok, entry(4, 0, 0, 0, 0, 0, 0, 0, 0, 0), "action 4")
	f("action that wraps a shift", ok, entry(0xffffffff, 0, 0, 0, 0, 0, 0, 0, 0, 0), "action")
	f("length below null", ok, entry(1, 0, 0, 0xfffffffe, 0, null, 0, 0, 0, 0), "length -2")
	f("value past the end", ok, entry(1, 0, 0, null, 0xffffffff, 2, 0, 0, 0, 0), "of a memory")
	f("value that wraps around", ok, entry(1, 0, 0, null, 0xfffffff0, 0x20, 0, 0, 0, 0), "of a memory")
	f("value larger than allowed", ok, entry(1, 0, 0, null, 0, 0x108000, 0, 0, 0, 0), "larger than")
	f("message past the end", ok, entry(3, 0, 0, 0, 0, 0, 0, 0, 0x7fffffff, 100), "of a memory")
	f("headers past the end", ok, entry(1, 0, 0, null, 0, null, 0x10fff8, 1<<28, 0, 0), "of a memory")
	f("headers that wrap around", ok, entry(1, 0, 0, null, 0, null, 16, 0x10000000, 0, 0), "of a memory")
	f("headers that are not aligned", ok, entry(1, 0, 0, null, 0, null, at+2, 1, 0, 0), "multiple of 4")
	f("header without a key", at<<32|56, append(entry(1, 0, 0, null, 0, null, at+56, 1, 0, 0), words(0, null, 0, null)...), "null key")
	f("header with a key of its own", at<<32|56, append(entry(1, 0, 0, null, 0, null, at+56, 1, 0, 0), words(at, 4, 0, null)...), "")
	f("header key past the end", at<<32|56, append(entry(1, 0, 0, null, 0, null, at+56, 1, 0, 0), words(0x7ffffff0, 4, 0, null)...), "of a memory")
	f("one slice many times", at<<32|56, append(entry(1, 0, 0, null, 0, null, at+56, 3, 0, 0),
		words(0, 0x80000, 0, null, 0, 0x80000, 0, null, 0, 0x80000, 0, null)...), "larger than")
}

func TestValidateMayNotRewrite(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "guest")), "")
	f := func(call func(plugin.Serializer, *plugin.Batch, *plugin.Outcome) error, value string, want plugin.Action) {
		t.Helper()
		var o plugin.Outcome
		if err := call(s, batchOf(value), &o); err != nil {
			t.Fatal(err)
		}
		if got := o.Verdicts()[0]; got.Action != want || want == plugin.Failed && got.Failure.Class != plugin.BadOutput {
			t.Errorf("%q is answered with %+v, want %s", value, got, want)
		}
	}
	validate := func(s plugin.Serializer, b *plugin.Batch, o *plugin.Outcome) error {
		return s.Validate(t.Context(), b, o)
	}
	deserialize := func(s plugin.Serializer, b *plugin.Batch, o *plugin.Outcome) error {
		return s.Deserialize(t.Context(), b, o)
	}
	f(validate, "Rx", plugin.Reject)
	f(validate, "Vx", plugin.Failed)
	f(validate, "D", plugin.Failed)
	f(deserialize, "Vx", plugin.Replace)
	f(deserialize, "D", plugin.Failed)
}

// TestStopped runs everything that never ends, or ends badly, as a serializer, a partitioner and an assignor.
func TestStopped(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{QuarantineAfter: 1000, BatchTimeout: time.Minute, AssignTimeout: time.Minute}), guest(t, "guest"))
	s := values(t, p, "")
	partitioner, err := p.Partitioner(t.Context(), binding(plugin.KindPartitioner, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer partitioner.Close()
	assignor, err := p.Assignor(t.Context(), binding(plugin.KindAssignor, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer assignor.Close()
	for letter, want := range map[string]plugin.Class{
		"T": plugin.Trap, "A": plugin.Trap, "L": plugin.OutOfFuel, "E": plugin.OutOfFuel, "F": plugin.OutOfFuel,
		"Y": plugin.OutOfFuel, "H": plugin.OutOfFuel, "X": plugin.OutOfFuel,
	} {
		if _, failure := serialize(t, s, letter); failure == nil || failure.Class != want {
			t.Errorf("serializer, %s: %v, want %s", letter, failure, want)
		}
		b := batchOf("")
		b.Records[0].Key = []byte(letter)
		f, _ := errors.AsType[*plugin.Failure](partitioner.Partition(t.Context(), b, make([]int32, 1)))
		if f == nil || f.Class != want {
			t.Errorf("partitioner, %s: %v, want %s", letter, f, want)
		}
		var a plugin.Assignment
		g := groupOf(2)
		g.ID = letter
		f, _ = errors.AsType[*plugin.Failure](assignor.Assign(t.Context(), g, &a))
		if f == nil || f.Class != want {
			t.Errorf("assignor, %s: %v, want %s", letter, f, want)
		}
	}
}

func TestDeadline(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{BatchTimeout: time.Nanosecond}), guest(t, "guest")), "")
	long := "L" + strings.Repeat("x", 1<<20) // fuel for many slices
	if _, failure := serialize(t, s, long); failure == nil || failure.Class != plugin.Deadline {
		t.Errorf("a call that takes too long ends with %v", failure)
	}
}

// TestSetUp covers what goes wrong before the first record.
func TestSetUp(t *testing.T) {
	f := func(module, config string, class plugin.Class, reason string) {
		t.Helper()
		p := load(t, newEngine(t, wasm.Config{}), guest(t, module))
		s, err := p.Serializer(t.Context(), binding(plugin.KindValueSerializer, config))
		if class == 0 {
			if err != nil {
				t.Errorf("%s %q: %v", module, config, err)
				return
			}
			s.Close()
			return
		}
		failure, _ := errors.AsType[*plugin.Failure](err)
		if failure == nil || failure.Class != class || !strings.Contains(failure.Reason, reason) {
			t.Errorf("%s %q: the failure is %v, want %s %q", module, config, err, class, reason)
		}
	}
	f("guest", "", 0, "")
	f("guest", "k", 0, "")
	f("guest", "Nnot this topic", plugin.InvalidConfig, "not this topic")
	f("guest", "N", plugin.InvalidConfig, "answered -1")
	f("guest", "T", plugin.Trap, "unreachable")
	f("guest", "L", plugin.OutOfFuel, "fuel")
	f("start_loop", "", plugin.OutOfFuel, "fuel")
	f("start_trap", "", plugin.Trap, "unreachable")
	f("initialize_loop", "", plugin.OutOfFuel, "fuel")
	f("initialize_log", "", 0, "")
	f("minor", "", plugin.Unsupported, "ABI 1.7")
	f("data_outside", "", plugin.Trap, "")
}

func TestReserve(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{QuarantineAfter: 1000}), guest(t, "guest"))
	big := "K" + strings.Repeat("x", 5000)
	f := func(config, value string, class plugin.Class, reason string) {
		t.Helper()
		s := values(t, p, config)
		_, failure := serialize(t, s, value)
		if class == 0 && failure == nil {
			return
		}
		if failure == nil || failure.Class != class || !strings.Contains(failure.Reason, reason) {
			t.Errorf("%q: the failure is %v, want %s %q", config, failure, class, reason)
		}
	}
	f("k", big, 0, "")
	f("x", big, 0, "") // after a 0 for the power of two it is asked for the exact size
	f("z", big, plugin.OutOfMemory, "no room")
	f("s", "K", 0, "")
	f("s", big, plugin.OutOfMemory, "no room")
	f("o", big, plugin.BadOutput, "jd_reserve")
	f("w", big, plugin.BadOutput, "jd_reserve")
	f("e", big, plugin.BadOutput, "jd_reserve")
	f("t", big, plugin.Trap, "unreachable")
	f("k", "K"+strings.Repeat("x", 20<<20), plugin.OutOfMemory, "no room")
}

// TestHalving gives a guest with room for 4 KiB more than that.
func TestHalving(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "guest")), "s")
	var in []string
	for range 100 {
		in = append(in, "Rno"+strings.Repeat("!", 200))
	}
	var o plugin.Outcome
	if err := s.Validate(t.Context(), batchOf(in...), &o); err != nil {
		t.Fatal(err)
	}
	for i, v := range o.Verdicts() {
		if v.Action != plugin.Reject {
			t.Fatalf("record %d: %+v", i, v)
		}
	}
}

func TestPoisonRecordIsFound(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "guest")), "")
	in := make([]string, 5000)
	for i := range in {
		in[i] = "Vnew"
	}
	in[1234], in[4321] = "T", "N2this one"
	var o plugin.Outcome
	if err := s.Serialize(t.Context(), batchOf(in...), &o); err != nil {
		t.Fatal(err)
	}
	for i, v := range o.Verdicts() {
		switch i {
		case 1234:
			if v.Action != plugin.Failed || v.Failure.Class != plugin.Trap {
				t.Errorf("record %d: %+v", i, v)
			}
		case 4321:
			if v.Action != plugin.Failed || v.Failure.Class != plugin.InvalidInput || v.Failure.Reason != "this one" {
				t.Errorf("record %d: %+v", i, v)
			}
		default:
			if v.Action != plugin.Replace || string(v.Value) != "new" {
				t.Fatalf("record %d: %+v", i, v)
			}
		}
	}
}

func TestFreshInstance(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "guest")), "")
	for range 5 { // Q works only in the first call of an instance
		if _, failure := serialize(t, s, "Q"); failure != nil {
			t.Fatal(failure)
		}
	}
	if got := s.Stats().Failures[plugin.Trap]; got != 4 {
		t.Errorf("%d traps are counted, want 4", got)
	}
}

func TestFailureClasses(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{QuarantineAfter: 1000}), guest(t, "guest")), "")
	f := func(value string, class plugin.Class, reason string) {
		t.Helper()
		if _, failure := serialize(t, s, value); failure == nil || failure.Class != class || failure.Reason != reason {
			t.Errorf("%q: %v, want %s %q", value, failure, class, reason)
		}
	}
	f("N1", plugin.Internal, "it answered -1") // InvalidConfig is for jd_configure
	f("N2bad\x00data\xff", plugin.InvalidInput, "bad\ufffddata\ufffd")
	f("N3", plugin.OutOfMemory, "it answered -3")
	f("N4why", plugin.Internal, "why")
	f("N5later", plugin.Unavailable, "later")
	f("N9", plugin.Internal, "it answered -9")
}

func TestHostFunctions(t *testing.T) {
	e := newEngine(t, wasm.Config{QuarantineAfter: 1000})
	p := load(t, e, guest(t, "guest"))
	counting := values(t, p, "cmasked_fields")
	var o plugin.Outcome
	if err := counting.Validate(t.Context(), batchOf("C", "C", "M"), &o); err != nil || !o.AllKept() {
		t.Fatal(err, o.Verdicts())
	}
	if got := counting.Stats().Counters; len(got) != 1 || got["masked_fields"] != 10 {
		t.Errorf("counters are %v", got)
	}
	flood := values(t, p, "m")
	if got := flood.Stats().Counters; len(got) != 32 || got["aAA"] != 1 {
		t.Errorf("a flood of metrics leaves %d counters", len(got))
	}
	if _, failure := serialize(t, flood, "Oa line\nof two"); failure != nil {
		t.Fatal(failure)
	}
	lines := e.Logs(p.Info().Digest)
	if len(lines) < 90 || len(lines) > 120 || lines[0].Text != "Oa line of two" || lines[0].Binding != "orders" {
		t.Errorf("%d lines of a flood are kept: %+v", len(lines), lines[:1])
	}
}
