package handler

// DeleteAcls (key 31), versions 1-3 (KIP-140). No authorizer of this broker keeps ACLs.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
)

func (h *Handlers) deleteACLs(c *api.Call, req *kmsg.DeleteACLsRequest) kmsg.Response {
	resp := kmsg.NewPtrDeleteACLsResponse()
	err := h.alterACLsError(c)
	for range req.Filters {
		resp.Results = append(resp.Results, kmsg.DeleteACLsResponseResult{ErrorCode: int16(err.Code), ErrorMessage: &err.Message})
	}
	return resp
}
