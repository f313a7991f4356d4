package group_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// scenarioCommands is the language of testdata/*.txt:
//
//	config initial-delay=3s max-size=2 retention=1h check=10m      first line only; the default is no initial delay
//	join A v=9 static=i1 protocols=range:orders,sticky:orders session=10s rebalance=1m id=new (or c-#1) type=consumer
//	sync A assign=A:x,B:y gen=1 v=5    heartbeat A gen=1 v=4       leave A B v=5 static=i1
//	commit A orders/0=5 gen=-1 v=9     fetch orders/0 payments/0 (none: all) v=9
//	describe v=6    list states=stable types=classic    delete    delete-offsets orders/0
//	advance 3s      restart      resign      delete-topic orders
//	fail-appends NOT_ENOUGH_REPLICAS (none: no more)    hold-commits    release-commits
//	log             the records that were appended since the last time
//
// All take group=name, which is g if not given.
var scenarioCommands = map[string]func(*scenario, args) []string{
	"config":          func(*scenario, args) []string { return nil },
	"join":            (*scenario).join,
	"sync":            (*scenario).sync,
	"heartbeat":       (*scenario).heartbeat,
	"leave":           (*scenario).leave,
	"commit":          (*scenario).commit,
	"fetch":           (*scenario).fetch,
	"describe":        (*scenario).describe,
	"list":            (*scenario).list,
	"delete":          (*scenario).delete,
	"delete-offsets":  (*scenario).deleteOffsets,
	"advance":         (*scenario).advance,
	"restart":         (*scenario).restart,
	"resign":          (*scenario).resign,
	"delete-topic":    (*scenario).deleteTopicCommand,
	"fail-appends":    (*scenario).failAppends,
	"hold-commits":    (*scenario).holdCommits,
	"release-commits": (*scenario).releaseCommits,
	"log":             (*scenario).showLog,
}

func (a args) group() string { return a.string("group", "g") }

func (a args) version(newest int16) int16 { return int16(a.int("v", int(newest))) }

// of returns the client that a command is about, with its member id or another that the command names.
func (s *scenario) of(a args) (c *client, memberID string, generation int32) {
	c = s.client(a.words[0])
	memberID = a.string("id", c.memberID)
	if memberID == "new" {
		memberID = ""
	}
	if prefix, n, ok := strings.Cut(memberID, "#"); ok { // as answers show it
		memberID = fmt.Sprintf("%s00000000-0000-4000-8000-%012s", prefix, n)
	}
	if v, ok := a.named["static"]; ok {
		c.instance = &v
	}
	return c, memberID, int32(a.int("gen", int(c.generation)))
}

func errorName(code int16) string { return kafka.ErrorCode(code).String() }

func (s *scenario) join(a args) []string {
	c, memberID, _ := s.of(a)
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.MemberID, req.InstanceID = a.group(), memberID, c.instance
	req.SessionTimeoutMillis = int32(a.duration("session", 10*time.Second).Milliseconds())
	req.RebalanceTimeoutMillis = int32(a.duration("rebalance", time.Minute).Milliseconds())
	req.ProtocolType = a.string("type", "consumer")
	for _, p := range strings.Split(a.string("protocols", "range:orders"), ",") {
		name, topics, _ := strings.Cut(p, ":")
		metadata := kmsg.ConsumerMemberMetadata{Topics: strings.Split(topics, "+")}
		if p != "" {
			req.Protocols = append(req.Protocols, kmsg.JoinGroupRequestProtocol{Name: name, Metadata: metadata.AppendTo(nil)})
		}
	}
	s.learn(c.name+" join", func() func() string {
		resp := s.send(strings.ToLower(c.name), a.version(9), req).(*kmsg.JoinGroupResponse)
		return func() string { return c.joined(resp) }
	})
	return nil
}

// joined notes what a JoinGroup answers, and describes it.
func (c *client) joined(resp *kmsg.JoinGroupResponse) string {
	if resp.ErrorCode == 0 || resp.ErrorCode == int16(kafka.MemberIDRequired) {
		c.memberID = resp.MemberID
	}
	if resp.ErrorCode != 0 {
		return fmt.Sprintf("%s member=%q", errorName(resp.ErrorCode), resp.MemberID)
	}
	c.generation = resp.Generation
	return joined(resp)
}

func joined(resp *kmsg.JoinGroupResponse) string {
	text := fmt.Sprintf("member=%s generation=%d leader=%s", resp.MemberID, resp.Generation, resp.LeaderID)
	if resp.Protocol != nil {
		text += " protocol=" + *resp.Protocol
	}
	if resp.SkipAssignment {
		text += " skip-assignment"
	}
	for _, m := range resp.Members {
		text += " [" + m.MemberID
		if m.InstanceID != nil {
			text += " static=" + *m.InstanceID
		}
		text += "]"
	}
	return text
}

func (s *scenario) sync(a args) []string {
	c, memberID, generation := s.of(a)
	req := kmsg.NewPtrSyncGroupRequest()
	req.Group, req.MemberID, req.Generation, req.InstanceID = a.group(), memberID, generation, c.instance
	protocolType, protocol := a.string("type", "consumer"), a.string("protocol", "range")
	req.ProtocolType, req.Protocol = &protocolType, &protocol
	for _, one := range strings.Split(a.string("assign", ""), ",") {
		if name, what, ok := strings.Cut(one, ":"); ok {
			req.GroupAssignment = append(req.GroupAssignment,
				kmsg.SyncGroupRequestGroupAssignment{MemberID: s.client(name).memberID, MemberAssignment: []byte(what)})
		}
	}
	s.start(c.name+" sync", func() string {
		resp := s.send(strings.ToLower(c.name), a.version(5), req).(*kmsg.SyncGroupResponse)
		if resp.ErrorCode != 0 {
			return errorName(resp.ErrorCode)
		}
		return fmt.Sprintf("assignment=%q", resp.MemberAssignment)
	})
	return nil
}

func (s *scenario) heartbeat(a args) []string {
	c, memberID, generation := s.of(a)
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.MemberID, req.Generation, req.InstanceID = a.group(), memberID, generation, c.instance
	s.start(c.name+" heartbeat", func() string {
		return errorName(s.send("", a.version(4), req).(*kmsg.HeartbeatResponse).ErrorCode)
	})
	return nil
}

func (s *scenario) leave(a args) []string {
	req := kmsg.NewPtrLeaveGroupRequest()
	req.Group = a.group()
	for _, name := range a.words {
		req.MemberID = s.client(name).memberID
		m := kmsg.NewLeaveGroupRequestMember()
		m.MemberID, m.InstanceID = req.MemberID, s.client(name).instance
		req.Members = append(req.Members, m)
	}
	if instance, ok := a.named["static"]; ok {
		req.Members = append(req.Members, kmsg.LeaveGroupRequestMember{InstanceID: &instance})
	}
	s.start(strings.Join(a.words, " ")+" leave", func() string {
		resp := s.send("", a.version(5), req).(*kmsg.LeaveGroupResponse)
		text := errorName(resp.ErrorCode)
		for _, m := range resp.Members {
			text += fmt.Sprintf(" [%q %s]", m.MemberID, errorName(m.ErrorCode))
		}
		return text
	})
	return nil
}

// partitions reads topic/partition and topic/partition=offset arguments, in order.
func (a args) partitions() map[kafka.TopicPartition]int64 {
	all := map[kafka.TopicPartition]int64{}
	add := func(name string, offset string) {
		topic, index, ok := strings.Cut(name, "/")
		if !ok {
			return
		}
		p, _ := strconv.Atoi(index)
		n, _ := strconv.ParseInt(offset, 10, 64)
		all[kafka.TopicPartition{Topic: topic, Partition: int32(p)}] = n
	}
	for _, w := range a.words {
		add(w, "0")
	}
	for name, offset := range a.named {
		add(name, offset)
	}
	return all
}

func sorted(all map[kafka.TopicPartition]int64) []kafka.TopicPartition {
	list := make([]kafka.TopicPartition, 0, len(all))
	for tp := range all {
		list = append(list, tp)
	}
	slices.SortFunc(list, func(a, b kafka.TopicPartition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
	})
	return list
}

func (s *scenario) commit(a args) []string {
	c, memberID, generation := s.of(a)
	offsets := a.partitions()
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.MemberID, req.Generation, req.InstanceID = a.group(), memberID, generation, c.instance
	if r, ok := a.named["retention"]; ok {
		d, _ := time.ParseDuration(r)
		req.RetentionTimeMillis = d.Milliseconds()
	}
	for _, tp := range sorted(offsets) {
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset = tp.Partition, offsets[tp]
		req.Topics = append(req.Topics, kmsg.OffsetCommitRequestTopic{Topic: tp.Topic, TopicID: s.idOf(tp.Topic),
			Partitions: []kmsg.OffsetCommitRequestTopicPartition{p}})
	}
	s.start(c.name+" commit", func() string {
		resp := s.send("", a.version(9), req).(*kmsg.OffsetCommitResponse)
		var codes []string
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				codes = append(codes, errorName(p.ErrorCode))
			}
		}
		return strings.Join(codes, " ")
	})
	return nil
}

func (s *scenario) idOf(topic string) kafka.TopicID {
	if t := s.image.Topics[topic]; t != nil {
		return t.ID
	}
	return kafka.TopicID{0xff}
}

func (s *scenario) fetch(a args) []string {
	group := kmsg.NewOffsetFetchRequestGroup()
	group.Group = a.group()
	for _, tp := range sorted(a.partitions()) {
		group.Topics = append(group.Topics, kmsg.OffsetFetchRequestGroupTopic{Topic: tp.Topic, TopicID: s.idOf(tp.Topic), Partitions: []int32{tp.Partition}})
	}
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Groups = append(req.Groups, group)
	s.start("fetch", func() string {
		resp := s.send("", a.version(9), req).(*kmsg.OffsetFetchResponse).Groups[0]
		if resp.ErrorCode != 0 {
			return errorName(resp.ErrorCode)
		}
		var all []string
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				one := fmt.Sprintf("%s/%d=%d", t.Topic, p.Partition, p.Offset)
				if p.ErrorCode != 0 {
					one += " " + errorName(p.ErrorCode)
				}
				all = append(all, one)
			}
		}
		return cmp.Or(strings.Join(all, " "), "nothing")
	})
	return nil
}

func (s *scenario) describe(a args) []string {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.Groups = []string{a.group()}
	s.start("describe", func() string {
		g := s.send("", a.version(6), req).(*kmsg.DescribeGroupsResponse).Groups[0]
		text := fmt.Sprintf("%s type=%q protocol=%q", g.State, g.ProtocolType, g.Protocol)
		if g.ErrorCode != 0 {
			text = errorName(g.ErrorCode) + " " + text
		}
		for _, m := range g.Members {
			text += fmt.Sprintf(" [%s %s metadata=%d assignment=%q]", m.MemberID, m.ClientID, len(m.ProtocolMetadata), m.MemberAssignment)
		}
		return text
	})
	return nil
}

func (s *scenario) list(a args) []string {
	req := kmsg.NewPtrListGroupsRequest()
	if f := a.string("states", ""); f != "" {
		req.StatesFilter = strings.Split(f, ",")
	}
	if f := a.string("types", ""); f != "" {
		req.TypesFilter = strings.Split(f, ",")
	}
	s.start("list", func() string {
		resp := s.send("", a.version(5), req).(*kmsg.ListGroupsResponse)
		if resp.ErrorCode != 0 {
			return errorName(resp.ErrorCode)
		}
		var all []string
		for _, g := range resp.Groups {
			all = append(all, fmt.Sprintf("%s %s %s %q", g.Group, g.GroupType, g.GroupState, g.ProtocolType))
		}
		return cmp.Or(strings.Join(all, "; "), "nothing")
	})
	return nil
}

func (s *scenario) delete(a args) []string {
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Groups = []string{a.group()}
	s.start("delete", func() string {
		g := s.send("", a.version(3), req).(*kmsg.DeleteGroupsResponse).Groups[0]
		if g.ErrorMessage != nil {
			return errorName(g.ErrorCode) + ": " + *g.ErrorMessage
		}
		return errorName(g.ErrorCode)
	})
	return nil
}

func (s *scenario) deleteOffsets(a args) []string {
	req := kmsg.NewPtrOffsetDeleteRequest()
	req.Group = a.group()
	for _, tp := range sorted(a.partitions()) {
		req.Topics = append(req.Topics, kmsg.OffsetDeleteRequestTopic{Topic: tp.Topic,
			Partitions: []kmsg.OffsetDeleteRequestTopicPartition{{Partition: tp.Partition}}})
	}
	s.start("delete-offsets", func() string {
		resp := s.send("", 0, req).(*kmsg.OffsetDeleteResponse)
		text := errorName(resp.ErrorCode)
		for _, t := range resp.Topics {
			text += fmt.Sprintf(" [%s/%d %s]", t.Topic, t.Partitions[0].Partition, errorName(t.Partitions[0].ErrorCode))
		}
		return text
	})
	return nil
}
