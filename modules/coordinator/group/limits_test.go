package group_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Every version of every key gets an answer that decodes, here and elsewhere.
func TestAllVersions(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		for _, group := range []string{"g", ""} {
			for range 2 {
				b.router.Each(func(r *api.Route) {
					for version := r.Min; version <= r.Max; version++ {
						if resp := b.send("client", version, fill(kmsg.RequestForKey(r.Key), group)); resp == nil {
							b.t.Errorf("key %d version %d: the connection was closed", r.Key, version)
						}
					}
				})
				b.coord.Resigned(0) // the second time with NOT_COORDINATOR
			}
			b.elect()
		}
	})
}

// fill names a group, a member and partitions in a request.
func fill(req kmsg.Request, group string) kmsg.Request {
	text := kmsg.StringPtr("text")
	switch r := req.(type) {
	case *kmsg.OffsetCommitRequest:
		r.Group, r.Topics = group, []kmsg.OffsetCommitRequestTopic{{Topic: "orders", TopicID: orders,
			Partitions: []kmsg.OffsetCommitRequestTopicPartition{{Partition: 1, Metadata: text}}}}
	case *kmsg.OffsetFetchRequest:
		r.Group, r.Topics = group, []kmsg.OffsetFetchRequestTopic{{Topic: "orders", Partitions: []int32{0}}}
		r.Groups = []kmsg.OffsetFetchRequestGroup{{Group: group}}
	case *kmsg.JoinGroupRequest: // an unknown member, so that nothing waits
		r.Group, r.MemberID, r.SessionTimeoutMillis, r.ProtocolType = group, "m", 6000, "consumer"
		r.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range"}}
	case *kmsg.SyncGroupRequest:
		r.Group, r.MemberID = group, "m"
	case *kmsg.HeartbeatRequest:
		r.Group, r.MemberID = group, "m"
	case *kmsg.LeaveGroupRequest:
		r.Group, r.MemberID, r.Members = group, "m", []kmsg.LeaveGroupRequestMember{{MemberID: "m"}}
	case *kmsg.DescribeGroupsRequest:
		r.Groups, r.IncludeAuthorizedOperations = []string{group}, true
	case *kmsg.DeleteGroupsRequest:
		r.Groups = []string{group}
	case *kmsg.OffsetDeleteRequest:
		r.Group, r.Topics = group, []kmsg.OffsetDeleteRequestTopic{{Topic: "orders", Partitions: []kmsg.OffsetDeleteRequestTopicPartition{{}}}}
	}
	return req
}

// The routes are those of Kafka 4.4, without the keys of KIP-848.
func TestRoutes(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		var got []string
		b.router.Each(func(r *api.Route) { got = append(got, fmt.Sprintf("%d:%d-%d", r.Key, r.Min, r.Max)) })
		const want = "8:2-10 9:1-10 11:0-9 12:0-4 13:0-5 14:0-5 15:0-6 16:0-5 42:0-3 47:0-0"
		if s := strings.Join(got, " "); s != want {
			b.t.Errorf("routes %s, want %s", s, want)
		}
	})
}

// The empty group id is for offsets and administrators only.
func TestEmptyGroupID(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		for _, c := range []struct {
			what string
			code int16
			want kafka.ErrorCode
		}{
			{"JoinGroup", b.sendMax(fill(kmsg.NewPtrJoinGroupRequest(), "")).(*kmsg.JoinGroupResponse).ErrorCode, kafka.InvalidGroupID},
			{"SyncGroup", b.send("", 4, fill(kmsg.NewPtrSyncGroupRequest(), "")).(*kmsg.SyncGroupResponse).ErrorCode, kafka.InvalidGroupID},
			{"Heartbeat", b.sendMax(fill(kmsg.NewPtrHeartbeatRequest(), "")).(*kmsg.HeartbeatResponse).ErrorCode, kafka.InvalidGroupID},
			{"LeaveGroup", b.sendMax(fill(kmsg.NewPtrLeaveGroupRequest(), "")).(*kmsg.LeaveGroupResponse).ErrorCode, kafka.InvalidGroupID},
			{"OffsetDelete", b.sendMax(fill(kmsg.NewPtrOffsetDeleteRequest(), "")).(*kmsg.OffsetDeleteResponse).ErrorCode, kafka.InvalidGroupID},
			{"DeleteGroups", b.sendMax(fill(kmsg.NewPtrDeleteGroupsRequest(), "")).(*kmsg.DeleteGroupsResponse).Groups[0].ErrorCode, kafka.GroupIDNotFound},
			{"OffsetCommit", b.commit("", "orders", 0, 3), kafka.NoError},
			{"OffsetFetch", b.fetch("", []string{"orders"}).ErrorCode, kafka.NoError},
			{"SyncGroup without a protocol", b.send("", 5, fill(kmsg.NewPtrSyncGroupRequest(), "")).(*kmsg.SyncGroupResponse).ErrorCode, kafka.InconsistentGroupProtocol},
		} {
			if c.code != int16(c.want) {
				b.t.Errorf("%s: %v, want %v", c.what, kafka.ErrorCode(c.code), c.want)
			}
		}
		if got := b.offset(""); got != 3 {
			b.t.Errorf("offset %d of the group with the empty id", got)
		}
	})
}

// LeaveGroup before version 3 has one error; later ones have none for the whole of a group that is unknown.
func TestLeaveOfAnUnknownGroup(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		old := b.send("", 2, fill(kmsg.NewPtrLeaveGroupRequest(), "g")).(*kmsg.LeaveGroupResponse)
		if old.ErrorCode != int16(kafka.UnknownMemberID) {
			b.t.Errorf("version 2: %v", kafka.ErrorCode(old.ErrorCode))
		}
		resp := b.send("", 3, fill(kmsg.NewPtrLeaveGroupRequest(), "g")).(*kmsg.LeaveGroupResponse)
		if resp.ErrorCode != 0 || resp.Members[0].ErrorCode != int16(kafka.UnknownMemberID) {
			b.t.Errorf("version 3: %+v", resp)
		}
	})
}

// What cannot be parsed, strings that Kafka's could not be, and bodies that would take gigabytes close the connection.
func TestBadRequestsCloseTheConnection(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		long := strings.Repeat("x", 32768)
		join := fill(kmsg.NewPtrJoinGroupRequest(), "g").(*kmsg.JoinGroupRequest)
		join.Protocols[0].Name = long
		if resp := b.send("", 9, join); resp != nil {
			b.t.Errorf("JoinGroup with a long protocol name: %+v", resp)
		}
		for _, req := range []kmsg.Request{fill(kmsg.NewPtrJoinGroupRequest(), long), fill(kmsg.NewPtrOffsetCommitRequest(), long)} {
			if resp := b.send("", 9, req); resp != nil {
				b.t.Errorf("key %d with a long group id: %+v", req.Key(), resp)
			}
		}
		for _, call := range []*api.Call{
			{Key: 11, Version: 9, Body: []byte{1, 2, 3}},
			{Key: 42, Version: 3, Body: []byte{0, 0xff, 0xff, 0xff, 0xff, 0xf}}, // four billion tags
			{Key: 15, Version: 6, Body: (&kmsg.DescribeGroupsRequest{Version: 6, Groups: make([]string, 9<<20)}).AppendTo(nil)},
		} {
			b.router.Serve(call)
			if !call.Response.Close || len(call.Response.Body) != 0 {
				b.t.Errorf("garbage for key %d: %+v", call.Key, call.Response)
			}
		}
	})
}

// More metadata than could be stored with the group is refused before it takes memory.
func TestLargeMemberMetadata(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		join := fill(kmsg.NewPtrJoinGroupRequest(), "g").(*kmsg.JoinGroupRequest)
		join.MemberID = ""
		join.Protocols[0].Metadata = make([]byte, 2<<20)
		if code := b.sendMax(join).(*kmsg.JoinGroupResponse).ErrorCode; code != int16(kafka.MessageTooLarge) {
			b.t.Errorf("%v", kafka.ErrorCode(code))
		}
	})
}

// Member ids that nobody comes back with are bounded; their owners are told to try again later.
func TestPendingMembersAreBounded(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		join := fill(kmsg.NewPtrJoinGroupRequest(), "g").(*kmsg.JoinGroupRequest)
		join.MemberID = ""
		for i := range 10001 {
			want := kafka.MemberIDRequired
			if i == 10000 {
				want = kafka.CoordinatorNotAvailable
			}
			if code := b.sendMax(join).(*kmsg.JoinGroupResponse).ErrorCode; code != int16(want) {
				b.t.Fatalf("join %d: %v", i, kafka.ErrorCode(code))
			}
		}
	})
}

// The longest client and instance ids still make member ids that records can hold.
func TestLongestIDs(t *testing.T) {
	long := strings.Repeat("é", 32767/2) + "x"
	for _, instance := range []*string{nil, &long} {
		run(t, testConfig(), func(b *broker) {
			join := fill(kmsg.NewPtrJoinGroupRequest(), "g").(*kmsg.JoinGroupRequest)
			join.MemberID, join.InstanceID = "", instance
			version := int16(9)
			if instance == nil {
				version = 3
			}
			resp := b.send(long, version, join).(*kmsg.JoinGroupResponse)
			if resp.ErrorCode != 0 || len(resp.MemberID) > 32767 {
				b.t.Fatalf("%v, a member id of %d bytes", kafka.ErrorCode(resp.ErrorCode), len(resp.MemberID))
			}
			sync := fill(kmsg.NewPtrSyncGroupRequest(), "g").(*kmsg.SyncGroupRequest)
			sync.MemberID, sync.Generation, sync.GroupAssignment = resp.MemberID, 1, nil
			if code := b.send(long, 3, sync).(*kmsg.SyncGroupResponse).ErrorCode; code != 0 {
				b.t.Fatal(kafka.ErrorCode(code))
			}
			b.coord.Resigned(0)
			b.elect()
			beat := fill(kmsg.NewPtrHeartbeatRequest(), "g").(*kmsg.HeartbeatRequest)
			beat.MemberID, beat.Generation = resp.MemberID, 1
			if code := b.sendMax(beat).(*kmsg.HeartbeatResponse).ErrorCode; code != 0 {
				b.t.Errorf("after a reload: %v", kafka.ErrorCode(code))
			}
		})
	}
}

// Members of any number of groups take memory until there is no room for another one, and give it back when they are gone.
func TestMembersOfAllGroupsAreBounded(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		joinLarge := func(i int) kafka.ErrorCode {
			join := fill(kmsg.NewPtrJoinGroupRequest(), fmt.Sprint("g", i)).(*kmsg.JoinGroupRequest)
			join.MemberID, join.Protocols[0].Metadata = "", make([]byte, 1<<20-1000)
			return kafka.ErrorCode(b.send("client", 3, join).(*kmsg.JoinGroupResponse).ErrorCode)
		}
		joined := 0
		for ; joined < 1000; joined++ {
			if code := joinLarge(joined); code != kafka.NoError {
				if code != kafka.CoordinatorNotAvailable {
					b.t.Errorf("the member that is too many: %v", code)
				}
				break
			}
		}
		if joined < 120 || joined > 130 {
			b.t.Errorf("%d members of a megabyte each", joined)
		}
		time.Sleep(10 * time.Minute) // of the bubble: their sessions end
		if code := joinLarge(joined); code != kafka.NoError {
			b.t.Errorf("after their sessions: %v", code)
		}
	})
}

// Members of one group take memory until their metadata could not be stored together any more.
func TestMembersOfOneGroupAreBounded(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		const members = 20
		refused := make(chan kafka.ErrorCode, members)
		for range members {
			join := fill(kmsg.NewPtrJoinGroupRequest(), "g").(*kmsg.JoinGroupRequest)
			join.MemberID, join.Protocols[0].Metadata = "", make([]byte, 1<<20-1000)
			go func() {
				if code := b.send("client", 3, join).(*kmsg.JoinGroupResponse).ErrorCode; code != 0 {
					refused <- kafka.ErrorCode(code)
				}
			}()
			synctest.Wait()
		}
		if n := members - len(refused); n != 16 {
			b.t.Errorf("%d members of a megabyte each", n)
		}
		for range len(refused) {
			if code := <-refused; code != kafka.GroupMaxSizeReached {
				b.t.Errorf("the member that is too many: %v", code)
			}
		}
	})
}

// A member that knows very many protocols is compared with itself in a time that grows with them, not with their square.
func TestManyProtocols(t *testing.T) {
	run(t, testConfig(), func(b *broker) {
		join := fill(kmsg.NewPtrJoinGroupRequest(), "g").(*kmsg.JoinGroupRequest)
		join.MemberID, join.Protocols = "", make([]kmsg.JoinGroupRequestProtocol, 100_000)
		if code := b.send("client", 3, join).(*kmsg.JoinGroupResponse).ErrorCode; code != int16(kafka.MessageTooLarge) {
			b.t.Errorf("100,000 protocols without a name: %v", kafka.ErrorCode(code))
		}
		join.Protocols = make([]kmsg.JoinGroupRequestProtocol, 10_000)
		for i := range join.Protocols {
			join.Protocols[i].Name = fmt.Sprint(i)
		}
		if code := b.send("client", 3, join).(*kmsg.JoinGroupResponse).ErrorCode; code != 0 {
			b.t.Errorf("10,000 protocols: %v", kafka.ErrorCode(code))
		}
	})
}
