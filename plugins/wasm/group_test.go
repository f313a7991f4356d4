package wasm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// groupOf is a group of so many members that all subscribe to two topics.
func groupOf(members int) *plugin.Group {
	g := &plugin.Group{ID: "group", Epoch: 3, Homogeneous: true, Topics: []plugin.Topic{
		{Name: "a", NumPartitions: 3, Racks: [][]string{{"r1", "r2"}, nil, {"r3"}}, Lag: []int64{1, -1, 7}},
		{Name: "bb", NumPartitions: 10, Assignable: []byte{0b1111_1101, 0b01}},
	}}
	for i := range members {
		g.Members = append(g.Members, plugin.Member{
			ID: strings.Repeat("m", i+1), InstanceID: "static", Subscribed: []int32{0, 1}, Owned: []plugin.Assigned{{Topic: 1, Partition: 2}},
		})
	}
	return g
}

func bindAssignor(t *testing.T, c wasm.Config) plugin.Assignor {
	t.Helper()
	a, err := load(t, newEngine(t, c), guest(t, "guest")).Assignor(t.Context(), binding(plugin.KindAssignor, ""))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func TestAssign(t *testing.T) {
	assignor := bindAssignor(t, wasm.Config{})
	var a plugin.Assignment
	for range 2 {
		if err := assignor.Assign(t.Context(), groupOf(3), &a); err != nil {
			t.Fatal(err)
		}
		if len(a.Members) != 3 || len(a.Members[0]) != 3+8 || a.Members[0][4] != (plugin.Assigned{Topic: 1, Partition: 2}) {
			t.Errorf("the assignment is %v", a.Members)
		}
	}
	if err := assignor.Assign(t.Context(), &plugin.Group{}, &a); err != nil || len(a.Members) != 0 {
		t.Errorf("a group without members: %v", err)
	}
}

func TestLyingAssignments(t *testing.T) {
	assignor := bindAssignor(t, wasm.Config{QuarantineAfter: 1000})
	f := func(r uint64, out []byte, want string) {
		t.Helper()
		g := groupOf(2)
		g.ID = poke(r, out...)
		var a plugin.Assignment
		err := assignor.Assign(t.Context(), g, &a)
		failure, _ := errors.AsType[*plugin.Failure](err)
		switch {
		case want == "" && err != nil:
			t.Errorf("refused: %v", err)
		case want != "" && (failure == nil || failure.Class != plugin.BadOutput || !strings.Contains(failure.Reason, want)):
			t.Errorf("the failure is %v, want %q", err, want)
		}
	}
	const r = at<<32 | 32
	f(r, append(words(16, 8, 2, 0, at+32, 1, 0, 0), words(0, 2)...), "")
	f(0, nil, "0 bytes")
	f(r, words(16, 8, 1, 0, 0, 0, 0, 0), "1 results for 2")
	f(r, words(16, 4, 2, 0, 0, 0, 0, 0), "entries of 4")
	f(r, words(16, 8, 2, 0, at+2, 1, 0, 0), "multiple of 4")
	f(r, words(16, 8, 2, 0, 0x10fffc, 1, 0, 0), "of a memory")
	f(r, words(16, 8, 2, 0, 8, 0x20000000, 0, 0), "of a memory")
	f(r, words(16, 8, 2, 0, 0, 0x21000, 0, 0x8000), "larger than")
	f(r, append(words(16, 8, 2, 0, at+32, 1, 0, 0), words(2, 0)...), "topic index 2")
	f(r, append(words(16, 8, 2, 0, at+32, 1, 0, 0), words(0, 3)...), "partition 3 of a")
	f(r, append(words(16, 8, 2, 0, at+32, 1, 0, 0), words(1, 1)...), "can't be assigned")
	f(r, append(words(16, 8, 2, 0, at+32, 1, at+32, 1), words(0, 0)...), "twice")
}

func TestPartition(t *testing.T) {
	p, err := load(t, newEngine(t, wasm.Config{QuarantineAfter: 1000}), guest(t, "guest")).Partitioner(t.Context(), binding(plugin.KindPartitioner, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	keys := func(keys ...string) *plugin.Batch {
		b := batchOf(keys...)
		for i := range b.Records {
			b.Records[i].Key, b.Records[i].Value = b.Records[i].Value, nil
			if len(b.Records[i].Key) == 0 {
				b.Records[i].Key = nil
			}
		}
		return b
	}
	out := make([]int32, 3)
	if err := p.Partition(t.Context(), keys("3", "", "0"), out); err != nil || out[0] != 3 || out[1] != plugin.NoPartition || out[2] != 0 {
		t.Errorf("partitions are %v, %v", out, err)
	}
	f := func(want string, k ...string) {
		t.Helper()
		failure, _ := errors.AsType[*plugin.Failure](p.Partition(t.Context(), keys(k...), out))
		if failure == nil || !strings.Contains(failure.Reason, want) {
			t.Errorf("%q: %v, want %q", k, failure, want)
		}
	}
	f("partition 4 of 4", "4")
	f("partition 4 of 4", "1", "2", "4")
	f("partition -2", ".")
	f("8 bytes for 1", poke(at<<32|8, words(1, 1)...))
	f("of a memory", poke(0x7fff0000<<32|4))
	if err := p.Partition(t.Context(), keys(poke(0), "1"), out); err != nil || out[0] != plugin.NoPartition || out[1] != plugin.NoPartition {
		t.Errorf("a result of 0 gives %v, %v", out, err)
	}
}
