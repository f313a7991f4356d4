package binding

import (
	"context"
	"errors"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/stage"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// made is what came of an attempt to load the plugins of a binding.
type made struct {
	chain    *plugin.Chain   // of a topic; stage.Broken stands for a plugin that can't run
	assignor plugin.Assignor // of a group; nil when it can't run
	again    bool            // another attempt may end otherwise
	// The first plugin that can't run, and the first shadow.
	problem, shadowProblem *plugin.Failure
}

// waits reports whether a plugin is not there yet, as opposed to one that is there and can't run.
func (m *made) waits() bool { return m.problem != nil && m.problem.Retriable() }

func (m *made) discard() {
	if m.chain != nil {
		m.chain.Retire()
	}
	if m.assignor != nil {
		m.assignor.Close()
	}
}

// failed notes why a plugin can't run.
func (m *made) failed(f *plugin.Failure, shadow bool) {
	first := &m.problem
	if shadow {
		first = &m.shadowProblem
	}
	if *first == nil || f.Retriable() && !(*first).Retriable() {
		*first = f
	}
	m.again = m.again || f.Class != plugin.InvalidConfig && f.Class != plugin.Unsupported
}

// reasons lists the failures.
func (m *made) reasons() []error {
	var list []error
	for _, f := range []*plugin.Failure{m.problem, m.shadowProblem} {
		if f != nil {
			list = append(list, f)
		}
	}
	return list
}

// equal reports whether two attempts failed alike.
func equal(a, b *plugin.Failure) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// make loads the plugins that a binding asks for.
func (b *Bindings) make(t *binding) made {
	var m made
	select {
	case b.loading <- struct{}{}:
		defer func() { <-b.loading }()
	case <-b.ctx.Done():
		return m
	}
	if t.plugins == nil {
		var f *plugin.Failure
		m.assignor, f = bind(b, t.group.Ref, plan[plugin.Assignor]{
			target: t.name, kind: plugin.KindAssignor, config: t.group.Config, needs: plugin.CanAssign, bind: plugin.Program.Assignor,
		})
		if f != nil {
			m.failed(f, false)
		}
		return m
	}
	m.chain = plugin.NewChain(t.name)
	m.chain.DeadLetters = t.plugins.DeadLetters
	if s := &t.plugins.Partitioner; s.Bound() {
		p := planOf(t.name, plugin.KindPartitioner, s, plugin.CanPartition, plugin.Program.Partitioner)
		m.chain.Partitioner = slot(b, &m, s, p, asPartitioner)
	}
	m.chain.Key = b.serializer(&m, t.name, plugin.KindKeySerializer, &t.plugins.Key)
	m.chain.Value = b.serializer(&m, t.name, plugin.KindValueSerializer, &t.plugins.Value)
	return m
}

func (b *Bindings) serializer(m *made, topic string, k plugin.Kind, s *config.PluginSlot) *plugin.Slot[plugin.Serializer] {
	if !s.Bound() {
		return nil
	}
	needs := plugin.CanValidate
	if s.Policy.Mode == plugin.Transform {
		needs = plugin.CanSerialize
	}
	return slot(b, m, s, planOf(topic, k, s, needs, plugin.Program.Serializer), asSerializer)
}

func asPartitioner(b *stage.Broken) plugin.Partitioner { return b }
func asSerializer(b *stage.Broken) plugin.Serializer   { return b }

// plan says how to bind a plugin.
type plan[P plugin.Bound] struct {
	target string
	kind   plugin.Kind
	config string
	needs  plugin.Functions
	bind   func(plugin.Program, context.Context, plugin.Binding) (P, error)
}

func planOf[P plugin.Bound](
	topic string, k plugin.Kind, s *config.PluginSlot, needs plugin.Functions,
	bind func(plugin.Program, context.Context, plugin.Binding) (P, error),
) plan[P] {
	return plan[P]{topic, k, s.Config, needs, bind}
}

// slot loads the plugin of a slot and its shadow. A plugin that can't run is replaced by what broken makes of the reason;
// a shadow that can't run is left out.
func slot[P plugin.Bound](b *Bindings, m *made, s *config.PluginSlot, p plan[P], broken func(*stage.Broken) P) *plugin.Slot[P] {
	out := &plugin.Slot[P]{Ref: s.Ref, Policy: s.Policy}
	var f *plugin.Failure
	if out.Plugin, f = bind(b, s.Ref, p); f != nil {
		m.failed(f, false)
		out.Plugin = broken(&stage.Broken{Bound: p.binding(s.Ref), Failure: f})
	}
	if s.Shadow != (plugin.Ref{}) {
		if out.Shadow, f = bind(b, s.Shadow, p); f != nil {
			m.failed(f, true)
		}
	}
	return out
}

func (p *plan[P]) binding(ref plugin.Ref) plugin.Binding {
	out := plugin.Binding{Kind: p.kind, Name: ref.Name, Target: p.target}
	if out.Name == "" {
		out.Name = ref.Digest.Short()
	}
	if p.config != "" {
		out.Config = []byte(p.config)
	}
	return out
}

// bind loads a plugin and binds it. P is nil with a failure.
func bind[P plugin.Bound](b *Bindings, ref plugin.Ref, p plan[P]) (bound P, failure *plugin.Failure) {
	var none P
	fail := func(c plugin.Class, reason string) (P, *plugin.Failure) {
		return none, &plugin.Failure{Plugin: ref.String(), Class: c, Reason: reason}
	}
	if b.Registry == nil {
		return fail(plugin.NotLoaded, "this build of the broker has no plugins")
	}
	program, err := b.Registry.Lookup(b.ctx, ref)
	if err != nil {
		return none, lookupFailure(ref, err)
	}
	defer program.Close()
	if !program.Info().Functions.Has(p.needs) {
		return fail(plugin.Unsupported, "it has no function to be used like this as a "+p.kind.String())
	}
	bound, err = p.bind(program, b.ctx, p.binding(ref))
	if err == nil {
		return bound, nil
	}
	if f, ok := errors.AsType[*plugin.Failure](err); ok {
		return none, f
	}
	return fail(plugin.NotLoaded, err.Error())
}

// lookupFailure words why a plugin could not be loaded. Bytes that are no plugin stay so; everything else may change.
func lookupFailure(ref plugin.Ref, err error) *plugin.Failure {
	if f, ok := errors.AsType[*plugin.Failure](err); ok {
		return f
	}
	class := plugin.NotLoaded
	if _, ok := errors.AsType[*plugin.Refusal](err); ok {
		class = plugin.Unsupported
	}
	return &plugin.Failure{Plugin: ref.String(), Class: class, Reason: err.Error()}
}
