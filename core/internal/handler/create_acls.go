package handler

// CreateAcls (key 30), versions 1-3 (KIP-140). No authorizer of this broker keeps ACLs.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
)

func (h *Handlers) createACLs(c *api.Call, req *kmsg.CreateACLsRequest) kmsg.Response {
	resp := kmsg.NewPtrCreateACLsResponse()
	err := h.alterACLsError(c)
	for range req.Creations {
		resp.Results = append(resp.Results, kmsg.CreateACLsResponseResult{ErrorCode: int16(err.Code), ErrorMessage: &err.Message})
	}
	return resp
}
