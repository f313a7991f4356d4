// Package binding puts plugins before topics and groups, as their configs say: it watches metadata, loads what is named
// through plugin.Registry, and makes the result the chain in force. Loading a plugin may take seconds and happens in the
// background: no change of metadata waits for it. Until the new plugins are there, a topic keeps the chain that it had,
// and one that had none refuses records with an error that clients retry.
package binding

import (
	"context"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Settings are what bindings are made with.
type Settings struct {
	Registry   plugin.Registry // nil: this build has none, and no plugin can be loaded
	Partitions *partition.Set
	Log        *zap.Logger
	// Metrics is where the counters of bindings are registered; nil: nowhere.
	Metrics prometheus.Registerer
}

// Bindings are the plugins of this broker's topics and groups.
type Bindings struct {
	Settings

	mu      sync.RWMutex
	image   *metadata.Image // the newest that was heard of
	started bool
	topics  map[string]*binding
	groups  map[string]*binding

	untried int           // what Settled waits for: Start, and the first attempt of what was bound by then
	settled chan struct{} // closed when untried is 0

	loading chan struct{} // a token for each binding that is being loaded
	ctx     context.Context
	cancel  context.CancelFunc
	tasks   sync.WaitGroup
}

var _ plugin.Bindings = (*Bindings)(nil)

// maxLoading bounds how many bindings are loaded at a time: after a restart there may be one for each of a thousand topics.
const maxLoading = 8

// New returns bindings that do nothing before Start.
func New(s Settings) *Bindings {
	b := &Bindings{
		Settings: s, topics: map[string]*binding{}, groups: map[string]*binding{},
		settled: make(chan struct{}), loading: make(chan struct{}, maxLoading),
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	if s.Metrics != nil {
		s.Metrics.MustRegister(collector{b})
	}
	return b
}

// binding is one topic or group that names plugins.
type binding struct {
	name    string
	id      kafka.TopicID          // of a topic
	plugins *config.Plugins        // of a topic
	group   config.AssignorBinding // of a group

	generation int           // of what the configs ask for
	dropped    bool          // the configs name no plugin any more
	loading    bool          // a goroutine has it
	untried    bool          // Settled waits for its first attempt
	again      chan struct{} // wakes that goroutine early

	chain    *plugin.Chain   // in force; the partitions own it
	assignor plugin.Assignor // in force
	inForce  int             // the generation that it is from
	whole    bool            // it runs all of its plugins
	// Why what the configs ask for is not in force, or can't run.
	problem, shadowProblem *plugin.Failure
}

// Start begins to load what the image names, and from then on what changes.
func (b *Bindings) Start(image *metadata.Image) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.image == nil || b.image.Offset < image.Offset {
		b.image = image
	}
	b.started = true
	b.untried++
	defer b.tried()
	for name := range b.image.Topics {
		b.topicChanged(name)
	}
	for r := range b.image.Configs {
		if r.Type == metadata.GroupResource {
			b.groupChanged(r.Name)
		}
	}
}

// Settled is closed once there was an attempt to load everything that was bound at Start: it is in force, or there is a
// reason why not.
func (b *Bindings) Settled() <-chan struct{} { return b.settled }

// tried counts one down of what Settled waits for. The caller holds mu.
func (b *Bindings) tried() {
	if b.untried--; b.untried == 0 {
		close(b.settled)
	}
}

// Stop ends loading and takes every plugin out of force: topics that name one refuse records from then on.
func (b *Bindings) Stop(context.Context) error {
	b.cancel()
	b.tasks.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.started = false
	for _, t := range b.topics {
		b.drop(b.topics, t)
	}
	for _, g := range b.groups {
		b.drop(b.groups, g)
	}
	return nil
}

// MetadataChanged takes over a change of metadata. It is the function that subscribes to metadata, after the partitions,
// which know the topics of the change by then. It loads nothing itself.
func (b *Bindings) MetadataChanged(image *metadata.Image, delta *metadata.Delta) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.image = image
	if !b.started {
		return
	}
	for _, t := range delta.Deleted {
		b.topicChanged(t.Name)
	}
	for _, t := range delta.Topics {
		b.topicChanged(t.Name)
	}
	for _, r := range delta.Configs {
		switch r.Type {
		case metadata.TopicResource:
			b.topicChanged(r.Name)
		case metadata.GroupResource:
			b.groupChanged(r.Name)
		default: // plugins are bound to nothing else
		}
	}
	if len(delta.Plugins) > 0 {
		b.wakeAll()
	}
}

// topicChanged compares what a topic's configs ask for with what is known. The caller holds mu.
func (b *Bindings) topicChanged(name string) {
	old := b.topics[name]
	topic := b.image.Topics[name]
	var wanted *config.Plugins
	if topic != nil {
		wanted = config.PluginsOf(name, b.image.TopicConfigs(name))
	}
	switch {
	case wanted == nil && old == nil:
		return
	case wanted == nil:
		b.drop(b.topics, old)
		return
	case old != nil && old.id != topic.ID: // deleted and created again
		b.drop(b.topics, old)
		old = nil
	case old != nil && *old.plugins == *wanted:
		return
	}
	if old == nil {
		old = newBinding(name)
		b.topics[name] = old
	}
	old.id, old.plugins = topic.ID, wanted
	b.load(old)
}

func (b *Bindings) groupChanged(name string) {
	old := b.groups[name]
	wanted, ok := config.AssignorOf(b.image.Configs[metadata.Resource{Type: metadata.GroupResource, Name: name}])
	switch {
	case !ok && old == nil, ok && old != nil && old.group == wanted:
		return
	case !ok:
		b.drop(b.groups, old)
		return
	case old == nil:
		old = newBinding(name)
		b.groups[name] = old
	}
	old.group = wanted
	b.load(old)
}

func newBinding(name string) *binding { return &binding{name: name, again: make(chan struct{}, 1)} }

// drop forgets a binding and takes its plugins out of force.
func (b *Bindings) drop(from map[string]*binding, t *binding) {
	delete(from, t.name)
	t.dropped = true
	t.wake()
	if t.plugins != nil {
		b.Partitions.SetChain(t.id, nil)
	}
	if t.assignor != nil {
		t.assignor.Close()
	}
	t.chain, t.assignor = nil, nil
}

// Chain returns the chain of a topic: see plugin.Bindings. Its plugins may be closed at any time, unless it is acquired.
func (b *Bindings) Chain(topic string) (*plugin.Chain, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	switch t := b.topics[topic]; {
	case t == nil:
		return nil, nil
	case t.chain == nil:
		return nil, t.loadingFailure()
	default:
		return t.chain, nil
	}
}

// Assignor returns the assignor bound to a group: see plugin.Bindings.
func (b *Bindings) Assignor(group string) (plugin.Assignor, error) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	switch g := b.groups[group]; {
	case g == nil:
		return nil, nil
	case g.assignor != nil:
		return g.assignor, nil
	case g.problem != nil:
		return nil, g.problem
	default:
		return nil, g.loadingFailure()
	}
}

// loadingFailure is the error while nothing is known yet.
func (t *binding) loadingFailure() *plugin.Failure {
	if t.problem != nil {
		return t.problem
	}
	return &plugin.Failure{Plugin: "of " + t.name, Class: plugin.NotLoaded, Reason: stillLoading}
}

const stillLoading = "the broker is still loading it"
