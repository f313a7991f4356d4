package group

import (
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/module"
)

// Module declares the group coordinator.
func Module() module.Module {
	return module.New(module.Coordinator, "group", "consumer groups and their offsets in __consumer_offsets", DefaultConfig, wire)
}

func wire(cfg Config) fx.Option { return fx.Provide(cfg.coordinator) }

// provided puts the coordinator among those of the broker.
type provided struct {
	fx.Out
	Coordinator coordinator.Coordinator `group:"coordinators"`
}

func (c Config) coordinator(w coordinator.PartitionWriter, r coordinator.PartitionReader, a auth.Authorizer, log *zap.Logger) provided {
	return provided{Coordinator: New(c, Deps{Writer: w, Reader: r, Authorizer: a, Log: log.Named("group")})}
}
