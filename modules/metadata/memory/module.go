package memory

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/modules/metadata/file"
)

// Config is empty: there is nothing to set.
type Config struct{}

func defaultConfig() Config { return Config{} }

// Module declares the metadata module that keeps nothing.
func Module() module.Module {
	return module.New(module.Metadata, "memory", "The metadata of a single broker in memory, for tests", defaultConfig, wire)
}

func wire(Config) fx.Option { return fx.Provide(controller) }

func controller(configs *config.Resolver, log *zap.Logger) metadata.Module {
	return file.New(file.Settings{Configs: configs, Log: log.Named("metadata")})
}
