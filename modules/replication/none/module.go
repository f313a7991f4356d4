package none

import (
	"go.uber.org/fx"

	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/replication"
)

// Config is empty: there is nothing to set.
type Config struct{}

func defaultConfig() Config { return Config{} }

// Module declares the replication module of a broker that stands alone.
func Module() module.Module {
	return module.New(module.Replication, "none", "One replica of everything, on this broker", defaultConfig, wire)
}

func wire(Config) fx.Option { return fx.Provide(replicator) }

func replicator() replication.Replicator { return Replicator{} }
