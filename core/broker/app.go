package broker

import (
	"cmp"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/admin"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/network"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/replication"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// parts names every seam, so that nothing that was selected stays silently unbuilt.
type parts struct {
	fx.In

	Settings     *config.Settings
	Log          *zap.Logger
	Health       *telemetry.Health
	Admin        *admin.Server
	Engine       log.Engine
	Metadata     metadata.Module
	Partitions   *partition.Set
	Replicator   replication.Replicator
	Plugins      plugin.Module
	Bindings     *binding.Bindings
	Coordinators []coordinator.Coordinator `group:"coordinators"`
	Router       *api.Router
	Listeners    []network.Listener `group:"listeners"`
}

// graph is the whole application: what the core provides, what the selected modules provide, and the hook that runs it.
func (b *Broker) graph(sel *module.Selection, t *telemetry.Telemetry) fx.Option {
	return fx.Options(
		fx.Supply(sel.Settings, t.Log, t.Level, t.Health, t.Registry),
		fx.Provide(
			newAdmin,
			newPaths,
			newRegisterer,
			newResolver,
			newAuthorizer,
			newPartitions,
			newBindings,
			newPartitionWriter,
			newPartitionReader,
			newOffsets,
			newMetadataSource,
			newHandlers,
			newRouter,
		),
		sel.Options(),
		withoutRegistry(sel),
		fx.Invoke(b.assemble),
		fx.StartTimeout(sel.Settings.Broker.StartTimeout),
		fx.StopTimeout(sel.Settings.Broker.StopTimeout+time.Second), // stop.go keeps the limit itself
	)
}

// assemble takes the parts over and registers the one hook of the program.
func (b *Broker) assemble(lc fx.Lifecycle, p parts) {
	slices.SortFunc(p.Coordinators, func(x, y coordinator.Coordinator) int { return cmp.Compare(x.Type(), y.Type()) })
	slices.SortFunc(p.Listeners, func(x, y network.Listener) int { return cmp.Compare(x.Name(), y.Name()) })
	b.parts = p
	lc.Append(fx.Hook{OnStart: b.start, OnStop: b.stop})
}

func newRegisterer(r *prometheus.Registry) prometheus.Registerer { return r }

func newResolver(s *config.Settings) *config.Resolver { return config.NewResolver(s.Static()) }

func newAuthorizer() auth.Authorizer { return auth.AllowAll{} }

func newMetadataSource(m metadata.Module) metadata.Source { return m }

func newHandlers(s *config.Settings, m metadata.Module, c *config.Resolver, a auth.Authorizer, p *partition.Set, in routed, l *zap.Logger) *handler.Handlers {
	return handler.New(handler.Deps{
		Self:         kafka.NodeID(s.Broker.NodeID),
		Metadata:     m,
		Configs:      c,
		Authorizer:   a,
		Partitions:   p,
		Fetch:        handler.FetchSettings{MaxBytes: int(s.Broker.FetchMaxBytes), SessionSlots: s.Broker.FetchSessionSlots},
		Coordinators: in.Coordinators,
		Log:          l.Named("handler"),
	})
}

// newRouter joins the handlers' routes with those of the coordinators.
func newRouter(h *handler.Handlers, in routed) (*api.Router, error) {
	routes := h.Routes()
	for _, c := range in.Coordinators {
		routes = append(routes, c.Routes()...)
	}
	router, err := api.NewRouter(routes...)
	if err != nil {
		return nil, err
	}
	h.Serve(router)
	return router, nil
}

// routed is what brings routes of its own.
type routed struct {
	fx.In
	Coordinators []coordinator.Coordinator `group:"coordinators"`
}
