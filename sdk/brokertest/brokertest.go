// Package brokertest runs a broker inside a Go test: with its log in memory, on a free port, ready in a few milliseconds.
//
//	func TestMyConsumer(t *testing.T) {
//		b := brokertest.New(t)
//		client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
//		...
//	}
package brokertest

import (
	"context"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/broker"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/modules"
)

// Broker is a broker that runs until its test ends.
type Broker struct{ broker *broker.Broker }

// stopLimit bounds how long the end of a test waits for the broker.
const stopLimit = 10 * time.Second

// New starts a broker for a test and stops it when the test ends. Settings are key=value pairs as the broker's config
// takes them, and win over those that this package chooses: "modules.log=segment" with a "log.dirs" of the test's own keeps
// records on disk. "plugins=NAME@VERSION=FILE" deploys plugins, which can be bound when New returns. Mistakes fail the test.
func New(t testing.TB, settings ...string) *Broker {
	t.Helper()
	set := append([]string{
		"modules.log=memory",
		"modules.metadata=memory",
		"listeners=PLAINTEXT://127.0.0.1:0",
		"jackdaw.admin.listener=",
		"offsets.topic.num.partitions=4",
	}, settings...)
	b, err := broker.New(broker.Options{
		Modules: modules.All(),
		Sources: config.Sources{Set: set, Hostname: "localhost"},
		Log:     zaptest.NewLogger(t, zaptest.Level(zap.WarnLevel)),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), stopLimit)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Errorf("stopping the broker: %v", err)
		}
	})
	return &Broker{broker: b}
}

// Addr returns the bootstrap address, host:port.
func (b *Broker) Addr() string { return b.broker.Addrs()[0].Addr.String() }
