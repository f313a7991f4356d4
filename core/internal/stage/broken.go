package stage

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Broken stands in a chain for a plugin that can't run, and fails each call for the same reason: what happens to records
// is then up to the slot's policy, as with any failure.
type Broken struct {
	Bound   plugin.Binding
	Failure *plugin.Failure
}

var (
	_ plugin.Serializer  = (*Broken)(nil)
	_ plugin.Partitioner = (*Broken)(nil)
)

// Unloaded returns a chain that answers every batch of a topic with a retriable error, until the topic's own chain is
// there.
func Unloaded(topic string) *plugin.Chain {
	c := plugin.NewChain(topic)
	c.Value = &plugin.Slot[plugin.Serializer]{Policy: plugin.DefaultPolicy(plugin.KindValueSerializer), Plugin: &Broken{
		Bound:   plugin.Binding{Kind: plugin.KindValueSerializer, Target: topic},
		Failure: &plugin.Failure{Plugin: "of topic " + topic, Class: plugin.NotLoaded, Reason: "the broker is still loading it"},
	}}
	return c
}

// Validate fails.
func (b *Broken) Validate(context.Context, *plugin.Batch, *plugin.Outcome) error { return b.Failure }

// Serialize fails.
func (b *Broken) Serialize(context.Context, *plugin.Batch, *plugin.Outcome) error { return b.Failure }

// Deserialize fails.
func (b *Broken) Deserialize(context.Context, *plugin.Batch, *plugin.Outcome) error { return b.Failure }

// Partition fails.
func (b *Broken) Partition(context.Context, *plugin.Batch, []int32) error { return b.Failure }

// Binding returns what could not be bound.
func (b *Broken) Binding() plugin.Binding { return b.Bound }

// Info knows nothing of the plugin.
func (b *Broken) Info() plugin.Info { return plugin.Info{} }

// Stats tells only why it is broken.
func (b *Broken) Stats() plugin.Stats { return plugin.Stats{LastFailure: b.Failure} }

// Close does nothing.
func (b *Broken) Close() {}
