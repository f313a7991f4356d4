package broker

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"

	"go.uber.org/fx"
	"go.uber.org/fx/fxevent"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/network"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// Options say what a broker is made of.
type Options struct {
	// Modules are those that the program compiles in: modules.All(), and a third party's own.
	Modules []module.Module
	// Sources are where settings are read from.
	Sources config.Sources
	// Log replaces the logger that the settings describe; nil keeps that.
	Log *zap.Logger
}

// Broker is a broker inside this program. It is started once.
type Broker struct {
	app   *fx.App
	dot   fx.DotGraph
	parts parts

	started      []step
	coordinating atomic.Bool
	led          map[string]map[int32]kafka.LeaderEpoch // guarded by the order of metadata changes
}

// New reads the settings, selects the modules and builds the parts. It starts nothing and touches no file. A mistake in
// the settings is a config.Problems, which names them all.
func New(o Options) (*Broker, error) {
	sel, err := module.Load(o.Modules, o.Sources)
	if err != nil {
		return nil, err
	}
	t, err := telemetry.New(telemetry.Config{Level: sel.Settings.Broker.LogLevel, Format: sel.Settings.Broker.LogFormat})
	if err != nil {
		return nil, err
	}
	if o.Log != nil {
		t.Log = o.Log
	}
	b := &Broker{led: map[string]map[int32]kafka.LeaderEpoch{}}
	b.app = fx.New(b.graph(sel, t), fx.Populate(&b.dot), fx.WithLogger(fxLogger))
	if err := b.app.Err(); err != nil {
		return nil, err
	}
	return b, nil
}

// fxLogger sends what fx does to the debug level.
func fxLogger(l *zap.Logger) fxevent.Logger {
	events := &fxevent.ZapLogger{Logger: l.Named("fx")}
	events.UseLogLevel(zapcore.DebugLevel)
	events.UseErrorLevel(zapcore.DebugLevel) // start returns the error itself
	return events
}

// Start starts the broker and returns when it serves clients.
func (b *Broker) Start(ctx context.Context) error { return b.app.Start(ctx) }

// Stop drains connections, flushes logs and ends the broker, as far as ctx and the stop timeout allow.
func (b *Broker) Stop(ctx context.Context) error { return b.app.Stop(ctx) }

// Run starts the broker, waits until ctx ends and stops it.
func (b *Broker) Run(ctx context.Context) error {
	start, cancel := context.WithTimeout(ctx, b.app.StartTimeout())
	defer cancel()
	if err := b.Start(start); err != nil {
		return err
	}
	<-ctx.Done()
	b.parts.Log.Info("stopping")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.app.StopTimeout())
	defer cancel()
	err := b.Stop(stop)
	b.parts.Log.Info("stopped")
	return err
}

// Addrs returns the addresses that clients reach this broker at, once it has started.
func (b *Broker) Addrs() []network.Addr {
	var addrs []network.Addr
	for _, l := range b.parts.Listeners {
		addrs = append(addrs, l.Addrs()...)
	}
	return addrs
}

// Graph returns the graph of the parts in the DOT language.
func (b *Broker) Graph() string { return string(b.dot) }

// portOf returns the port of a TCP address.
func portOf(addr net.Addr) int32 {
	parsed, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return 0
	}
	return int32(parsed.Port())
}
