package handler

// FindCoordinator (key 10), versions 0-6: the broker that coordinates a group, transactional id or share partition.
//
//	v1: key type. v4: several keys (KIP-699). v6: share coordinators (KIP-932)
//
// The internal topic behind a coordinator is made when it is first asked for.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) findCoordinator(c *api.Call, req *kmsg.FindCoordinatorRequest) kmsg.Response {
	resp := kmsg.NewPtrFindCoordinatorResponse()
	keyType := coordinator.Type(req.CoordinatorType)
	if c.Version < 4 {
		found := h.coordinator(c, keyType, req.CoordinatorKey)
		if found.ErrorCode == 0 {
			found.ErrorMessage = kmsg.StringPtr("NONE")
		}
		resp.ErrorCode, resp.ErrorMessage = found.ErrorCode, found.ErrorMessage
		resp.NodeID, resp.Host, resp.Port = found.NodeID, found.Host, found.Port
		return resp
	}
	resp.Coordinators = make([]kmsg.FindCoordinatorResponseCoordinator, len(req.CoordinatorKeys))
	for i, key := range req.CoordinatorKeys {
		resp.Coordinators[i] = h.coordinator(c, keyType, key)
	}
	return resp
}

// coordinator answers one key; on an error the node id and port are -1.
func (h *Handlers) coordinator(c *api.Call, t coordinator.Type, key string) kmsg.FindCoordinatorResponseCoordinator {
	out := kmsg.FindCoordinatorResponseCoordinator{Key: key, NodeID: int32(kafka.NoNode), Port: -1, ErrorMessage: new(string)}
	id, err := h.locateCoordinator(c, t, key)
	if err == nil {
		where := h.placement(c)
		if e, ok := where.endpoint(id); ok {
			out.NodeID, out.Host, out.Port = int32(id), e.Host, e.Port
			return out
		}
		err = errNoCoordinator()
	}
	out.ErrorCode = int16(kafka.CodeOf(err))
	if m := kafka.MessageOf(err); m != nil {
		out.ErrorMessage = m
	}
	return out
}

func errNoCoordinator() error {
	return kafka.Errorf(kafka.CoordinatorNotAvailable, "The coordinator is not available.")
}

// locateCoordinator returns the leader of the internal topic's partition that a key belongs to.
func (h *Handlers) locateCoordinator(c *api.Call, t coordinator.Type, key string) (kafka.NodeID, error) {
	switch {
	case t < coordinator.Group || t > coordinator.Share:
		return kafka.NoNode, kafka.Errorf(kafka.InvalidRequest, "Unknown coordinator type received: %d", t)
	case t == coordinator.Group && !h.allowed(c, auth.Describe, auth.Group, key):
		return kafka.NoNode, denied(auth.Group)
	case t == coordinator.Transaction && !h.allowed(c, auth.Describe, auth.TransactionalID, key):
		return kafka.NoNode, denied(auth.TransactionalID)
	case t == coordinator.Share && c.Version < 6:
		return kafka.NoNode, kafka.Errorf(kafka.InvalidRequest, "Share coordinators are found with version 6 and later.")
	case t == coordinator.Share && !h.allowedOnCluster(c, auth.ClusterAction):
		return kafka.NoNode, denied(auth.Cluster)
	}
	for _, owner := range h.Coordinators {
		if owner.Type() == t {
			return h.coordinatorNode(c, owner, key)
		}
	}
	// Nothing that a client could wait for, so not COORDINATOR_NOT_AVAILABLE.
	return kafka.NoNode, kafka.Errorf(kafka.InvalidRequest, "No coordinator of type %d runs on this cluster.", t)
}

func (h *Handlers) coordinatorNode(c *api.Call, owner coordinator.Coordinator, key string) (kafka.NodeID, error) {
	spec := owner.Topic()
	topic := h.Metadata.Image().Topics[spec.Name]
	if topic == nil {
		if err := h.Metadata.EnsureInternalTopic(c.Context(), spec); err != nil {
			return kafka.NoNode, kafka.Errorf(kafka.CoordinatorNotAvailable, "Topic %s cannot be created: %s", spec.Name, err)
		}
		topic = h.Metadata.Image().Topics[spec.Name]
	}
	if topic == nil || len(topic.Partitions) == 0 {
		return kafka.NoNode, errNoCoordinator()
	}
	p := &topic.Partitions[kafka.CoordinatorPartition(key, int32(len(topic.Partitions)))]
	if p.Leader == kafka.NoNode {
		return kafka.NoNode, errNoCoordinator()
	}
	return p.Leader, nil
}

// coordinatorOf returns the coordinator whose state an internal topic holds, or nil.
func (h *Handlers) coordinatorOf(topic string) coordinator.Coordinator {
	if !kafka.IsInternal(topic) {
		return nil
	}
	for _, owner := range h.Coordinators {
		if owner.Topic().Name == topic {
			return owner
		}
	}
	return nil
}
