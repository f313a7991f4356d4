package segment

import (
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Module declares the engine that keeps logs in files.
func Module() module.Module {
	return module.New(module.Log, "segment", "Kafka-format log segments in files", defaultConfig, wire)
}

func wire(cfg Config) fx.Option { return fx.Provide(cfg.engine) }

func (c Config) engine(logger *zap.Logger, health *telemetry.Health, metrics prometheus.Registerer) log.Engine {
	e := New(c, vfs.OS{}, logger.Named("log"))
	e.observe(health, metrics)
	return e
}
