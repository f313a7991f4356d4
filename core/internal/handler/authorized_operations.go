package handler

import (
	"math"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// notAsked stands in fields for authorized operations (KIP-430) of clients that did not ask for them.
const notAsked = math.MinInt32

// supportedOperations lists what can be done to a resource (org.apache.kafka.security.authorizer.AclEntry).
func supportedOperations(t auth.ResourceType) []auth.Operation {
	switch t {
	case auth.Topic:
		return []auth.Operation{auth.Read, auth.Write, auth.Create, auth.Delete, auth.Alter, auth.Describe,
			auth.DescribeConfigs, auth.AlterConfigs}
	case auth.Cluster:
		return []auth.Operation{auth.Create, auth.Alter, auth.Describe, auth.ClusterAction, auth.DescribeConfigs,
			auth.AlterConfigs, auth.IdempotentWrite}
	}
	return nil
}

// authorizedOperations returns one bit for each operation that the client may do.
func (h *Handlers) authorizedOperations(c *api.Call, t auth.ResourceType, name string) int32 {
	var bits int32
	for _, op := range supportedOperations(t) {
		if h.allowed(c, op, t, name) {
			bits |= 1 << op
		}
	}
	return bits
}

// clusterOperations is authorizedOperations of the cluster: none for who may not describe it.
func (h *Handlers) clusterOperations(c *api.Call) int32 {
	if !h.allowedOnCluster(c, auth.Describe) {
		return 0
	}
	return h.authorizedOperations(c, auth.Cluster, auth.ClusterName)
}

func (h *Handlers) allowedOnCluster(c *api.Call, op auth.Operation) bool {
	return h.allowed(c, op, auth.Cluster, auth.ClusterName)
}

// denied is the error of a client that may not do what it asks for.
func denied(t auth.ResourceType) *kafka.Error {
	switch t {
	case auth.Topic:
		return kafka.Errorf(kafka.TopicAuthorizationFailed, "Topic authorization failed.")
	case auth.Group:
		return kafka.Errorf(kafka.GroupAuthorizationFailed, "Group authorization failed.")
	case auth.TransactionalID:
		return kafka.Errorf(kafka.TransactionalIDAuthorizationFailed, "Transactional Id authorization failed.")
	}
	return kafka.Errorf(kafka.ClusterAuthorizationFailed, "Cluster authorization failed.")
}
