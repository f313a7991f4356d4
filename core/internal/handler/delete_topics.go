package handler

// DeleteTopics (key 20), versions 1-6: by name or, from v6, by id (KIP-516).
//
//	v3: TOPIC_DELETION_DISABLED. v5: messages (KIP-599)

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// deletion is a DeleteTopics request on its way.
type deletion struct {
	image *metadata.Image
	names map[string]int        // how often each name was given
	ids   map[kafka.TopicID]int // how often each id was given
	taken map[kafka.TopicID]bool
	refs  []metadata.TopicRef
	place []int // of each of refs in the response
}

func (h *Handlers) deleteTopics(c *api.Call, req *kmsg.DeleteTopicsRequest) kmsg.Response {
	resp := kmsg.NewPtrDeleteTopicsResponse()
	requested := req.Topics
	for i := range req.TopicNames {
		requested = append(requested, kmsg.DeleteTopicsRequestTopic{Topic: &req.TopicNames[i]})
	}
	image := h.Metadata.Image()
	ctx, cancel, err := changeContext(c, req.TimeoutMillis)
	defer cancel()
	if !h.flag(image, "delete.topic.enable") {
		err = kafka.TopicDeletionDisabled
		if c.Version < 3 {
			err = kafka.InvalidRequest
		}
	}
	if err != nil {
		for _, t := range requested {
			resp.Topics = append(resp.Topics, deletedTopic(t.Topic, t.TopicID, err))
		}
		return resp
	}
	d := newDeletion(image, requested)
	for _, t := range requested {
		if answer, ok := h.planDeletion(c, d, t.Topic, t.TopicID, len(resp.Topics)); ok {
			resp.Topics = append(resp.Topics, answer)
		}
	}
	for i, result := range h.Metadata.DeleteTopics(ctx, d.refs) {
		answer := &resp.Topics[d.place[i]]
		answer.ErrorCode, answer.ErrorMessage = int16(kafka.CodeOf(result.Err)), kafka.MessageOf(result.Err)
	}
	return resp
}

func newDeletion(image *metadata.Image, requested []kmsg.DeleteTopicsRequestTopic) *deletion {
	d := &deletion{image: image, names: map[string]int{}, ids: map[kafka.TopicID]int{}, taken: map[kafka.TopicID]bool{}}
	for _, t := range requested {
		switch {
		case t.Topic == nil:
			d.ids[t.TopicID]++
		case t.TopicID == [16]byte{}:
			d.names[*t.Topic]++
		}
	}
	return d
}

func deletedTopic(name *string, id kafka.TopicID, err error) kmsg.DeleteTopicsResponseTopic {
	return kmsg.DeleteTopicsResponseTopic{Topic: name, TopicID: id,
		ErrorCode: int16(kafka.CodeOf(err)), ErrorMessage: kafka.MessageOf(err)}
}

// planDeletion answers one topic, or notes that what it answers must still be deleted. ok is false for repetitions of a
// topic that was answered as a duplicate.
func (h *Handlers) planDeletion(c *api.Call, d *deletion, name *string, id kafka.TopicID, place int) (answer kmsg.DeleteTopicsResponseTopic, ok bool) {
	var topic *metadata.Topic
	times, err := d.times(name, id)
	switch {
	case err != nil:
	case times == 0:
		return answer, false
	case name != nil:
		topic, err = h.deletableByName(c, d.image, *name)
	default:
		topic, err = h.deletableByID(c, d.image, id)
		if topic != nil {
			name = &topic.Name
		}
	}
	if err == nil && d.taken[topic.ID] {
		err = kafka.Errorf(kafka.InvalidRequest, "The provided topic name maps to an ID that was already supplied.")
	}
	if err != nil {
		return deletedTopic(name, id, err), true
	}
	d.taken[topic.ID] = true
	d.refs = append(d.refs, metadata.TopicRef{ID: topic.ID})
	d.place = append(d.place, place)
	return deletedTopic(name, topic.ID, nil), true
}

// times tells how often a topic was asked for, the first time that it is called for it, and 0 afterwards. It refuses
// duplicates, and what names no topic or two.
func (d *deletion) times(name *string, id kafka.TopicID) (int, error) {
	var n int
	what := "name"
	switch {
	case name == nil && id.IsZero():
		return 1, kafka.Errorf(kafka.InvalidRequest, "Neither topic name nor id were specified.")
	case name != nil && !id.IsZero():
		return 1, kafka.Errorf(kafka.InvalidRequest, "You may not specify both topic name and topic id.")
	case name != nil:
		n, d.names[*name] = d.names[*name], 0
	default:
		what = "id"
		n, d.ids[id] = d.ids[id], 0
	}
	if n > 1 {
		return n, kafka.Errorf(kafka.InvalidRequest, "Duplicate topic %s.", what)
	}
	return n, nil
}

func (h *Handlers) deletableByName(c *api.Call, image *metadata.Image, name string) (*metadata.Topic, error) {
	topic := image.Topics[name]
	switch {
	case !h.allowed(c, auth.Describe, auth.Topic, name):
		return nil, denied(auth.Topic)
	case topic == nil:
		return nil, kafka.Errorf(kafka.UnknownTopicOrPartition, "This server does not host this topic-partition.")
	case !h.allowed(c, auth.Delete, auth.Topic, name):
		return nil, denied(auth.Topic)
	}
	return topic, nil
}

// deletableByID returns the topic together with an error when the client may know its name but not delete it.
func (h *Handlers) deletableByID(c *api.Call, image *metadata.Image, id kafka.TopicID) (*metadata.Topic, error) {
	topic := image.TopicIDs[id]
	switch {
	case topic == nil:
		return nil, kafka.Errorf(kafka.UnknownTopicID, "This server does not host this topic ID.")
	case h.allowed(c, auth.Delete, auth.Topic, topic.Name):
		return topic, nil
	case h.allowed(c, auth.Describe, auth.Topic, topic.Name):
		return topic, denied(auth.Topic)
	}
	return nil, denied(auth.Topic)
}
