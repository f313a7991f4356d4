package binding

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Path says which way produced records take into a topic, and why.
type Path struct {
	Topic  string
	Native bool   // no plugin is bound: nothing looks at the records
	Why    string // one sentence
	// Current is false while what the configs ask for is being loaded, and the plugins before it are in force, or none.
	Current bool
	// Slots are the plugins in the order in which records pass them.
	Slots []SlotPath
	// DeadLetters is the topic for records that on.reject=dlq leaves out; "" when no slot does.
	DeadLetters string
}

// SlotPath is one plugin on the way.
type SlotPath struct {
	Slot   string // as in configs: "value.serializer"
	Plugin string // in force: name@digest12
	Bound  string // what the chain in force was bound to: name@version, or a digest
	Policy plugin.Policy
	Shadow string // name@digest12 of the shadow; "" for none
	State  string // running, loading, broken or quarantined
	// LastError is what failed last in this broker, "" when nothing did.
	LastError   string
	LastErrorAt time.Time // zero when it is not known
	Stats       plugin.Stats
	Counts      Counts
}

// Counts are the values of plugin.SlotCounts at one time.
type Counts struct {
	Mismatched, Skipped, DeadLettered, Passed, Refused, ShadowDiffered, ShadowFailed uint64
}

// The states of a slot.
const (
	Running     = "running"
	Loading     = "loading"
	Unable      = "broken"
	Quarantined = "quarantined"
)

// Path describes the way into a topic. Topics that do not exist have the native one.
func (b *Bindings) Path(topic string) Path {
	b.mu.RLock()
	defer b.mu.RUnlock()
	p := Path{Topic: topic}
	t := b.topics[topic]
	if t == nil {
		p.Native, p.Current, p.Why = true, true, "no plugin is bound"
		return p
	}
	p.Slots, p.Current = slotsOf(t.chain), t.chain != nil && t.inForce == t.generation
	for _, s := range p.Slots {
		if s.Policy.OnReject == plugin.DeadLetter {
			p.DeadLetters = t.chain.DeadLetters
		}
	}
	switch {
	case t.chain == nil:
		p.Why = "records are refused until the plugins are loaded: " + t.loadingFailure().Reason
	case t.inForce != t.generation && t.problem != nil:
		p.Why = fmt.Sprintf("the plugins that were bound before stay in force: %s", t.problem)
	case t.inForce != t.generation:
		p.Why = "the plugins that were bound before stay in force while the new ones are loaded"
	case t.problem != nil:
		p.Why = fmt.Sprintf("on.error decides about records: %s", t.problem)
	default:
		p.Why = "plugins are bound as " + names(p.Slots)
	}
	if t.shadowProblem != nil {
		p.Why += fmt.Sprintf("; without its shadow: %s", t.shadowProblem)
	}
	return p
}

// Paths describes the way into every topic that names a plugin, by name.
func (b *Bindings) Paths() []Path {
	b.mu.RLock()
	topics := make([]string, 0, len(b.topics))
	for name := range b.topics {
		topics = append(topics, name)
	}
	b.mu.RUnlock()
	slices.Sort(topics)
	list := make([]Path, 0, len(topics))
	for _, name := range topics {
		list = append(list, b.Path(name))
	}
	return list
}

func names(list []SlotPath) string {
	var slots []string
	for i := range list {
		slots = append(slots, list[i].Slot)
	}
	return strings.Join(slots, ", ")
}

// slotsOf describes the slots of a chain that have a plugin.
func slotsOf(c *plugin.Chain) []SlotPath {
	if c == nil {
		return nil
	}
	var list []SlotPath
	if s := c.Partitioner; s != nil {
		list = append(list, describe(plugin.KindPartitioner, s))
	}
	if s := c.Key; s != nil {
		list = append(list, describe(plugin.KindKeySerializer, s))
	}
	if s := c.Value; s != nil {
		list = append(list, describe(plugin.KindValueSerializer, s))
	}
	return list
}
