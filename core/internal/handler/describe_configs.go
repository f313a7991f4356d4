package handler

// DescribeConfigs (key 32), versions 1-4: configs in force, with where they come from (KIP-133).
//
//	v1: synonyms (KIP-226). v3: types and documentation (KIP-569)

import (
	"strconv"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// maxDescribed is how many configs one answer may hold: 9,000 topics, a hundred megabytes.
const maxDescribed = 300_000

func (h *Handlers) describeConfigs(c *api.Call, req *kmsg.DescribeConfigsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeConfigsResponse()
	image := h.Metadata.Image()
	total := 0
	seen := make(map[metadata.Resource]bool, len(req.Resources))
	for i := range req.Resources {
		r := &req.Resources[i]
		res := metadata.Resource{Type: metadata.ResourceType(r.ResourceType), Name: r.ResourceName}
		if seen[res] {
			continue // a small request must not ask for a large answer many times
		}
		seen[res] = true
		out := kmsg.DescribeConfigsResponseResource{ResourceType: r.ResourceType, ResourceName: r.ResourceName,
			ErrorMessage: new(string)} // "" rather than null, as Apache Kafka answers
		err := h.checkDescription(c, image, res)
		if err == nil && total >= maxDescribed {
			err = kafka.Errorf(kafka.PolicyViolation, "Too many resources in one request.")
		}
		if err != nil {
			out.ErrorCode = int16(kafka.CodeOf(err))
			if m := kafka.MessageOf(err); m != nil {
				out.ErrorMessage = m
			}
		} else {
			out.Configs = describedConfigs(h.Configs.Describe(image, res), r.ConfigNames, req)
			total += len(out.Configs)
		}
		resp.Resources = append(resp.Resources, out)
	}
	return resp
}

// checkDescription says why the configs of a resource are not described, or nil. Groups need not exist.
func (h *Handlers) checkDescription(c *api.Call, image *metadata.Image, res metadata.Resource) error {
	switch res.Type {
	case metadata.TopicResource, metadata.BrokerResource, metadata.GroupResource:
	default:
		return kafka.Errorf(kafka.InvalidRequest, "Unexpected resource type %d for resource %s", res.Type, res.Name)
	}
	if err := h.authorizeConfigs(c, auth.DescribeConfigs, res); err != nil {
		return err
	}
	switch res.Type {
	case metadata.TopicResource:
		if err := kafka.CheckTopicName(res.Name); err != nil {
			return err
		}
		if image.Topics[res.Name] == nil {
			return kafka.UnknownTopicOrPartition
		}
	case metadata.GroupResource:
		if res.Name == "" {
			return kafka.Errorf(kafka.InvalidRequest, "Group name must not be empty")
		}
	case metadata.BrokerResource:
		return h.checkBrokerDescription(res.Name)
	}
	return nil
}

// checkBrokerDescription lets through this broker, and "" for what is set for all brokers.
func (h *Handlers) checkBrokerDescription(name string) error {
	if name == "" {
		return nil
	}
	id, err := strconv.ParseInt(name, 10, 32)
	if err != nil {
		return kafka.Errorf(kafka.InvalidRequest, "Broker id must be an integer, but it is: %s", name)
	}
	if kafka.NodeID(id) != h.Self {
		return kafka.Errorf(kafka.InvalidRequest, "Unexpected broker id, expected %d or empty string, but received %s", h.Self, name)
	}
	return nil
}

// describedConfigs converts what the client asked for; no names mean all.
func describedConfigs(entries []config.Entry, names []string, req *kmsg.DescribeConfigsRequest) []kmsg.DescribeConfigsResponseResourceConfig {
	out := make([]kmsg.DescribeConfigsResponseResourceConfig, 0, len(entries))
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	for i := range entries {
		e := &entries[i]
		if len(names) > 0 && !wanted[e.Name] {
			continue
		}
		described := kmsg.DescribeConfigsResponseResourceConfig{
			Name: e.Name, Value: e.Value, ReadOnly: e.ReadOnly, IsSensitive: e.Sensitive,
			IsDefault: e.Source == config.SourceDefault, Source: kmsg.ConfigSource(e.Source), ConfigType: kmsg.ConfigType(e.Type)}
		if req.IncludeSynonyms {
			for _, s := range e.Synonyms {
				described.ConfigSynonyms = append(described.ConfigSynonyms, kmsg.DescribeConfigsResponseResourceConfigConfigSynonym{
					Name: s.Name, Value: s.Value, Source: kmsg.ConfigSource(s.Source)})
			}
		}
		if req.IncludeDocumentation && e.Definition != nil {
			described.Documentation = &e.Definition.Doc
		}
		out = append(out, described)
	}
	return out
}
