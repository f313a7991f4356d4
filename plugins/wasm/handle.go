package wasm

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// handle is one user's hold on a program.
type handle struct {
	program *program
	once    sync.Once
}

var _ plugin.Program = (*handle)(nil)

func (h *handle) Info() plugin.Info { return h.program.info }

func (h *handle) Close() { h.once.Do(func() { h.program.release(nil) }) }

func (h *handle) Serializer(ctx context.Context, b plugin.Binding) (plugin.Serializer, error) {
	p, err := h.program.bind(ctx, b, plugin.KindKeySerializer, plugin.KindValueSerializer)
	if err != nil {
		return nil, err
	}
	return &serializer{p}, nil
}

func (h *handle) Partitioner(ctx context.Context, b plugin.Binding) (plugin.Partitioner, error) {
	p, err := h.program.bind(ctx, b, plugin.KindPartitioner)
	if err != nil {
		return nil, err
	}
	return &partitioner{p}, nil
}

func (h *handle) Assignor(ctx context.Context, b plugin.Binding) (plugin.Assignor, error) {
	p, err := h.program.bind(ctx, b, plugin.KindAssignor)
	if err != nil {
		return nil, err
	}
	return &assignor{p}, nil
}

// bind makes a pool with one instance, whose set-up shows whether the plugin takes the configuration.
func (p *program) bind(ctx context.Context, b plugin.Binding, kinds ...plugin.Kind) (*pool, error) {
	b.Config = slices.Clone(b.Config)
	pool := newPool(p, b)
	if !slices.Contains(kinds, b.Kind) || !p.info.Functions.Serves(b.Kind) {
		return nil, &plugin.Failure{Plugin: pool.label, Class: plugin.Unsupported,
			Reason: fmt.Sprintf("it can't be bound as a %s, only as %v", b.Kind, p.info.Functions.Kinds())}
	}
	e := p.engine
	e.mu.Lock()
	if e.stopped {
		e.mu.Unlock()
		return nil, pool.notLoaded()
	}
	p.users++
	p.pools[pool] = struct{}{}
	e.mu.Unlock()
	if err := pool.warm(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}
