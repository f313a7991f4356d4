package binding_test

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// fakeRegistry has programs by name@version; a test adds and removes them.
type fakeRegistry struct {
	plugin.Registry
	mu       sync.Mutex
	programs map[string]*fakeProgram
	lookups  atomic.Int64
}

func (r *fakeRegistry) set(ref string, p *fakeProgram) *fakeProgram {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.programs[ref] = p
	return p
}

func (r *fakeRegistry) Lookup(_ context.Context, ref plugin.Ref) (plugin.Program, error) {
	r.lookups.Add(1)
	r.mu.Lock()
	p := r.programs[ref.String()]
	r.mu.Unlock()
	switch {
	case p == nil:
		return nil, &plugin.Failure{Plugin: ref.String(), Class: plugin.NotLoaded, Reason: "its bytes are not here yet"}
	case p.refused != "":
		return nil, &plugin.Refusal{Reasons: []string{p.refused}}
	}
	if p.slow != nil {
		<-p.slow
	}
	p.holds.Add(1)
	return p, nil
}

// fakeProgram binds fakes.
type fakeProgram struct {
	functions plugin.Functions
	refused   string
	slow      chan struct{} // open while the program is being compiled; nil when that takes no time
	holds     atomic.Int64
	bound     atomic.Int64
	configs   []string
}

func (p *fakeProgram) Info() plugin.Info { return plugin.Info{Functions: p.functions} }
func (p *fakeProgram) Close()            { p.holds.Add(-1) }

func (p *fakeProgram) bind(b plugin.Binding) (*fakePlugin, error) {
	p.configs = append(p.configs, string(b.Config))
	if string(b.Config) == "bad" {
		return nil, &plugin.Failure{Plugin: b.Name, Class: plugin.InvalidConfig, Reason: "no such field"}
	}
	p.bound.Add(1)
	return &fakePlugin{program: p, binding: b}, nil
}

func (p *fakeProgram) Serializer(_ context.Context, b plugin.Binding) (plugin.Serializer, error) {
	return p.bind(b)
}
func (p *fakeProgram) Partitioner(_ context.Context, b plugin.Binding) (plugin.Partitioner, error) {
	return p.bind(b)
}
func (p *fakeProgram) Assignor(_ context.Context, b plugin.Binding) (plugin.Assignor, error) {
	return p.bind(b)
}

// fakePlugin keeps everything.
type fakePlugin struct {
	program *fakeProgram
	binding plugin.Binding
	closed  atomic.Bool
}

func (f *fakePlugin) Binding() plugin.Binding { return f.binding }
func (f *fakePlugin) Info() plugin.Info       { return f.program.Info() }
func (f *fakePlugin) Stats() plugin.Stats {
	return plugin.Stats{Calls: 3, Failures: [14]uint64{plugin.Trap: 2}}
}
func (f *fakePlugin) Close() {
	if f.closed.CompareAndSwap(false, true) {
		f.program.bound.Add(-1)
	}
}

func (f *fakePlugin) Validate(_ context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	o.Reset(len(b.Records))
	return nil
}
func (f *fakePlugin) Serialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return f.Validate(ctx, b, o)
}
func (f *fakePlugin) Deserialize(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return f.Validate(ctx, b, o)
}
func (f *fakePlugin) Partition(context.Context, *plugin.Batch, []int32) error { return nil }
func (f *fakePlugin) Assign(context.Context, *plugin.Group, *plugin.Assignment) error {
	return nil
}
