package plugin_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// closer is a plugin that only counts how often it is closed.
type closer struct {
	plugin.Serializer
	closed int
}

func (c *closer) Close() { c.closed++ }

func TestRetiredChainClosesAfterItsLastBatch(t *testing.T) {
	bound, shadow := &closer{}, &closer{}
	chain := plugin.NewChain("t")
	chain.Value = &plugin.Slot[plugin.Serializer]{Plugin: bound, Shadow: shadow}
	chain.Key = &plugin.Slot[plugin.Serializer]{Plugin: &closer{}}
	if !chain.Acquire() {
		t.Fatal("a new chain can't be acquired")
	}
	chain.Retire()
	if bound.closed != 0 {
		t.Fatal("a plugin is closed under a batch")
	}
	if !chain.Acquire() {
		t.Fatal("a chain that still runs a batch can't be acquired")
	}
	chain.Release()
	chain.Release()
	if bound.closed != 1 || shadow.closed != 1 {
		t.Errorf("closed %d and %d times, want once each", bound.closed, shadow.closed)
	}
	if chain.Acquire() {
		t.Error("a closed chain can be acquired")
	}
}
