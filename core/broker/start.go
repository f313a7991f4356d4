package broker

import (
	"context"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// start begins the parts in order: the operators' listener, so that a long start can be watched; the sockets, so that an
// address that is taken is known before anything is touched; then log, metadata, partitions, replication, plugins and
// coordinators; then clients are let in, and last the plugins are awaited that load meanwhile. When a step fails, what was
// started is stopped again.
func (b *Broker) start(ctx context.Context) error {
	began := time.Now()
	for _, note := range b.parts.Settings.Notes {
		b.parts.Log.Info(note)
	}
	steps := b.steps()
	for _, step := range steps {
		b.parts.Health.Expect(step.name)
	}
	for _, step := range steps {
		if err := step.start(ctx); err != nil {
			b.parts.Health.Failed(step.name, err)
			stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.parts.Settings.Broker.StopTimeout)
			defer cancel()
			_ = b.stop(stopCtx) // its own failures are in the log
			return fmt.Errorf("%s: %w", step.name, err)
		}
		b.parts.Health.Ready(step.name)
		b.started = append(b.started, step)
	}
	for _, addr := range b.Addrs() {
		b.parts.Log.Info("listening", zap.String("listener", addr.Listener), zap.Stringer("address", addr.Addr))
	}
	b.parts.Log.Info("ready", zap.Duration("after", time.Since(began)))
	return nil
}

// step is a part of the broker with its place in the order.
type step struct {
	name  string
	start func(context.Context) error
	stop  func(context.Context) error
	share float64 // of the time that is left for stopping
}

// The steps, as health reports name them.
const (
	stepAdmin        = "admin"
	stepAddresses    = "addresses"
	stepLog          = "log"
	stepMetadata     = "metadata"
	stepPartitions   = "partitions"
	stepReplication  = "replication"
	stepPlugins      = "plugins"
	stepCoordinators = "coordinators"
	stepNetwork      = "network"
	stepBindings     = "bindings"
)

// steps lists the parts in the order in which they start. They stop in the opposite order.
func (b *Broker) steps() []step {
	p := &b.parts
	return []step{
		{stepAdmin, p.Admin.Start, p.Admin.Stop, 1},
		{stepAddresses, b.bind, b.closeListeners, 1},
		{stepLog, b.startLog, p.Engine.Stop, 0.9},
		{stepMetadata, b.startMetadata, p.Metadata.Stop, 0.3},
		{stepPartitions, b.startPartitions, p.Partitions.Stop, 0.8},
		{stepReplication, p.Replicator.Start, p.Replicator.Stop, 0.3},
		{stepPlugins, b.startPlugins, b.stopPlugins, 0.3},
		{stepCoordinators, b.startCoordinators, b.stopCoordinators, 0.3},
		{stepNetwork, b.serve, b.drain, 0.4},
		{stepBindings, b.awaitPlugins, b.stopNothing, 0},
	}
}

func (b *Broker) bind(ctx context.Context) error {
	for _, l := range b.parts.Listeners {
		if err := l.Bind(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) startLog(ctx context.Context) error {
	return b.parts.Engine.Start(ctx, log.Identity{NodeID: b.self()})
}

func (b *Broker) startMetadata(ctx context.Context) error {
	b.parts.Metadata.Subscribe(b.parts.Partitions.MetadataChanged)
	b.parts.Metadata.Subscribe(b.parts.Bindings.MetadataChanged)
	b.parts.Metadata.Subscribe(b.coordinate)
	err := b.parts.Metadata.Start(ctx, metadata.Registration{
		ID:        b.self(),
		Rack:      b.parts.Settings.Broker.Rack,
		Endpoints: b.endpoints(),
		ClusterID: b.clusterOnDisk(),
	})
	if err != nil {
		return err
	}
	if err := b.parts.Engine.Join(ctx, b.parts.Metadata.Image().ClusterID); err != nil {
		return err
	}
	return b.adopt(ctx)
}

// clusterOnDisk returns the cluster that the log directories belong to, "" when they are new.
func (b *Broker) clusterOnDisk() string {
	for _, dir := range b.parts.Engine.Dirs() {
		if dir.ClusterID != "" {
			return dir.ClusterID
		}
	}
	return ""
}

// endpoints are the advertised addresses, with the ports that were bound where none was set.
func (b *Broker) endpoints() []metadata.Endpoint {
	var endpoints []metadata.Endpoint
	for _, l := range b.parts.Settings.Listeners {
		e := l.Advertised
		if e.Port == 0 {
			e.Port = b.boundPort(l)
		}
		endpoints = append(endpoints, e)
	}
	return endpoints
}

func (b *Broker) startPartitions(ctx context.Context) error {
	progress := func(opened, total int) { b.parts.Health.Progress(stepPartitions, opened, total) }
	if err := b.parts.Partitions.Start(ctx, b.parts.Metadata.Image(), progress); err != nil {
		return err
	}
	return b.passProducerIDs(ctx)
}

func (b *Broker) serve(context.Context) error {
	for _, l := range b.parts.Listeners {
		if err := l.Serve(); err != nil {
			return err
		}
	}
	return nil
}

func (b *Broker) self() kafka.NodeID { return kafka.NodeID(b.parts.Settings.Broker.NodeID) }

// boundPort returns the port that a listener got.
func (b *Broker) boundPort(l config.Listener) int32 {
	for _, addr := range b.Addrs() {
		if addr.Listener == l.Name {
			return portOf(addr.Addr)
		}
	}
	return 0
}

// startPlugins lets topics and groups have their plugins once the registry loads them, in the background.
func (b *Broker) startPlugins(ctx context.Context) error {
	if err := b.parts.Plugins.Start(ctx); err != nil {
		return err
	}
	b.parts.Bindings.Start(b.parts.Metadata.Image())
	return nil
}
