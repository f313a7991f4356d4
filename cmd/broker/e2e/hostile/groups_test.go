package hostile_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// joinRequest returns a JoinGroup with n protocols of size bytes each.
func joinRequest(group string, version int16, n, size int) *kmsg.JoinGroupRequest {
	req := kmsg.NewPtrJoinGroupRequest()
	req.SetVersion(version)
	req.Group, req.ProtocolType = group, "consumer"
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = 1_800_000, 1_800_000
	for i := range n {
		p := kmsg.NewJoinGroupRequestProtocol()
		p.Name, p.Metadata = fmt.Sprintf("%x", i), make([]byte, size)
		req.Protocols = append(req.Protocols, p)
	}
	return req
}

// storm sends what next returns, on a few connections at once, n times in total. Each request ends; a closed connection
// is replaced.
func (tg *target) storm(n int, next func(i int) kmsg.Request) {
	tg.t.Helper()
	const senders = 8
	var running sync.WaitGroup
	for first := range senders {
		running.Go(func() {
			var w *wire
			for i := first; i < n; i += senders {
				if w == nil {
					var err error
					if w, err = tg.dial(); err != nil {
						tg.t.Error(err)
						return
					}
				}
				req := next(i)
				w.send(w.frame(req))
				end, b, err := w.receive(hang)
				switch {
				case err != nil:
				case end == silent:
					err = fmt.Errorf("no answer in %v", hang)
				case end == closed:
					_ = w.Close()
					w = nil
				default:
					_, err = decode(req, w.correlation, b)
				}
				if err != nil {
					tg.t.Errorf("%s v%d, request %d: %v", kmsg.NameForKey(req.Key()), req.GetVersion(), i, err)
					break
				}
			}
			if w != nil {
				_ = w.Close()
			}
		})
	}
	running.Wait()
}

// Members with as much metadata as they may have, each in a group of its own, so that each joins at once and stays for
// half an hour.
func TestGroupsWithLargeMetadata(t *testing.T) {
	tg := attack(t)
	tg.storm(scale(300, 4000), func(i int) kmsg.Request {
		return joinRequest(fmt.Sprintf("large-%d", i), 3, 1, 900<<10)
	})
}

// Members without any, in as many groups.
func TestManyGroups(t *testing.T) {
	tg := attack(t)
	tg.storm(scale(5000, 500_000), func(i int) kmsg.Request { return joinRequest(fmt.Sprintf("small-%d", i), 3, 1, 0) })
}

// Members of one group that all want to be in it, make it rebalance again and again, and go away without an answer.
func TestJoinStorm(t *testing.T) {
	tg := attack(t)
	for range scale(2, 5) {
		conns := tg.flood(scale(50, 500), func(w *wire, i int) []byte {
			return w.frame(joinRequest("storm", int16(i%4), 3, 20<<10))
		})
		for _, w := range conns {
			_ = w.Close()
		}
	}
	// Others can still ask for the group.
	if got := len(tg.ask(describeGroup("storm")).(*kmsg.DescribeGroupsResponse).Groups); got != 1 {
		t.Errorf("%d groups are described", got)
	}
}

func describeGroup(name string) kmsg.Request {
	req := kmsg.NewPtrDescribeGroupsRequest()
	req.SetVersion(5)
	req.Groups = []string{name}
	return req
}

// Member ids that are given out and never used: of many groups, and of one.
func TestPendingMembers(t *testing.T) {
	tg := attack(t)
	tg.storm(scale(5000, 300_000), func(i int) kmsg.Request {
		group := "pending"
		if i%2 == 0 {
			group = fmt.Sprintf("pending-%d", i)
		}
		return joinRequest(group, 9, 1, 10)
	})
}

// Members that know more protocols than there are.
func TestMembersWithManyProtocols(t *testing.T) {
	tg := attack(t)
	for _, n := range []int{1000, 100_000, 400_000} {
		w := tg.connect()
		req := joinRequest("protocols", 3, n, 0)
		w.send(w.frame(req))
		if end, _, err := w.receive(hang); err != nil || end == silent {
			t.Errorf("%d protocols: %v, %v", n, end, err)
		}
	}
}

// Commits of metadata that is too long, of partitions that do not exist, and of many groups.
func TestHostileCommits(t *testing.T) {
	tg := attack(t)
	tg.createVictim()
	for _, size := range []int{4096, 4097, 32_767, 32_768, 1 << 20} {
		resp, err := tg.connect().request(commitRequest("long", 1, strings.Repeat("m", size)))
		want := int16(0)
		if size > 4096 {
			want = kerr.OffsetMetadataTooLarge.Code
		}
		if size > 32_767 { // no string of the protocol is longer
			if err == nil {
				t.Errorf("metadata of %d bytes is answered", size)
			}
			continue
		}
		if err != nil {
			t.Error(err)
		} else if code := resp.(*kmsg.OffsetCommitResponse).Topics[0].Partitions[0].ErrorCode; code != want {
			t.Errorf("metadata of %d bytes: error code %d, want %d", size, code, want)
		}
	}
	tg.storm(scale(8, 60), func(i int) kmsg.Request {
		return commitRequest(fmt.Sprintf("wide-%d", i), scale(100_000, 350_000), "")
	})
	tg.storm(scale(2000, 50_000), func(i int) kmsg.Request { return commitRequest(fmt.Sprintf("simple-%d", i), 1, "") })
}

// commitRequest commits for n partitions of a topic that has two.
func commitRequest(group string, n int, metadata string) *kmsg.OffsetCommitRequest {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.SetVersion(8)
	req.Group, req.Generation = group, -1
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = victimTopic
	for i := range n {
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Metadata = int32(i), &metadata
		topic.Partitions = append(topic.Partitions, p)
	}
	req.Topics = append(req.Topics, topic)
	return req
}
