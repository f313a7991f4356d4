package registry

import (
	"os"

	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// Module declares the registry of plugins. Every broker has it.
func Module() module.Module {
	return module.New(module.Plugin, "registry", "WebAssembly plugins in __jackdaw_plugins", defaultConfig, wire)
}

func wire(c Config) fx.Option { return fx.Provide(c.registry) }

// provided is the registry in its two roles.
type provided struct {
	fx.Out
	Module      plugin.Module
	Diagnostics plugin.Diagnostics
}

func (c Config) registry(m metadata.Module, w coordinator.PartitionWriter, r coordinator.PartitionReader, h *telemetry.Health, log *zap.Logger) provided {
	log = log.Named("plugin")
	registry := New(Settings{
		Metadata: m, Writer: w, Reader: r, Files: c.Plugins, Health: h, Log: log,
		OpenEngine: func() (plugin.Engine, error) { return c.openEngine(log) },
	})
	return provided{Module: registry, Diagnostics: registry}
}

func (c Config) openEngine(log *zap.Logger) (plugin.Engine, error) {
	dir := c.CacheDir
	if dir == "" && len(c.LogDirs) > 0 {
		if info, err := os.Stat(c.LogDirs[0]); err == nil && info.IsDir() {
			dir = c.defaultCacheDir()
		}
	}
	return wasm.New(wasm.Config{CacheDir: dir, Interpreter: c.Interpreter, TotalMemory: c.Memory, Logger: log})
}
