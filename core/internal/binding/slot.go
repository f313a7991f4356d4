package binding

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/internal/stage"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// describe tells what a slot does and how it fares.
func describe[P plugin.Bound](k plugin.Kind, s *plugin.Slot[P]) SlotPath {
	c := &s.Counts
	p := SlotPath{
		Slot: k.String(), Plugin: stage.Label(s.Plugin), Bound: s.Ref.String(), Policy: s.Policy, Stats: s.Plugin.Stats(),
		Counts: Counts{
			Mismatched: c.Mismatched.Load(), Skipped: c.Skipped.Load(), DeadLettered: c.DeadLettered.Load(), Passed: c.Passed.Load(),
			Refused: c.Refused.Load(), ShadowDiffered: c.ShadowDiffered.Load(), ShadowFailed: c.ShadowFailed.Load(),
		},
	}
	if any(s.Shadow) != nil {
		p.Shadow = stage.Label(s.Shadow)
	}
	if f := p.Stats.LastFailure; f != nil {
		p.LastError, p.LastErrorAt = f.Error(), p.Stats.LastFailureAt
	}
	p.State = stateOf(s.Plugin, &p.Stats)
	return p
}

func stateOf(bound plugin.Bound, stats *plugin.Stats) string {
	broken, ok := bound.(*stage.Broken)
	switch {
	case ok && broken.Failure.Retriable():
		return Loading
	case ok:
		return Unable
	case stats.QuarantinedUntil.After(time.Now()):
		return Quarantined
	}
	return Running
}
