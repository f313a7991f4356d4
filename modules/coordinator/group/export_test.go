package group

import (
	"context"
	"fmt"

	"github.com/jackdawmq/jackdaw/core/shard"
)

// Check looks for broken invariants in the memory of a shard.
func (c *Coordinator) Check(ctx context.Context, partition int32) error {
	broken, err := shard.Call(ctx, c.shards, partition, func(m *machine, _ *shard.Turn, reply func(error)) { reply(m.check()) })
	if err != nil {
		return err
	}
	return broken
}

func (m *machine) check() error {
	pending := 0
	for id, g := range m.groups {
		pending += len(g.pending)
		if err := m.checkGroup(g); err != nil {
			return fmt.Errorf("group %s (%v): %w", id, g.state, err)
		}
	}
	if pending > m.pending || m.pending > maxPending {
		return fmt.Errorf("%d pending members in groups, %d counted", pending, m.pending)
	}
	return nil
}

func (m *machine) checkGroup(g *group) error {
	recount := newGroup(g.id)
	for _, member := range g.members {
		weighed := *member
		weighed.weighed = 0
		recount.add(&weighed)
		if g.byID[member.id] != member {
			return fmt.Errorf("member %s is not found by its id", member.id)
		}
		if !member.alive() && !m.timers.Scheduled(timer{sessionTimer, g, member.id}) {
			return fmt.Errorf("member %s has no session and waits for nothing", member.id)
		}
		if member.syncing != nil && g.state != CompletingRebalance {
			return fmt.Errorf("member %s waits for an assignment", member.id)
		}
		if member.joining != nil && g.state != PreparingRebalance {
			return fmt.Errorf("member %s waits for a rebalance", member.id)
		}
	}
	for id := range g.unsynced {
		if g.byID[id] == nil {
			return fmt.Errorf("the group waits for the sync of %s, which is gone", id)
		}
	}
	scheduled := func(kind timerKind) bool { return m.timers.Scheduled(timer{kind: kind, group: g}) }
	switch {
	case recount.joining != g.joining || recount.memory != g.memory || fmt.Sprint(recount.supported) != fmt.Sprint(g.supported) ||
		fmt.Sprint(recount.static) != fmt.Sprint(g.static):
		return fmt.Errorf("counts %d %d %v %v, want %d %d %v %v", g.joining, g.memory, g.supported, g.static,
			recount.joining, recount.memory, recount.supported, recount.static)
	case len(g.members) > 0 && g.byID[g.leader] == nil:
		return fmt.Errorf("leader %q is no member", g.leader)
	case g.state == Empty && len(g.members) > 0, g.state != Empty && g.state != PreparingRebalance && len(g.members) == 0:
		return fmt.Errorf("%d members", len(g.members))
	case (g.state == Stable || g.state == CompletingRebalance) && g.protocol == nil:
		return fmt.Errorf("no protocol")
	case g.state == PreparingRebalance && !scheduled(initialTimer) && !scheduled(joinTimer):
		return fmt.Errorf("nothing ends the rebalance")
	case g.state == CompletingRebalance && len(g.unsynced) > 0 && !scheduled(syncTimer):
		return fmt.Errorf("nothing ends the wait for syncs")
	case (g.state == Empty || g.state == Stable) && (scheduled(initialTimer) || scheduled(joinTimer)):
		return fmt.Errorf("a rebalance is scheduled")
	}
	return nil
}
