package handler

// ListConfigResources (key 74), versions 0-1: the resources that have or can have configs.
//
//	v0: client metrics only (ListClientMetricsResources, KIP-1000). v1: all types (KIP-1142)

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func (h *Handlers) listConfigResources(c *api.Call, req *kmsg.ListConfigResourcesRequest) kmsg.Response {
	resp := kmsg.NewPtrListConfigResourcesResponse()
	if !h.allowedOnCluster(c, auth.DescribeConfigs) {
		resp.ErrorCode = int16(kafka.ClusterAuthorizationFailed)
		return resp
	}
	wanted, ok := wantedResourceTypes(c.Version, req.ResourceTypes)
	if !ok {
		resp.ErrorCode = int16(kafka.UnsupportedVersion)
		return resp
	}
	add := func(t metadata.ResourceType, name string) {
		if wanted[t] {
			resp.ConfigResources = append(resp.ConfigResources, kmsg.ListConfigResourcesResponseConfigResource{Name: name, Type: int8(t)})
		}
	}
	image := h.Metadata.Image()
	for name := range image.Topics {
		add(metadata.TopicResource, name)
	}
	for id := range image.Brokers {
		add(metadata.BrokerResource, strconv.Itoa(int(id))) // not their loggers, which have no configs here
	}
	for res := range image.Configs {
		if res.Type == metadata.GroupResource || res.Type == metadata.ClientMetricsResource {
			add(res.Type, res.Name)
		}
	}
	slices.SortFunc(resp.ConfigResources, func(a, b kmsg.ListConfigResourcesResponseConfigResource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	return resp
}

// wantedResourceTypes returns the types to list; ok is false when the version does not know one of them.
func wantedResourceTypes(version int16, asked []int8) (wanted map[metadata.ResourceType]bool, ok bool) {
	all := []metadata.ResourceType{metadata.TopicResource, metadata.BrokerResource, metadata.BrokerLoggerResource,
		metadata.ClientMetricsResource, metadata.GroupResource}
	if version == 0 {
		all = []metadata.ResourceType{metadata.ClientMetricsResource}
		asked = nil
	}
	wanted = map[metadata.ResourceType]bool{}
	for _, t := range asked {
		if !slices.Contains(all, metadata.ResourceType(t)) {
			return nil, false
		}
		wanted[metadata.ResourceType(t)] = true
	}
	if len(asked) == 0 {
		for _, t := range all {
			wanted[t] = true
		}
	}
	return wanted, true
}
