package none_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/replication"
	"github.com/jackdawmq/jackdaw/modules/replication/none"
)

func TestReplicator(t *testing.T) {
	leader := replication.Leader{TopicPartition: kafka.TopicPartition{Topic: "t"}, Epoch: 3}
	var r none.Replicator
	if got := r.HighWatermark(leader, 42); got != 42 {
		t.Errorf("high watermark %d, want the stable offset 42", got)
	}
	if got := r.InSync(leader); got != 1 {
		t.Errorf("%d replicas in sync, want 1", got)
	}
	if r.Start(t.Context()) != nil || r.Stop(t.Context()) != nil {
		t.Error("start or stop failed")
	}
}
