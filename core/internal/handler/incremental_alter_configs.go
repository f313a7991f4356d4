package handler

// IncrementalAlterConfigs (key 44), versions 0-1: sets, deletes, appends to and subtracts from single configs (KIP-339).

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func (h *Handlers) incrementalAlterConfigs(c *api.Call, req *kmsg.IncrementalAlterConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrIncrementalAlterConfigsResponse()
	changes := make([]metadata.ConfigChange, len(req.Resources))
	for i := range req.Resources {
		r := &req.Resources[i]
		changes[i].Resource = metadata.Resource{Type: metadata.ResourceType(r.ResourceType), Name: r.ResourceName}
		for _, config := range r.Configs {
			changes[i].Ops = append(changes[i].Ops,
				metadata.ConfigEdit{Name: config.Name, Op: metadata.ConfigOp(config.Op), Value: config.Value})
		}
	}
	for i, err := range h.alterConfigs(c, changes, req.ValidateOnly) {
		resp.Resources = append(resp.Resources, kmsg.IncrementalAlterConfigsResponseResource{
			ErrorCode: int16(kafka.CodeOf(err)), ErrorMessage: kafka.MessageOf(err),
			ResourceType: req.Resources[i].ResourceType, ResourceName: req.Resources[i].ResourceName})
	}
	return resp
}
