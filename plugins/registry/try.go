package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

// try compiles a plugin, sets it up as each kind that it can be bound as, and runs its test vectors. A plugin that refuses
// to work without a configuration is good: what it takes shows when it is bound.
func (r *Registry) try(ctx context.Context, d plugin.Deployment) (plugin.Info, error) {
	engine := r.engine.Load()
	if engine == nil {
		return plugin.Info{}, notLoaded(d.Ref, "the broker is starting or stopping")
	}
	var groups []vectors.Group
	if d.Vectors != nil {
		var err error
		if groups, err = vectors.Parse(bytes.NewReader(d.Vectors)); err != nil {
			return plugin.Info{}, fmt.Errorf("test vectors: %w", err)
		}
	}
	if _, err := (*engine).Check(ctx, d.Bytes); err != nil {
		return plugin.Info{}, err
	}
	program, err := (*engine).Load(ctx, d.Bytes)
	if err != nil {
		return plugin.Info{}, err
	}
	defer program.Close()
	for _, kind := range program.Info().Functions.Kinds() {
		if err := setUp(ctx, program, plugin.Binding{Kind: kind, Name: d.Ref.Name, Target: "deploy"}); err != nil {
			return plugin.Info{}, err
		}
	}
	if err := vectors.Run(ctx, program, groups); err != nil {
		return plugin.Info{}, fmt.Errorf("test vectors: %w", err)
	}
	return program.Info(), nil
}

func setUp(ctx context.Context, program plugin.Program, b plugin.Binding) error {
	var bound plugin.Bound
	var err error
	switch b.Kind {
	case plugin.KindPartitioner:
		bound, err = program.Partitioner(ctx, b)
	case plugin.KindAssignor:
		bound, err = program.Assignor(ctx, b)
	default:
		bound, err = program.Serializer(ctx, b)
	}
	if failure, ok := errors.AsType[*plugin.Failure](err); ok && failure.Class == plugin.InvalidConfig {
		return nil
	}
	if err != nil {
		return err
	}
	bound.Close()
	return nil
}
