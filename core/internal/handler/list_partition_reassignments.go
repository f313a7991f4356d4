package handler

// ListPartitionReassignments (key 46), version 0 (KIP-455). Partitions are never moved here, so none is on its way.
// kafka-topics --describe asks each time.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
)

func (h *Handlers) listPartitionReassignments(c *api.Call, _ *kmsg.ListPartitionReassignmentsRequest) kmsg.Response {
	resp := kmsg.NewPtrListPartitionReassignmentsResponse()
	if !h.allowedOnCluster(c, auth.Describe) {
		err := denied(auth.Cluster)
		resp.ErrorCode, resp.ErrorMessage = int16(err.Code), &err.Message
	}
	return resp
}
