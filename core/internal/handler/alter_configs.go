package handler

// AlterConfigs (key 33), versions 0-2: replaces all configs of a resource. Deprecated since KIP-339, but still what
// librdkafka and kafkajs offer.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func (h *Handlers) replaceConfigs(c *api.Call, req *kmsg.AlterConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrAlterConfigsResponse()
	changes := make([]metadata.ConfigChange, len(req.Resources))
	for i := range req.Resources {
		r := &req.Resources[i]
		changes[i] = metadata.ConfigChange{
			Resource: metadata.Resource{Type: metadata.ResourceType(r.ResourceType), Name: r.ResourceName}, Replace: true}
		for _, config := range r.Configs {
			changes[i].Ops = append(changes[i].Ops, metadata.ConfigEdit{Name: config.Name, Value: config.Value})
		}
	}
	for i, err := range h.alterConfigs(c, changes, req.ValidateOnly) {
		resp.Resources = append(resp.Resources, kmsg.AlterConfigsResponseResource{
			ErrorCode: int16(kafka.CodeOf(err)), ErrorMessage: kafka.MessageOf(err),
			ResourceType: req.Resources[i].ResourceType, ResourceName: req.Resources[i].ResourceName})
	}
	return resp
}
