package broker

import (
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/replication"
)

func newPartitions(s *config.Settings, e log.Engine, r replication.Replicator, c *config.Resolver, t metadata.Module, l *zap.Logger,
	m prometheus.Registerer) *partition.Set {
	return partition.New(partition.Settings{
		Self:                kafka.NodeID(s.Broker.NodeID),
		Engine:              e,
		Replicator:          r,
		Configs:             c,
		Topics:              t,
		Log:                 l.Named("partition"),
		ProducerExpiry:      s.Broker.ProducerIDExpiration,
		ProducerExpiryCheck: producerExpiryCheck,
		OpenParallel:        max(runtime.GOMAXPROCS(0), s.Broker.RecoveryThreadsPerDir*len(s.Broker.LogDirs)),
		Metrics:             m,
	})
}

// producerExpiryCheck is the default of Kafka's producer.id.expiration.check.interval.ms.
const producerExpiryCheck = 10 * time.Minute

func newPartitionWriter(s *partition.Set) coordinator.PartitionWriter { return s }
func newPartitionReader(s *partition.Set) coordinator.PartitionReader { return s }
func newOffsets(s *partition.Set) coordinator.Offsets                 { return s }

func newBindings(r plugin.Module, s *partition.Set, l *zap.Logger, m prometheus.Registerer) *binding.Bindings {
	return binding.New(binding.Settings{Registry: r, Partitions: s, Log: l.Named("binding"), Metrics: m})
}
