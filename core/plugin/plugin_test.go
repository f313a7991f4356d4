package plugin_test

import (
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

func TestRef(t *testing.T) {
	digest := plugin.DigestOf([]byte("wasm"))
	for _, s := range []string{"geo@1", "pii-redact@1.2.0+b", digest.String()} {
		ref, err := plugin.ParseRef(s)
		if err != nil || ref.String() != s {
			t.Errorf("%q is read as %v, %v", s, ref, err)
		}
	}
	if ref, err := plugin.ParseRef("sha256:" + digest.String()); err != nil || ref.Digest != digest {
		t.Errorf("a digest with its algorithm is read as %v, %v", ref, err)
	}
	for _, s := range []string{"", "geo", "@1", "geo@", "a b@1", "geo@1@2", strings.Repeat("x", 129) + "@1", digest.String()[1:], "g/h@1"} {
		if ref, err := plugin.ParseRef(s); err == nil {
			t.Errorf("%q is read as %v", s, ref)
		}
	}
}

func TestKinds(t *testing.T) {
	f := func(has plugin.Functions, want ...plugin.Kind) {
		t.Helper()
		got := has.Kinds()
		if len(got) != len(want) {
			t.Fatalf("kinds are %v, want %v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("kinds are %v, want %v", got, want)
			}
		}
	}
	f(0)
	f(plugin.CanPartition, plugin.KindPartitioner)
	f(plugin.CanDeserialize, plugin.KindKeySerializer, plugin.KindValueSerializer)
	f(plugin.CanAssign|plugin.CanValidate, plugin.KindKeySerializer, plugin.KindValueSerializer, plugin.KindAssignor)
}

func TestOutcomeKeepsBytesWhileItGrows(t *testing.T) {
	var o plugin.Outcome
	o.Reset(3)
	first := o.Copy([]byte("first"))
	for range 100 {
		o.Copy(make([]byte, 100))
	}
	headers := o.AllocHeaders(1)
	headers[0].Key = first
	o.AllocHeaders(1000)
	if string(first) != "first" || string(headers[0].Key) != "first" {
		t.Errorf("growing changed %q", first)
	}
	if o.Copy(nil) != nil || o.Copy([]byte{}) == nil {
		t.Error("null and empty are not told apart")
	}
}

func TestOutcomeCountsChanges(t *testing.T) {
	var o plugin.Outcome
	o.Reset(2)
	if !o.AllKept() || len(o.Verdicts()) != 2 {
		t.Fatal("a new outcome does not keep everything")
	}
	o.Set(1, plugin.Verdict{Action: plugin.Drop})
	o.Set(1, plugin.Verdict{Action: plugin.Reject})
	if o.AllKept() {
		t.Error("a rejected record counts as kept")
	}
	o.Set(1, plugin.Verdict{})
	if !o.AllKept() {
		t.Error("a verdict that was taken back still counts")
	}
	o.Set(0, plugin.Verdict{Action: plugin.Drop})
	o.Reset(1)
	if !o.AllKept() || o.Verdicts()[0].Action != plugin.Keep {
		t.Error("Reset left a verdict")
	}
}

func TestOutcomeAllocations(t *testing.T) {
	var o plugin.Outcome
	value := make([]byte, 1000)
	n := testing.AllocsPerRun(100, func() {
		o.Reset(100)
		for i := range 100 {
			o.Set(i, plugin.Verdict{Action: plugin.Replace, Value: o.Copy(value), Headers: o.AllocHeaders(2)})
		}
	})
	if n != 0 {
		t.Errorf("a reused outcome allocates %v times", n)
	}
}

func TestAssignmentCheck(t *testing.T) {
	group := plugin.Group{
		Topics:  []plugin.Topic{{Name: "a", NumPartitions: 2}, {Name: "b", NumPartitions: 9, Assignable: []byte{0xff, 0}}},
		Members: []plugin.Member{{ID: "m", Subscribed: []int32{0, 1}}, {ID: "n", Subscribed: []int32{1}}},
	}
	f := func(wrong string, members ...[]plugin.Assigned) {
		t.Helper()
		err := (&plugin.Assignment{Members: members}).Check(&group)
		if (err == nil) != (wrong == "") || err != nil && !strings.Contains(err.Error(), wrong) {
			t.Errorf("%v is answered with %v, want %q", members, err, wrong)
		}
	}
	type as = []plugin.Assigned
	f("", as{{0, 0}, {0, 1}, {1, 7}}, as{{1, 0}})
	f("", nil, nil)
	f("members", nil)
	f("topic index", as{{2, 0}}, nil)
	f("topic index", as{{-1, 0}}, nil)
	f("partition 2 of a", as{{0, 2}}, nil)
	f("partition -1", as{{0, -1}}, nil)
	f("subscribe", nil, as{{0, 0}})
	f("can't be assigned", as{{1, 8}}, nil)
	f("twice", as{{1, 1}}, as{{1, 1}})
	group.Share = true
	f("", as{{1, 1}}, as{{1, 1}})
	f("twice", as{{1, 1}, {1, 1}}, nil)
}

func TestAssignmentAllocations(t *testing.T) {
	group := plugin.Group{
		Topics:  []plugin.Topic{{Name: "a", NumPartitions: 200}},
		Members: []plugin.Member{{Subscribed: []int32{0}}, {Subscribed: []int32{0}}},
	}
	var a plugin.Assignment
	n := testing.AllocsPerRun(100, func() {
		a.Reset(2)
		for p := range int32(200) {
			a.Members[p%2] = append(a.Members[p%2], plugin.Assigned{Partition: p})
		}
		if err := a.Check(&group); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("a reused assignment allocates %v times", n)
	}
}

func TestPolicy(t *testing.T) {
	f := func(mode, onError string, k plugin.Kind, ok bool) {
		t.Helper()
		m, err := plugin.ParseMode(mode)
		e, err2 := plugin.ParseOnError(onError)
		if err != nil || err2 != nil || m.String() != mode || e.String() != onError {
			t.Fatal(m, e, err, err2)
		}
		if err := (plugin.Policy{Mode: m, OnError: e}).Check(k); (err == nil) != ok {
			t.Errorf("%s with %s for a %s: %v", mode, onError, k, err)
		}
	}
	f("observe", "pass", plugin.KindPartitioner, true)
	f("enforce", "pass", plugin.KindPartitioner, false)
	f("validate", "retry", plugin.KindPartitioner, false)
	f("validate", "pass", plugin.KindKeySerializer, true)
	f("transform", "pass", plugin.KindValueSerializer, false)
	f("transform", "reject", plugin.KindValueSerializer, true)
	f("observe", "retry", plugin.KindValueSerializer, false)
	if _, err := plugin.ParseMode("Validate"); err == nil {
		t.Error("words are not case-sensitive")
	}
}
