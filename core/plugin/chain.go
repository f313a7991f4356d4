package plugin

import (
	"sync/atomic"
)

// Slot is a place of a chain: a plugin and how it is used.
type Slot[P Bound] struct {
	Ref    Ref // as the binding names it
	Plugin P
	Policy Policy
	// Shadow is run beside the plugin; only differences are counted. The zero value (nil): none.
	Shadow P
	// Counts tells what the slot's policy made of the answers, beside the plugin's own Stats.
	Counts SlotCounts
}

// SlotCounts are counters of one slot since its chain was made. All are records, but for Refused.
type SlotCounts struct {
	Mismatched     atomic.Uint64 // not in the partition that the partitioner chose
	Skipped        atomic.Uint64 // left out by on.reject=skip
	DeadLettered   atomic.Uint64 // left out by on.reject=dlq
	Passed         atomic.Uint64 // appended although the plugin failed, by on.error=pass
	Refused        atomic.Uint64 // batches that a rejected record or a failure kept out
	ShadowDiffered atomic.Uint64 // on which the shadow decided otherwise
	ShadowFailed   atomic.Uint64 // on which the shadow failed
}

// Chain is what runs for a topic before the append: first the partitioner, then the key's serializer, then the value's,
// each on what the one before left. Slots that are nil have no plugin. A chain does not change; a new binding makes a new
// chain, and batches end on the chain that they began with:
//
//	if chain := current.Load(); chain != nil && chain.Acquire() {
//		defer chain.Release()
//	}
//
// When Acquire fails, the chain was replaced: load again.
type Chain struct {
	Topic       string
	Partitioner *Slot[Partitioner]
	Key, Value  *Slot[Serializer]
	DeadLetters string // topic of records with on.reject=dlq

	users atomic.Int64 // batches under way, and one until Retire
}

// NewChain returns a chain of the given slots for a topic, in use until it is retired.
func NewChain(topic string) *Chain {
	c := &Chain{Topic: topic}
	c.users.Store(1)
	return c
}

// Acquire keeps the chain's plugins open until Release. It fails once the chain is retired and its last batch ended.
func (c *Chain) Acquire() bool {
	for {
		n := c.users.Load()
		if n == 0 {
			return false
		}
		if c.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release ends a use; the last one of a retired chain closes its plugins.
func (c *Chain) Release() {
	switch n := c.users.Add(-1); {
	case n == 0:
		c.close()
	case n < 0:
		panic("BUG: a plugin chain was released more often than acquired")
	}
}

// Retire says that no new batch will come: whoever replaced the chain calls it once.
func (c *Chain) Retire() { c.Release() }

func (c *Chain) close() {
	closeSlot(c.Partitioner)
	closeSlot(c.Key)
	closeSlot(c.Value)
}

func closeSlot[P Bound](s *Slot[P]) {
	if s == nil {
		return
	}
	s.Plugin.Close()
	if any(s.Shadow) != nil {
		s.Shadow.Close()
	}
}
