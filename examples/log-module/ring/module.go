package ring

import (
	"go.uber.org/fx"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/module"
)

// Module declares the ring: a config file chooses it with modules.log: ring.
func Module() module.Module {
	return module.New(module.Log, "ring", "the last megabytes of every partition, in memory", DefaultConfig, wire)
}

func wire(cfg Config) fx.Option { return fx.Provide(cfg.engine) }

func (c Config) engine() log.Engine { return New(c) }
