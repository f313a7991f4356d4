package builtin

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// Program returns a plugin of the broker; ok is false when the reference names none.
func Program(ref plugin.Ref) (p plugin.Program, ok bool) {
	if !plugin.IsBuiltin(ref) {
		return nil, false
	}
	native := &program{name: ref.Name, choose: choosers[ref.Name], check: validators[ref.Name]}
	return native, native.choose != nil || native.check.valid != nil
}

// program is a plugin of the broker. It has one function.
type program struct {
	name   string
	choose func(key []byte, partitions int32) int32 // of a partitioner
	check  validator                                // of a serializer
}

// Info has a digest that no WebAssembly module has: that of the plugin's name.
func (p *program) Info() plugin.Info {
	info := plugin.Info{Digest: plugin.DigestOf([]byte("builtin " + p.name)), Functions: plugin.CanValidate}
	if p.choose != nil {
		info.Functions = plugin.CanPartition
	}
	return info
}

func (p *program) Close() {}

func (p *program) Serializer(_ context.Context, b plugin.Binding) (plugin.Serializer, error) {
	bound, err := p.bind(b)
	if err != nil {
		return nil, err
	}
	return newSerializer(bound), nil
}

func (p *program) Partitioner(_ context.Context, b plugin.Binding) (plugin.Partitioner, error) {
	bound, err := p.bind(b)
	if err != nil {
		return nil, err
	}
	return &partitioner{bound}, nil
}

func (p *program) Assignor(_ context.Context, b plugin.Binding) (plugin.Assignor, error) {
	return nil, p.failure(plugin.Unsupported, "it can't be bound as a "+b.Kind.String())
}

func (p *program) bind(b plugin.Binding) (*bound, error) {
	if !p.Info().Functions.Serves(b.Kind) {
		return nil, p.failure(plugin.Unsupported, "it can't be bound as a "+b.Kind.String())
	}
	if len(b.Config) > 0 {
		return nil, p.failure(plugin.InvalidConfig, "it takes no configuration")
	}
	return &bound{program: p, binding: b}, nil
}

func (p *program) failure(class plugin.Class, reason string) error {
	return &plugin.Failure{Plugin: p.name + "@" + plugin.BuiltinVersion, Class: class, Reason: reason}
}

// bound is a plugin of the broker, bound.
type bound struct {
	*program
	binding plugin.Binding
	closed  atomic.Bool

	calls, records, bytes, rejected atomic.Uint64
	busy                            atomic.Int64
}

func (b *bound) Binding() plugin.Binding { return b.binding }

func (b *bound) Close() { b.closed.Store(true) }

func (b *bound) Stats() plugin.Stats {
	records, rejected, busy := b.records.Load(), b.rejected.Load(), time.Duration(b.busy.Load())
	return plugin.Stats{
		Calls: b.calls.Load(), Records: records, Bytes: b.bytes.Load(), Kept: records - min(rejected, records), Rejected: rejected,
		Busy: busy, Guest: busy,
	}
}

// begin reports why a call can't be made.
func (b *bound) begin(ctx context.Context) error {
	if b.closed.Load() {
		return b.failure(plugin.NotLoaded, "it is not bound any more")
	}
	return ctx.Err()
}

// called counts a call.
func (b *bound) called(since time.Time, records, bytes int) {
	b.calls.Add(1)
	b.records.Add(uint64(records))
	b.bytes.Add(uint64(bytes))
	b.busy.Add(int64(time.Since(since)))
}
