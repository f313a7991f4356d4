package partition

import (
	"github.com/jackdawmq/jackdaw/core/internal/stage"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// SetChain makes a plugin chain the one in force for a topic, from the next batch on. The set owns the chain then, and
// retires the one before: batches that began on that end on it. A nil chain takes the topic's away, which then refuses
// records as long as its configs name a plugin. It does nothing but retire the chain when there is no such topic.
func (s *Set) SetChain(id kafka.TopicID, chain *plugin.Chain) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.index.Load().ids[id]
	switch {
	case t != nil && chain == nil:
		t.swapChain(nil)
		t.requireChain()
	case t != nil:
		t.swapChain(chain)
	case chain != nil:
		chain.Retire()
	}
}

// requireChain makes a topic whose configs name a plugin refuse records until its chain is there, and one whose configs
// name none any more forget its chain. The caller holds Set.mu.
func (t *Topic) requireChain() {
	bound := t.config.Load().Plugins != nil
	switch chain := t.chain.Load(); {
	case bound && chain == nil:
		t.swapChain(stage.Unloaded(t.Name))
	case !bound && chain != nil:
		t.swapChain(nil)
	}
}

func (t *Topic) swapChain(chain *plugin.Chain) {
	if old := t.chain.Swap(chain); old != nil {
		old.Retire()
	}
}

// acquireChain returns the chain to release after the batch, or nil when the topic has none any more.
func (p *Partition) acquireChain() *plugin.Chain {
	for {
		chain := p.chain.Load()
		if chain == nil || chain.Acquire() {
			return chain
		}
	}
}
