package handler

import (
	"strconv"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func topicResource(name string) metadata.Resource {
	return metadata.Resource{Type: metadata.TopicResource, Name: name}
}

// selfName is the name of this broker's config resource.
func (h *Handlers) selfName() string { return strconv.Itoa(int(h.Self)) }

// authorizeConfigs checks whether the client may describe or alter the configs of a resource.
func (h *Handlers) authorizeConfigs(c *api.Call, op auth.Operation, res metadata.Resource) error {
	t, name := auth.Cluster, auth.ClusterName
	switch res.Type {
	case metadata.TopicResource:
		t, name = auth.Topic, res.Name
	case metadata.GroupResource:
		t, name = auth.Group, res.Name
	}
	if !h.allowed(c, op, t, name) {
		return denied(t)
	}
	return nil
}

// alterConfigs checks who asks for what and gives the rest to the controller: AlterConfigs and IncrementalAlterConfigs
// differ in nothing else.
func (h *Handlers) alterConfigs(c *api.Call, changes []metadata.ConfigChange, validateOnly bool) []error {
	times := make(map[metadata.Resource]int, len(changes))
	for i := range changes {
		times[changes[i].Resource]++
	}
	errs := make([]error, len(changes))
	var good []metadata.ConfigChange
	var places []int
	for i := range changes {
		res := changes[i].Resource
		if times[res] > 1 {
			errs[i] = kafka.Errorf(kafka.InvalidRequest, "Each resource must appear at most once.")
		} else {
			errs[i] = h.checkAlteration(c, res)
		}
		if errs[i] == nil {
			good = append(good, changes[i])
			places = append(places, i)
		}
	}
	if len(good) > 0 {
		for i, err := range h.Metadata.AlterConfigs(c.Context(), good, validateOnly) {
			errs[places[i]] = err
		}
	}
	return errs
}

func (h *Handlers) checkAlteration(c *api.Call, res metadata.Resource) error {
	switch res.Type {
	case metadata.TopicResource, metadata.GroupResource:
	case metadata.BrokerResource:
		id, err := strconv.ParseInt(res.Name, 10, 32)
		switch {
		case res.Name == "":
		case err != nil:
			return kafka.Errorf(kafka.InvalidRequest, "Node id must be an integer, but it is: %s", res.Name)
		case kafka.NodeID(id) != h.Self:
			return kafka.Errorf(kafka.InvalidRequest, "Unexpected broker id, expected %d, but received %d", h.Self, id)
		}
	default:
		return kafka.Errorf(kafka.InvalidRequest, "Unknown resource type %d", res.Type)
	}
	return h.authorizeConfigs(c, auth.AlterConfigs, res)
}
