package handler

// DescribeCluster (key 60), versions 0-2 (KIP-700): brokers and cluster id.
//
//	v1: endpoint type (KIP-919). v2: fenced brokers (KIP-1073)

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Endpoint types of DescribeCluster.
const (
	brokerEndpoint     = 1
	controllerEndpoint = 2
)

func (h *Handlers) describeCluster(c *api.Call, req *kmsg.DescribeClusterRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeClusterResponse()
	resp.EndpointType = brokerEndpoint
	var err error
	switch {
	case c.Version == 0 || req.EndpointType == brokerEndpoint:
	case req.EndpointType == controllerEndpoint:
		err = kafka.Errorf(kafka.MismatchedEndpointType,
			"The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER")
	default:
		err = kafka.Errorf(kafka.UnsupportedEndpointType, "Unsupported endpoint type %d", req.EndpointType)
	}
	if err != nil {
		resp.ErrorCode, resp.ErrorMessage = int16(kafka.CodeOf(err)), kafka.MessageOf(err)
		return resp
	}
	where := h.placement(c)
	resp.ClusterID, resp.ControllerID = where.image.ClusterID, int32(where.image.ControllerID)
	for _, b := range where.brokers() {
		e, alive := where.endpoint(b.ID)
		if !alive {
			if !req.IncludeFencedBrokers || !b.Fenced {
				continue
			}
			if e, alive = b.Endpoint(where.listener); !alive {
				continue
			}
		}
		resp.Brokers = append(resp.Brokers, kmsg.DescribeClusterResponseBroker{
			NodeID: int32(b.ID), Host: e.Host, Port: e.Port, Rack: rack(b), IsFenced: b.Fenced})
	}
	if req.IncludeClusterAuthorizedOperations {
		resp.ClusterAuthorizedOperations = h.clusterOperations(c)
	}
	return resp
}
