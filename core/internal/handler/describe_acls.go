package handler

// DescribeAcls (key 29), versions 1-3 (KIP-140). No authorizer of this broker keeps ACLs.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func (h *Handlers) describeACLs(c *api.Call, _ *kmsg.DescribeACLsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeACLsResponse()
	err := kafka.Errorf(kafka.SecurityDisabled, "No Authorizer is configured on the broker")
	if !h.allowedOnCluster(c, auth.Describe) {
		err = denied(auth.Cluster)
	}
	resp.ErrorCode, resp.ErrorMessage = int16(err.Code), &err.Message
	return resp
}

// alterACLsError is the answer to every change of ACLs.
func (h *Handlers) alterACLsError(c *api.Call) *kafka.Error {
	if !h.allowedOnCluster(c, auth.Alter) {
		return denied(auth.Cluster)
	}
	return kafka.Errorf(kafka.SecurityDisabled, "No Authorizer is configured.")
}
