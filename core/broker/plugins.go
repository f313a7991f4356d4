package broker

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/admin"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// withoutRegistry makes a broker whose program compiles no registry in do without plugins.
func withoutRegistry(sel *module.Selection) fx.Option {
	if sel.Has(module.Plugin, "registry") {
		return fx.Options()
	}
	return fx.Provide(newNoPlugins, newNoDiagnostics)
}

func newNoPlugins() plugin.Module          { return noPlugins{} }
func newNoDiagnostics() plugin.Diagnostics { return noPlugins{} }

// noPlugins is the registry of a broker that has none.
type noPlugins struct{}

func (noPlugins) Start(context.Context) error { return nil }
func (noPlugins) Stop(context.Context) error  { return nil }

func (noPlugins) Settled() <-chan struct{} {
	settled := make(chan struct{})
	close(settled)
	return settled
}

func (noPlugins) Lookup(_ context.Context, ref plugin.Ref) (plugin.Program, error) {
	return nil, kafka.Errorf(kafka.InvalidConfig, "Unknown plugin %s: this broker is built without plugins", ref)
}

func (noPlugins) Deploy(context.Context, plugin.Deployment) (plugin.Description, error) {
	return plugin.Description{}, kafka.Errorf(kafka.InvalidRequest, "This broker is built without plugins")
}

func (noPlugins) List(context.Context) ([]plugin.Description, error)             { return nil, nil }
func (noPlugins) Describe(context.Context, string) ([]plugin.Description, error) { return nil, nil }

func (noPlugins) Remove(_ context.Context, ref plugin.Ref) error {
	return kafka.Errorf(kafka.ResourceNotFound, "There is no plugin %s.", ref)
}

func (noPlugins) Revive(plugin.Digest) bool           { return false }
func (noPlugins) Logs(plugin.Digest) []plugin.LogLine { return nil }

// newAdmin returns the operators' listener.
func newAdmin(s *config.Settings, h *telemetry.Health, r *prometheus.Registry, level zap.AtomicLevel, p plugin.Module, d plugin.Diagnostics,
	w admin.Paths, m metadata.Module, a auth.Authorizer, l *zap.Logger) *admin.Server {
	return admin.New(s, h, r, level, admin.Plugins{Registry: p, Diagnostics: d, Paths: w, Metadata: m, Authorizer: a}, l)
}

// pluginsTimeout is how long a broker that serves does not count as ready because plugins are still being loaded: as long as
// compiling one of them may take.
const pluginsTimeout = 30 * time.Second

// awaitPlugins waits until the plugins of the config file are deployed and what was bound is in force, so that the first
// producer is judged. What can't be loaded is told in the log and in health reports, and keeps nobody waiting; nor does the
// start fail because of it.
func (b *Broker) awaitPlugins(ctx context.Context) error {
	limit := pluginsTimeout
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, time.Until(deadline)/2)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, settled := range []<-chan struct{}{b.parts.Plugins.Settled(), b.parts.Bindings.Settled()} {
		select {
		case <-settled:
		case <-ctx.Done():
			b.parts.Log.Warn("plugins are still being loaded: until they are there, their topics refuse records with an error that clients retry")
			return nil
		}
	}
	return nil
}

func newPaths(b *binding.Bindings) admin.Paths { return b }
