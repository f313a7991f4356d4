package plugintest

import (
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Partitioner tests what open returns, a new one each time, with batches on which the plugin does not fail.
func Partitioner(t *testing.T, open func(testing.TB) plugin.Partitioner, batches ...*plugin.Batch) {
	bound(t, func(tb testing.TB) plugin.Bound { return open(tb) })
	p, other := open(t), open(t)
	defer p.Close()
	defer other.Close()
	run := func(t *testing.T, p plugin.Partitioner, b *plugin.Batch) []int32 {
		t.Helper()
		before := clone(b)
		out := make([]int32, len(b.Records))
		if err := p.Partition(t.Context(), b, out); err != nil {
			t.Error(err)
		}
		if !slices.EqualFunc(before.Records, b.Records, sameRecord) {
			t.Error("the plugin changed its input")
		}
		return out
	}
	t.Run("Deterministic", func(t *testing.T) {
		for _, b := range batches {
			first := run(t, p, b)
			for i, got := range first {
				if got < plugin.NoPartition || got >= b.NumPartitions {
					t.Errorf("record %d: partition %d of %d", i, got, b.NumPartitions)
				}
				single := *b
				single.Records = b.Records[i : i+1]
				single.Partition, single.BrokerTime, single.ClientID = 3, 12345, "another"
				if alone := run(t, other, &single); alone[0] != got {
					t.Errorf("record %d: partition %d, and alone %d", i, got, alone[0])
				}
			}
			if again := run(t, p, b); !slices.Equal(first, again) {
				t.Errorf("the partitions are %v at first, then %v", first, again)
			}
		}
	})
	t.Run("Allocations", func(t *testing.T) {
		skipUnderRace(t)
		out := make([]int32, len(batches[0].Records))
		allocates(t, func() error { return p.Partition(t.Context(), batches[0], out) })
	})
	t.Run("Closed", func(t *testing.T) {
		closed := open(t)
		closed.Close()
		wantClass(t, closed.Partition(t.Context(), batches[0], make([]int32, len(batches[0].Records))), plugin.NotLoaded)
	})
}

// Assignor tests what open returns, a new one each time, with groups on which the plugin does not fail.
func Assignor(t *testing.T, open func(testing.TB) plugin.Assignor, groups ...*plugin.Group) {
	bound(t, func(tb testing.TB) plugin.Bound { return open(tb) })
	s, other := open(t), open(t)
	defer s.Close()
	defer other.Close()
	run := func(t *testing.T, s plugin.Assignor, g *plugin.Group, a *plugin.Assignment) {
		t.Helper()
		if err := s.Assign(t.Context(), g, a); err != nil {
			t.Error(err)
		}
		if err := a.Check(g); err != nil {
			t.Errorf("the assignment breaks a rule: %v", err)
		}
	}
	t.Run("Deterministic", func(t *testing.T) {
		var reused plugin.Assignment
		for _, g := range slices.Concat(groups, groups) {
			var first plugin.Assignment
			run(t, s, g, &first)
			for _, again := range []plugin.Assignor{s, other} {
				run(t, again, g, &reused)
				if !slices.EqualFunc(first.Members, reused.Members, func(a, b []plugin.Assigned) bool { return slices.Equal(a, b) }) {
					t.Errorf("the assignment is %v at first, then %v", first.Members, reused.Members)
				}
			}
		}
	})
	t.Run("Allocations", func(t *testing.T) {
		skipUnderRace(t)
		var a plugin.Assignment
		allocates(t, func() error { return s.Assign(t.Context(), groups[0], &a) })
	})
	t.Run("Closed", func(t *testing.T) {
		closed := open(t)
		closed.Close()
		var a plugin.Assignment
		wantClass(t, closed.Assign(t.Context(), groups[0], &a), plugin.NotLoaded)
	})
}
