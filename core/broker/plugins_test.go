package broker_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/modules"
)

// slowRegistry never comes to an end with what it loads, or only when it is told.
type slowRegistry struct {
	plugin.Module
	plugin.Diagnostics
	asked   chan struct{} // holds an element once somebody waits
	settled chan struct{}
}

func newSlowRegistry() *slowRegistry {
	return &slowRegistry{asked: make(chan struct{}, 1), settled: make(chan struct{})}
}

func (*slowRegistry) Start(context.Context) error { return nil }
func (*slowRegistry) Stop(context.Context) error  { return nil }

func (r *slowRegistry) Settled() <-chan struct{} {
	r.asked <- struct{}{}
	return r.settled
}

func (r *slowRegistry) provide() plugin.Module          { return r }
func (r *slowRegistry) diagnostics() plugin.Diagnostics { return r }

// TestStartWaitsForPlugins: a broker has started when its plugins are loaded, but not loading them for ever is no failure.
func TestStartWaitsForPlugins(t *testing.T) {
	f := func(registry *slowRegistry, limit time.Duration, act func(started <-chan error)) {
		t.Helper()
		all := modules.All()
		for i := range all {
			if all[i].Kind == module.Plugin {
				all[i] = module.New(module.Plugin, all[i].Name, "slow", func() struct{} { return struct{}{} },
					func(struct{}) fx.Option { return fx.Provide(registry.provide, registry.diagnostics) })
			}
		}
		b, err := broker.New(broker.Options{Modules: all, Sources: config.Sources{Set: inMemory, Hostname: "localhost"}, Log: zap.NewNop()})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), limit)
		defer cancel()
		started := make(chan error, 1)
		go func() { started <- b.Start(ctx) }()
		act(started)
		if err := b.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}
	f(newSlowRegistry(), 200*time.Millisecond, func(started <-chan error) {
		if err := <-started; err != nil {
			t.Errorf("plugins that never load make the start fail: %v", err)
		}
	})
	registry := newSlowRegistry()
	f(registry, time.Minute, func(started <-chan error) {
		<-registry.asked
		select {
		case err := <-started:
			t.Errorf("it started without its plugins: %v", err)
		default:
		}
		close(registry.settled)
		if err := <-started; err != nil {
			t.Error(err)
		}
	})
}
