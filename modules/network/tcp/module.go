package tcp

import (
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/fx"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
	"github.com/jackdawmq/jackdaw/core/network"
)

// Module declares the Kafka protocol over TCP.
func Module() module.Module {
	return module.New(module.Network, "tcp", "the Kafka protocol over TCP", DefaultConfig, provide)
}

func provide(cfg Config) fx.Option { return fx.Provide(cfg.listener) }

// provided puts the listener among those of the broker.
type provided struct {
	fx.Out
	Listener network.Listener `group:"listeners"`
}

func (c Config) listener(s *config.Settings, r *api.Router, m prometheus.Registerer, log *zap.Logger) (provided, error) {
	l, err := New(c, s.Listeners, r, m, log.Named("tcp"))
	return provided{Listener: l}, err
}
