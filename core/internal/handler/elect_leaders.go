package handler

// ElectLeaders (key 43), versions 0-2 (KIP-183, KIP-460): asks for the preferred or, as a last resort, any replica to
// lead. Leaders are elected by the metadata module; where that has one replica for each partition the leader is always
// the preferred one, and there is nothing to elect.

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Election types.
const (
	preferredElection = 0
	uncleanElection   = 1
)

func (h *Handlers) electLeaders(c *api.Call, req *kmsg.ElectLeadersRequest) kmsg.Response {
	resp := kmsg.NewPtrElectLeadersResponse()
	var refusal error
	switch {
	case !h.allowedOnCluster(c, auth.Alter):
		refusal = denied(auth.Cluster)
	case c.Version >= 1 && req.ElectionType != preferredElection && req.ElectionType != uncleanElection:
		refusal = kafka.Errorf(kafka.InvalidRequest, "Unknown election type %d", req.ElectionType)
	}
	resp.ErrorCode = int16(kafka.CodeOf(refusal))
	image := h.Metadata.Image()
	// With null for all partitions only those are listed whose leader changed or should have: none.
	for i := range req.Topics {
		t := &req.Topics[i]
		out := kmsg.ElectLeadersResponseTopic{Topic: t.Topic}
		for _, p := range t.Partitions {
			err := refusal
			if err == nil {
				err = electionResult(image, kafka.TopicPartition{Topic: t.Topic, Partition: p})
			}
			out.Partitions = append(out.Partitions, kmsg.ElectLeadersResponseTopicPartition{
				Partition: p, ErrorCode: int16(kafka.CodeOf(err)), ErrorMessage: kafka.MessageOf(err)})
		}
		resp.Topics = append(resp.Topics, out)
	}
	return resp
}

func electionResult(image *metadata.Image, tp kafka.TopicPartition) error {
	p := image.Partition(tp)
	switch {
	case image.Topics[tp.Topic] == nil:
		return kafka.Errorf(kafka.UnknownTopicOrPartition, "No such topic as %s", tp.Topic)
	case p == nil:
		return kafka.Errorf(kafka.UnknownTopicOrPartition, "No such partition as %s", tp)
	case p.Leader == kafka.NoNode:
		return kafka.Errorf(kafka.PreferredLeaderNotAvailable, "The preferred leader was not available.")
	}
	return kafka.Errorf(kafka.ElectionNotNeeded, "Leader election not needed for topic partition.")
}
