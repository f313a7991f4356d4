package group

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/shard"
)

// topicOf finds a topic of a request: by id from version 10 on, by name before. code says why the client may not use it.
func (c *Coordinator) topicOf(call *api.Call, image *metadata.Image, name string, id kafka.TopicID,
	op auth.Operation) (string, *metadata.Topic, kafka.ErrorCode) {
	topic := image.Topics[name]
	if call.Version >= 10 {
		if topic = image.TopicIDs[id]; topic == nil {
			return "", nil, kafka.UnknownTopicID
		}
		name = topic.Name
	}
	if !c.allowed(call, op, auth.Topic, name) {
		return name, topic, kafka.TopicAuthorizationFailed
	}
	return name, topic, kafka.NoError
}

func (c *Coordinator) offsetCommit(from *api.Call, req *kmsg.OffsetCommitRequest) kmsg.Response {
	if tooLong(req.Group) {
		return nil
	}
	denied := kafka.NoError
	if !c.allowed(from, auth.Read, auth.Group, req.Group) {
		denied = kafka.GroupAuthorizationFailed
	}
	commit := &commitRequest{version: req.Version, group: req.Group, generation: req.Generation, memberID: req.MemberID,
		instance: req.InstanceID, retention: req.RetentionTimeMillis}
	resp := kmsg.NewPtrOffsetCommitResponse()
	resp.Topics = make([]kmsg.OffsetCommitResponseTopic, len(req.Topics))
	image := c.image.Load()
	for i := range req.Topics {
		topic, out := &req.Topics[i], &resp.Topics[i]
		out.Topic, out.TopicID = topic.Topic, topic.TopicID
		out.Partitions = make([]kmsg.OffsetCommitResponseTopicPartition, len(topic.Partitions))
		name, known, code := c.topicOf(from, image, topic.Topic, topic.TopicID, auth.Read)
		if denied != kafka.NoError {
			code = denied
		}
		for j := range topic.Partitions {
			p := &topic.Partitions[j]
			out.Partitions[j].Partition = p.Partition
			out.Partitions[j].ErrorCode = int16(code)
			switch {
			case code != kafka.NoError:
			case known == nil || p.Partition < 0 || int(p.Partition) >= len(known.Partitions):
				out.Partitions[j].ErrorCode = int16(kafka.UnknownTopicOrPartition)
			default:
				commit.offsets = append(commit.offsets, offsetToCommit{
					topic: name, partition: p.Partition, code: &out.Partitions[j].ErrorCode,
					committed: committed{offset: p.Offset, leaderEpoch: p.LeaderEpoch, metadata: orEmpty(p.Metadata), topicID: known.ID},
				})
			}
		}
	}
	c.commit(from, commit)
	return resp
}

// commit gives what can be committed to the group's shard.
func (c *Coordinator) commit(from *api.Call, req *commitRequest) {
	if len(req.offsets) == 0 {
		return
	}
	codes := make([]int16, len(req.offsets)) // the shard's own: this call may end before it
	answers := make([]*int16, len(req.offsets))
	for i := range req.offsets {
		answers[i], req.offsets[i].code = req.offsets[i].code, &codes[i]
	}
	_, code := call(c, from, req.group, func(m *machine, t *shard.Turn, reply func(struct{})) { m.commit(t, req, reply) })
	for i, answer := range answers {
		if *answer = int16(code); code == kafka.NoError {
			*answer = codes[i]
		}
	}
}

func (c *Coordinator) offsetFetch(from *api.Call, req *kmsg.OffsetFetchRequest) kmsg.Response {
	resp := kmsg.NewPtrOffsetFetchResponse()
	if req.Version < 8 {
		group := kmsg.NewOffsetFetchRequestGroup()
		group.Group = req.Group
		if req.Topics != nil {
			group.Topics = make([]kmsg.OffsetFetchRequestGroupTopic, 0, len(req.Topics))
		}
		for _, t := range req.Topics {
			group.Topics = append(group.Topics, kmsg.OffsetFetchRequestGroupTopic{Topic: t.Topic, Partitions: t.Partitions})
		}
		singleGroup(resp, &group, c.fetchGroup(from, &group, req.RequireStable), req.Version)
		return resp
	}
	seen := make(map[string]bool, len(req.Groups))
	for i := range req.Groups {
		group := &req.Groups[i]
		if group.Topics == nil && seen[group.Group] {
			continue // a small request must not ask for a large answer many times
		}
		seen[group.Group] = true
		resp.Groups = append(resp.Groups, c.fetchGroup(from, group, req.RequireStable))
	}
	return resp
}

// singleGroup writes the answer of versions before 8, and the error of version 1, which has no place for one but the
// partitions.
func singleGroup(resp *kmsg.OffsetFetchResponse, asked *kmsg.OffsetFetchRequestGroup, group kmsg.OffsetFetchResponseGroup, version int16) {
	resp.ErrorCode = group.ErrorCode
	if version < 2 && group.ErrorCode != 0 {
		for _, t := range asked.Topics {
			group.Topics = append(group.Topics, failedTopic(t, kafka.ErrorCode(group.ErrorCode)))
		}
	}
	for _, t := range group.Topics {
		topic := kmsg.OffsetFetchResponseTopic{Topic: t.Topic}
		for _, p := range t.Partitions {
			topic.Partitions = append(topic.Partitions, kmsg.OffsetFetchResponseTopicPartition(p))
		}
		resp.Topics = append(resp.Topics, topic)
	}
}

// fetchGroup answers OffsetFetch for one group.
func (c *Coordinator) fetchGroup(from *api.Call, req *kmsg.OffsetFetchRequestGroup, requireStable bool) kmsg.OffsetFetchResponseGroup {
	resp := kmsg.NewOffsetFetchResponseGroup()
	resp.Group = req.Group
	if !c.allowed(from, auth.Describe, auth.Group, req.Group) {
		resp.ErrorCode = int16(kafka.GroupAuthorizationFailed)
		return resp
	}
	image := c.image.Load()
	var wanted []fetchedOffset
	if req.Topics != nil {
		wanted = []fetchedOffset{}
	}
	for _, t := range req.Topics {
		name, _, code := c.topicOf(from, image, t.Topic, t.TopicID, auth.Describe)
		if code != kafka.NoError {
			resp.Topics = append(resp.Topics, failedTopic(t, code))
			continue
		}
		for _, p := range t.Partitions {
			wanted = append(wanted, fetchedOffset{topic: name, partition: p})
		}
	}
	type answer struct {
		offsets []fetchedOffset
		code    kafka.ErrorCode
	}
	a, code := call(c, from, req.Group, func(m *machine, t *shard.Turn, reply func(answer)) {
		m.fetch(t, req.Group, wanted, requireStable, func(offsets []fetchedOffset, code kafka.ErrorCode) {
			reply(answer{offsets, code})
		})
	})
	if code = cmp.Or(code, a.code); code != kafka.NoError {
		return kmsg.OffsetFetchResponseGroup{Group: req.Group, ErrorCode: int16(code)}
	}
	if req.Topics == nil {
		a.offsets = c.visible(from, image, a.offsets)
	}
	resp.Topics = append(resp.Topics, fetchedTopics(image, a.offsets)...)
	return resp
}

// visible leaves out of all offsets of a group the topics that the client must not see or, when it speaks of topics by id,
// that have none any more.
func (c *Coordinator) visible(from *api.Call, image *metadata.Image, offsets []fetchedOffset) []fetchedOffset {
	return slices.DeleteFunc(offsets, func(o fetchedOffset) bool {
		return from.Version >= 10 && image.Topics[o.topic] == nil || !c.allowed(from, auth.Describe, auth.Topic, o.topic)
	})
}

// fetchedTopics groups offsets by topic. An offset of an older topic of the same name does not count.
func fetchedTopics(image *metadata.Image, offsets []fetchedOffset) []kmsg.OffsetFetchResponseGroupTopic {
	var topics []kmsg.OffsetFetchResponseGroupTopic
	for _, o := range offsets {
		known := image.Topics[o.topic]
		if len(topics) == 0 || topics[len(topics)-1].Topic != o.topic {
			topics = append(topics, kmsg.OffsetFetchResponseGroupTopic{Topic: o.topic})
			if known != nil {
				topics[len(topics)-1].TopicID = known.ID
			}
		}
		if known != nil && !o.topicID.IsZero() && o.topicID != known.ID {
			o.committed = noOffset
		}
		t := &topics[len(topics)-1]
		t.Partitions = append(t.Partitions, fetchedPartition(o))
	}
	return topics
}

func fetchedPartition(o fetchedOffset) kmsg.OffsetFetchResponseGroupTopicPartition {
	p := kmsg.NewOffsetFetchResponseGroupTopicPartition()
	p.Partition, p.Offset, p.LeaderEpoch = o.partition, o.offset, o.leaderEpoch
	p.Metadata, p.ErrorCode = &o.metadata, int16(o.code)
	return p
}

// failedTopic answers an error for all partitions of a topic.
func failedTopic(t kmsg.OffsetFetchRequestGroupTopic, code kafka.ErrorCode) kmsg.OffsetFetchResponseGroupTopic {
	failed := kmsg.OffsetFetchResponseGroupTopic{Topic: t.Topic, TopicID: t.TopicID}
	for _, p := range t.Partitions {
		failed.Partitions = append(failed.Partitions, fetchedPartition(fetchedOffset{partition: p, committed: noOffset, code: code}))
	}
	return failed
}
