package group

import (
	"cmp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/shard"
)

func (c *Coordinator) describeGroups(from *api.Call, req *kmsg.DescribeGroupsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeGroupsResponse()
	for _, group := range once(req.Groups) {
		if !c.allowed(from, auth.Describe, auth.Group, group) {
			resp.Groups = append(resp.Groups, describeError(group, kafka.GroupAuthorizationFailed))
			continue
		}
		described, code := call(c, from, group, func(m *machine, t *shard.Turn, reply func(kmsg.DescribeGroupsResponseGroup)) {
			m.describe(t, group, req.Version, reply)
		})
		if code != kafka.NoError {
			described = describeError(group, code)
		}
		if req.IncludeAuthorizedOperations && described.ErrorCode == 0 {
			described.AuthorizedOperations = c.authorizedOperations(from, group)
		}
		resp.Groups = append(resp.Groups, described)
	}
	return resp
}

// once returns names without repetitions: a small request must not ask for a large answer many times.
func once(names []string) []string {
	seen := make(map[string]bool, len(names))
	return slices.DeleteFunc(names, func(name string) bool {
		again := seen[name]
		seen[name] = true
		return again
	})
}

// authorizedOperations returns the operations on a group that the client may do, one bit for each (KIP-430).
func (c *Coordinator) authorizedOperations(from *api.Call, group string) (bits int32) {
	for _, op := range []auth.Operation{auth.Read, auth.Delete, auth.Describe, auth.DescribeConfigs, auth.AlterConfigs} {
		if c.allowed(from, op, auth.Group, group) {
			bits |= 1 << op
		}
	}
	return bits
}

func (c *Coordinator) listGroups(from *api.Call, req *kmsg.ListGroupsRequest) kmsg.Response {
	resp := kmsg.NewPtrListGroupsResponse()
	type answer struct {
		groups []kmsg.ListGroupsResponseGroup
		code   kafka.ErrorCode
	}
	for _, p := range c.shards.Partitions() {
		a, code := callPartition(c, from, p, func(m *machine, t *shard.Turn, reply func(answer)) {
			m.list(t, func(groups []kmsg.ListGroupsResponseGroup, code kafka.ErrorCode) { reply(answer{groups, code}) })
		})
		switch code = cmp.Or(code, a.code); code {
		case kafka.NoError:
			resp.Groups = append(resp.Groups, a.groups...)
		case kafka.NotCoordinator: // resigned meanwhile
		default:
			return &kmsg.ListGroupsResponse{ErrorCode: int16(code)}
		}
	}
	all := c.allowed(from, auth.Describe, auth.Cluster, auth.ClusterName)
	resp.Groups = slices.DeleteFunc(resp.Groups, func(g kmsg.ListGroupsResponseGroup) bool {
		return !passes(req.StatesFilter, g.GroupState) || !passes(req.TypesFilter, g.GroupType) ||
			!all && !c.allowed(from, auth.Describe, auth.Group, g.Group)
	})
	slices.SortFunc(resp.Groups, func(a, b kmsg.ListGroupsResponseGroup) int { return cmp.Compare(a.Group, b.Group) })
	return resp
}

// passes reports whether name is among the filters, in any case; no filters let everything through.
func passes(filters []string, name string) bool {
	for _, f := range filters {
		if strings.EqualFold(f, name) {
			return true
		}
	}
	return len(filters) == 0
}

func (c *Coordinator) deleteGroups(from *api.Call, req *kmsg.DeleteGroupsRequest) kmsg.Response {
	resp := kmsg.NewPtrDeleteGroupsResponse()
	for _, group := range once(req.Groups) {
		err := c.deleteGroup(from, group)
		deleted := kmsg.NewDeleteGroupsResponseGroup()
		deleted.Group, deleted.ErrorCode, deleted.ErrorMessage = group, int16(kafka.CodeOf(err)), kafka.MessageOf(err)
		resp.Groups = append(resp.Groups, deleted)
	}
	return resp
}

func (c *Coordinator) deleteGroup(from *api.Call, group string) error {
	if !c.allowed(from, auth.Delete, auth.Group, group) {
		return kafka.GroupAuthorizationFailed
	}
	err, code := call(c, from, group, func(m *machine, t *shard.Turn, reply func(error)) { m.remove(t, group, reply) })
	if code != kafka.NoError {
		return code
	}
	return err
}

func (c *Coordinator) offsetDelete(from *api.Call, req *kmsg.OffsetDeleteRequest) kmsg.Response {
	resp := kmsg.NewPtrOffsetDeleteResponse()
	switch {
	case !c.allowed(from, auth.Delete, auth.Group, req.Group):
		resp.ErrorCode = int16(kafka.GroupAuthorizationFailed)
		return resp
	case req.Group == "":
		resp.ErrorCode = int16(kafka.InvalidGroupID)
		return resp
	}
	known := c.checkOffsetDelete(from, req, resp)
	a, code := call(c, from, req.Group, func(m *machine, t *shard.Turn, reply func(removed)) {
		m.removeOffsets(t, req.Group, known, reply)
	})
	if code = cmp.Or(code, a.code); code != kafka.NoError {
		return &kmsg.OffsetDeleteResponse{ErrorCode: int16(code)}
	}
	for _, topic := range resp.Topics {
		for i := range topic.Partitions {
			if p := &topic.Partitions[i]; p.ErrorCode == 0 && slices.Contains(a.subscribed, topic.Topic) {
				p.ErrorCode = int16(kafka.GroupSubscribedToTopic)
			}
		}
	}
	return resp
}

// checkOffsetDelete fills in an answer for every partition and returns those whose offsets may be deleted.
func (c *Coordinator) checkOffsetDelete(from *api.Call, req *kmsg.OffsetDeleteRequest, resp *kmsg.OffsetDeleteResponse) []kafka.TopicPartition {
	image := c.image.Load()
	var known []kafka.TopicPartition
	for _, topic := range req.Topics {
		allowed := c.allowed(from, auth.Read, auth.Topic, topic.Topic)
		out := kmsg.OffsetDeleteResponseTopic{Topic: topic.Topic}
		for _, p := range topic.Partitions {
			tp := kafka.TopicPartition{Topic: topic.Topic, Partition: p.Partition}
			code := kafka.NoError
			switch {
			case !allowed:
				code = kafka.TopicAuthorizationFailed
			case image.Partition(tp) == nil:
				code = kafka.UnknownTopicOrPartition
			default:
				known = append(known, tp)
			}
			out.Partitions = append(out.Partitions, kmsg.OffsetDeleteResponseTopicPartition{Partition: p.Partition, ErrorCode: int16(code)})
		}
		resp.Topics = append(resp.Topics, out)
	}
	return known
}
