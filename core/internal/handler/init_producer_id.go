package handler

// InitProducerId (key 22), versions 0 to 5. Gives an idempotent producer its id (KIP-98). Version 6 (two-phase commit,
// KIP-939) is not stable in Kafka either. Producers with a transactional id need a transaction coordinator: without one
// the answer is UNSUPPORTED_VERSION, which clients report at once, where COORDINATOR_NOT_AVAILABLE would make them retry
// until they time out, and an authorization error would send people looking for ACLs.

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// producerIDBlockSize is how many producer ids are reserved at once. What is left of a block when the broker stops is
// never given out.
const producerIDBlockSize = 1000

// producerIDBlock hands out producer ids from a reserved block.
type producerIDBlock struct {
	mu        sync.Mutex
	next, end kafka.ProducerID
}

func (b *producerIDBlock) take(ctx context.Context, reserve func(context.Context, int) (kafka.ProducerID, error)) (kafka.ProducerID, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.next == b.end {
		first, err := reserve(ctx, producerIDBlockSize)
		if err != nil {
			return kafka.NoProducerID, err
		}
		b.next, b.end = first, first+producerIDBlockSize
	}
	b.next++
	return b.next - 1, nil
}

func (h *Handlers) initProducerID(c *api.Call, req *kmsg.InitProducerIDRequest) kmsg.Response {
	resp := kmsg.NewPtrInitProducerIDResponse()
	resp.ProducerID, resp.ProducerEpoch = int64(kafka.NoProducerID), int16(kafka.NoProducerEpoch)
	id, err := h.newProducerID(c, req)
	if err != nil {
		resp.ErrorCode = int16(kafka.CodeOf(err))
		return resp
	}
	resp.ProducerID, resp.ProducerEpoch = int64(id), 0
	return resp
}

func (h *Handlers) newProducerID(c *api.Call, req *kmsg.InitProducerIDRequest) (kafka.ProducerID, error) {
	switch {
	case req.TransactionalID != nil && !h.allowed(c, auth.Write, auth.TransactionalID, *req.TransactionalID):
		return kafka.NoProducerID, kafka.TransactionalIDAuthorizationFailed
	case req.TransactionalID == nil && !h.mayWriteIdempotently(c):
		return kafka.NoProducerID, kafka.ClusterAuthorizationFailed
	case c.Version >= 3 && (req.ProducerID == -1) != (req.ProducerEpoch == -1):
		return kafka.NoProducerID, kafka.InvalidRequest
	case req.TransactionalID != nil && *req.TransactionalID == "":
		return kafka.NoProducerID, kafka.InvalidRequest
	case req.TransactionalID != nil:
		return kafka.NoProducerID, kafka.UnsupportedVersion
	}
	id, err := h.producerIDs.take(c.Context(), h.Metadata.AllocateProducerIDs)
	if err != nil {
		// Retriable, and what Kafka answers until a broker has got its first block.
		h.Log.Warn("no producer ids could be reserved", zap.Error(err))
		return kafka.NoProducerID, kafka.CoordinatorLoadInProgress
	}
	return id, nil
}

// mayWriteIdempotently is true for IDEMPOTENT_WRITE on the cluster, or WRITE on any topic (KIP-679).
func (h *Handlers) mayWriteIdempotently(c *api.Call) bool {
	if h.allowed(c, auth.IdempotentWrite, auth.Cluster, auth.ClusterName) {
		return true
	}
	for name := range h.Metadata.Image().Topics {
		if h.allowed(c, auth.Write, auth.Topic, name) {
			return true
		}
	}
	return false
}
