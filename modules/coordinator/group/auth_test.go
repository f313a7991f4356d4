package group_test

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// rules is an authorizer that denies what is in it.
type rules map[rule]bool

type rule struct {
	op   auth.Operation
	kind auth.ResourceType
	name string
}

func (r rules) Allowed(_ auth.Principal, _ string, op auth.Operation, t auth.ResourceType, name string) bool {
	return !r[rule{op, t, name}]
}

func (r rules) Enabled() bool { return true }

// Every request asks for its group and its topics.
func TestAuthorization(t *testing.T) {
	denied := rules{
		{auth.Read, auth.Group, "secret"}:                 true,
		{auth.Describe, auth.Group, "secret"}:             true,
		{auth.Delete, auth.Group, "secret"}:               true,
		{auth.Read, auth.Topic, "payments"}:               true,
		{auth.Describe, auth.Topic, "payments"}:           true,
		{auth.Describe, auth.Cluster, auth.ClusterName}:   true,
		{auth.DescribeConfigs, auth.Group, "g"}:           true,
		{auth.AlterConfigs, auth.Group, "someone else's"}: true,
	}
	runAs(t, testConfig(), denied, func(b *broker) {
		expect := func(what string, got int16, want kafka.ErrorCode) {
			b.t.Helper()
			if got != int16(want) {
				b.t.Errorf("%s: %v, want %v", what, kafka.ErrorCode(got), want)
			}
		}
		b.commit("g", "orders", 0, 1)
		b.commit("g", "payments", 0, 1)

		join := kmsg.NewPtrJoinGroupRequest()
		join.Group = "secret"
		expect("JoinGroup", b.sendMax(join).(*kmsg.JoinGroupResponse).ErrorCode, kafka.GroupAuthorizationFailed)
		sync := kmsg.NewPtrSyncGroupRequest()
		sync.Group, sync.Protocol, sync.ProtocolType = "secret", kmsg.StringPtr("p"), kmsg.StringPtr("t")
		expect("SyncGroup", b.sendMax(sync).(*kmsg.SyncGroupResponse).ErrorCode, kafka.GroupAuthorizationFailed)
		beat := kmsg.NewPtrHeartbeatRequest()
		beat.Group = "secret"
		expect("Heartbeat", b.sendMax(beat).(*kmsg.HeartbeatResponse).ErrorCode, kafka.GroupAuthorizationFailed)
		leave := kmsg.NewPtrLeaveGroupRequest()
		leave.Group = "secret"
		expect("LeaveGroup", b.sendMax(leave).(*kmsg.LeaveGroupResponse).ErrorCode, kafka.GroupAuthorizationFailed)
		describe := kmsg.NewPtrDescribeGroupsRequest()
		describe.Groups, describe.IncludeAuthorizedOperations = []string{"secret", "g"}, true
		described := b.sendMax(describe).(*kmsg.DescribeGroupsResponse)
		expect("DescribeGroups", described.Groups[0].ErrorCode, kafka.GroupAuthorizationFailed)
		if got := described.Groups[1].AuthorizedOperations; got != 3400-1<<auth.DescribeConfigs {
			b.t.Errorf("authorized operations %d", got)
		}
		remove := kmsg.NewPtrDeleteGroupsRequest()
		remove.Groups = []string{"secret"}
		expect("DeleteGroups", b.sendMax(remove).(*kmsg.DeleteGroupsResponse).Groups[0].ErrorCode, kafka.GroupAuthorizationFailed)
		offsets := kmsg.NewPtrOffsetDeleteRequest()
		offsets.Group = "secret"
		expect("OffsetDelete", b.sendMax(offsets).(*kmsg.OffsetDeleteResponse).ErrorCode, kafka.GroupAuthorizationFailed)
		offsets.Group = "g"
		offsets.Topics = []kmsg.OffsetDeleteRequestTopic{{Topic: "payments", Partitions: []kmsg.OffsetDeleteRequestTopicPartition{{Partition: 0}}}}
		expect("OffsetDelete of a topic", b.sendMax(offsets).(*kmsg.OffsetDeleteResponse).Topics[0].Partitions[0].ErrorCode, kafka.TopicAuthorizationFailed)

		expect("OffsetCommit", b.commit("secret", "orders", 0, 1), kafka.GroupAuthorizationFailed)
		expect("OffsetCommit of a topic", b.commit("g", "payments", 0, 1), kafka.TopicAuthorizationFailed)
		expect("OffsetFetch", b.fetch("secret", nil).ErrorCode, kafka.GroupAuthorizationFailed)
		expect("OffsetFetch of a topic", b.fetch("g", []string{"payments"}).Topics[0].Partitions[0].ErrorCode, kafka.TopicAuthorizationFailed)
		if all := b.fetch("g", nil); len(all.Topics) != 1 || all.Topics[0].Topic != "orders" {
			b.t.Errorf("all offsets: %+v", all)
		}
	})
}

// Without DESCRIBE on the cluster, ListGroups shows the groups that one may describe.
func TestListGroupsAuthorization(t *testing.T) {
	denied := rules{{auth.Describe, auth.Group, "hidden"}: true}
	count := func(b *broker) int {
		return len(b.sendMax(kmsg.NewPtrListGroupsRequest()).(*kmsg.ListGroupsResponse).Groups)
	}
	runAs(t, testConfig(), denied, func(b *broker) {
		b.commit("g", "orders", 0, 1)
		b.commit("hidden", "orders", 0, 1)
		if n := count(b); n != 2 {
			b.t.Errorf("%d groups with DESCRIBE on the cluster", n)
		}
		denied[rule{auth.Describe, auth.Cluster, auth.ClusterName}] = true
		if n := count(b); n != 1 {
			b.t.Errorf("%d groups without it", n)
		}
	})
}
