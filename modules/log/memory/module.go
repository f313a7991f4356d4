package memory

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/module"
)

// Module declares the engine that keeps logs in memory.
func Module() module.Module {
	return module.New(module.Log, "memory", "logs in memory, for tests and caches", defaultConfig, wire)
}

func wire(cfg Config) fx.Option { return fx.Provide(cfg.engine) }

func (c Config) engine(logger *zap.Logger) log.Engine { return New(c, logger.Named("log")) }
