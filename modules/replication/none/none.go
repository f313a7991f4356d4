package none

import (
	"context"

	"github.com/jackdawmq/jackdaw/core/replication"
)

// Replicator replicates nothing.
type Replicator struct{}

var _ replication.Replicator = Replicator{}

// Start does nothing.
func (Replicator) Start(context.Context) error { return nil }

// Stop does nothing.
func (Replicator) Stop(context.Context) error { return nil }

// HighWatermark returns the leader's own stable offset: there is no other replica to wait for.
func (Replicator) HighWatermark(_ replication.Leader, stable int64) int64 { return stable }

// InSync returns 1: this broker. What partitions compare it with is min(min.insync.replicas, number of replicas), so a
// topic that asks for more in-sync replicas than it has stays writable, as in Kafka.
func (Replicator) InSync(replication.Leader) int { return 1 }
