package handler

// Metadata (key 3), versions 0-13: brokers, topics and partition leaders, as seen from the listener that the request came
// in on, and automatic creation of topics.
//
//	v0: no topics means all; leaves replicas out that cannot be reached. v1: null means all
//	v4: AllowAutoTopicCreation. v6: LISTENER_NOT_FOUND. v7: leader epochs (KIP-320). v8: authorized operations (KIP-430)
//	v10: topic ids in responses, v12: in requests (KIP-516). v13: top-level error (KIP-1102)

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// metadataCall is one Metadata request on its way.
type metadataCall struct {
	*api.Call
	req *kmsg.MetadataRequest
	placement
	resp  *kmsg.MetadataResponse
	spare []kmsg.MetadataResponseTopicPartition // memory for partitions
}

// partitionChunk is how many partitions are allocated at once: a cluster has many small topics.
const partitionChunk = 256

func (m *metadataCall) partitions(n int) []kmsg.MetadataResponseTopicPartition {
	if len(m.spare) < n {
		m.spare = make([]kmsg.MetadataResponseTopicPartition, max(n, partitionChunk))
	}
	list := m.spare[:n:n]
	m.spare = m.spare[n:]
	return list
}

func (h *Handlers) metadata(c *api.Call, req *kmsg.MetadataRequest) kmsg.Response {
	if code := checkMetadata(req, c.Version); code != kafka.NoError {
		return refuseMetadata(req, code)
	}
	m := &metadataCall{Call: c, req: req, placement: h.placement(c), resp: kmsg.NewPtrMetadataResponse()}
	if req.Topics == nil || c.Version == 0 && len(req.Topics) == 0 {
		h.allTopics(m)
	} else {
		h.namedTopics(m)
	}
	for _, b := range m.brokers() {
		if e, ok := m.endpoint(b.ID); ok {
			m.resp.Brokers = append(m.resp.Brokers,
				kmsg.MetadataResponseBroker{NodeID: int32(b.ID), Host: e.Host, Port: e.Port, Rack: rack(b)})
		}
	}
	m.resp.ClusterID = &m.image.ClusterID
	m.resp.ControllerID = int32(m.image.ControllerID)
	if req.IncludeClusterAuthorizedOperations && c.Version >= 8 && c.Version <= 10 {
		m.resp.AuthorizedOperations = h.clusterOperations(c)
	}
	return m.resp
}

// checkMetadata refuses requests that name a topic in a way that their version does not allow.
func checkMetadata(req *kmsg.MetadataRequest, version int16) kafka.ErrorCode {
	for i := range req.Topics {
		t := &req.Topics[i]
		byID := t.TopicID != [16]byte{}
		if byID && version < 12 || !byID && t.Topic == nil {
			return kafka.InvalidRequest
		}
	}
	return kafka.NoError
}

// refuseMetadata answers every topic with the same error, and nothing else.
func refuseMetadata(req *kmsg.MetadataRequest, code kafka.ErrorCode) *kmsg.MetadataResponse {
	resp := kmsg.NewPtrMetadataResponse()
	resp.ErrorCode = int16(code)
	for i := range req.Topics {
		t := kmsg.NewMetadataResponseTopic()
		t.ErrorCode, t.TopicID, t.Topic = int16(code), req.Topics[i].TopicID, req.Topics[i].Topic
		if t.Topic == nil {
			t.Topic = new(string)
		}
		resp.Topics = append(resp.Topics, t)
	}
	return resp
}

// allTopics lists the topics that the client may describe, without a word about the others.
func (h *Handlers) allTopics(m *metadataCall) {
	m.resp.Topics = make([]kmsg.MetadataResponseTopic, 0, len(m.image.Topics))
	for name, t := range m.image.Topics {
		if h.allowed(m.Call, auth.Describe, auth.Topic, name) {
			h.addTopic(m, t)
		}
	}
}

// namedTopics answers each topic of the request once, whatever is wrong with it: clients wait for a topic that an answer
// leaves out. What does not exist is created if all agree.
func (h *Handlers) namedTopics(m *metadataCall) {
	var missing []string
	seen := make(map[string]bool, len(m.req.Topics))
	for i := range m.req.Topics {
		requested := &m.req.Topics[i]
		if requested.TopicID != [16]byte{} {
			h.topicByID(m, requested.TopicID, seen)
			continue
		}
		name := *requested.Topic
		if seen[name] {
			continue
		}
		seen[name] = true
		switch t := m.image.Topics[name]; {
		case !h.allowed(m.Call, auth.Describe, auth.Topic, name):
			m.addError(name, kafka.TopicAuthorizationFailed, false)
		case t != nil:
			h.addTopic(m, t)
		case !h.mayAutoCreate(m):
			h.addMissing(m, name)
		case !h.allowedOnCluster(m.Call, auth.Create) && !h.allowed(m.Call, auth.Create, auth.Topic, name):
			m.addError(name, kafka.TopicAuthorizationFailed, kafka.IsInternal(name))
		default:
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return
	}
	h.autoCreate(m, missing)
	m.image = h.Metadata.Image()
	for _, name := range missing {
		if t := m.image.Topics[name]; t != nil {
			h.addTopic(m, t)
		} else {
			h.addMissing(m, name)
		}
	}
}

func (h *Handlers) topicByID(m *metadataCall, id kafka.TopicID, seen map[string]bool) {
	t := m.image.TopicIDs[id]
	switch {
	case t == nil:
		m.resp.Topics = append(m.resp.Topics, kmsg.MetadataResponseTopic{
			ErrorCode: int16(kafka.UnknownTopicID), TopicID: id, AuthorizedOperations: notAsked})
	case seen[t.Name]:
	case !h.allowed(m.Call, auth.Describe, auth.Topic, t.Name): // an id is no secret, its name is
		m.resp.Topics = append(m.resp.Topics, kmsg.MetadataResponseTopic{
			ErrorCode: int16(kafka.TopicAuthorizationFailed), TopicID: id, AuthorizedOperations: notAsked})
	default:
		seen[t.Name] = true
		h.addTopic(m, t)
	}
}

// mayAutoCreate reports whether broker and client want topics to be made by being asked for. Before v4 clients could not
// say, and did.
func (h *Handlers) mayAutoCreate(m *metadataCall) bool {
	return (m.Version < 4 || m.req.AllowAutoTopicCreation) && h.flag(m.image, "auto.create.topics.enable")
}

// autoCreate creates what it can. Errors are left out: as in Apache Kafka the topic just remains unknown.
func (h *Handlers) autoCreate(m *metadataCall, names []string) {
	var topics []metadata.NewTopic
	for _, name := range names {
		switch owner := h.coordinatorOf(name); {
		case owner != nil:
			_ = h.Metadata.EnsureInternalTopic(m.Context(), owner.Topic())
		case !kafka.IsInternal(name):
			topics = append(topics, metadata.NewTopic{Name: name, Partitions: -1, Replicas: -1})
		}
	}
	if len(topics) > 0 {
		h.Metadata.CreateTopics(m.Context(), topics, false)
	}
}

func (h *Handlers) addTopic(m *metadataCall, t *metadata.Topic) {
	out := kmsg.MetadataResponseTopic{Topic: &t.Name, TopicID: t.ID, IsInternal: kafka.IsInternal(t.Name),
		Partitions: m.partitions(len(t.Partitions)), AuthorizedOperations: notAsked}
	hosted := m.local.TopicByID(t.ID)
	for i := range t.Partitions {
		p, failed := m.current(t, hosted, int32(i))
		m.setPartition(&out.Partitions[i], int32(i), p, failed)
	}
	h.setOperations(m, &out, t.Name)
	m.resp.Topics = append(m.resp.Topics, out)
}

func (h *Handlers) setOperations(m *metadataCall, out *kmsg.MetadataResponseTopic, name string) {
	if m.Version >= 8 && m.req.IncludeTopicAuthorizedOperations {
		out.AuthorizedOperations = h.authorizedOperations(m.Call, auth.Topic, name)
	}
}

func (m *metadataCall) setPartition(out *kmsg.MetadataResponseTopicPartition, index int32, p *metadata.Partition, failed bool) {
	leader, code := m.leader(p)
	if code == kafka.ListenerNotFound && m.Version < 6 {
		code = kafka.LeaderNotAvailable
	}
	out.Partition, out.Leader, out.LeaderEpoch = index, int32(leader), int32(p.LeaderEpoch)
	out.OfflineReplicas = m.offline(p.Replicas, failed)
	if m.Version == 0 {
		out.Replicas, out.ISR = m.reachable(p.Replicas), m.reachable(p.ISR)
		if code == kafka.NoError && (len(out.Replicas) < len(p.Replicas) || len(out.ISR) < len(p.ISR)) {
			code = kafka.ReplicaNotAvailable
		}
	} else {
		out.Replicas, out.ISR = m.list(p.Replicas), m.list(p.ISR)
	}
	out.ErrorCode = int16(code)
}

// addMissing answers a topic that does not exist.
func (h *Handlers) addMissing(m *metadataCall, name string) {
	code := kafka.UnknownTopicOrPartition
	if kafka.CheckTopicName(name) != nil {
		code = kafka.InvalidTopicException
	}
	m.addError(name, code, kafka.IsInternal(name))
	h.setOperations(m, &m.resp.Topics[len(m.resp.Topics)-1], name)
}

func (m *metadataCall) addError(name string, code kafka.ErrorCode, internal bool) {
	m.resp.Topics = append(m.resp.Topics, kmsg.MetadataResponseTopic{
		ErrorCode: int16(code), Topic: &name, IsInternal: internal, AuthorizedOperations: notAsked})
}

// flag returns a boolean broker config.
func (h *Handlers) flag(image *metadata.Image, name string) bool {
	v, _ := h.Configs.Value(image, name)
	return v == "true"
}
