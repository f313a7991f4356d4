package file

import (
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Module declares the metadata module that keeps everything in one file.
func Module() module.Module {
	return module.New(module.Metadata, "file", "The metadata of a single broker in a journal file", defaultConfig, wire)
}

func wire(c Config) fx.Option { return fx.Provide(c.controller) }

func (c Config) controller(configs *config.Resolver, log *zap.Logger, health *telemetry.Health, metrics prometheus.Registerer) metadata.Module {
	return New(Settings{
		FS: vfs.OS{}, Dir: c.Dir(), Configs: configs, Log: log.Named("metadata"), Health: health, Metrics: metrics,
	})
}
