package group_test

import (
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
)

// one is a client with a group of its own, in a bubble.
func one(t *testing.T, f func(b *broker, c *client)) {
	run(t, testConfig(), func(b *broker) {
		s := &scenario{broker: b, members: map[string]*client{}}
		s.do("join A v=3")
		s.do("sync A assign=A:all")
		f(b, s.client("A"))
	})
}

// encoded returns a call that can be served again and again.
func encoded(version int16, req kmsg.Request) *api.Call {
	req.SetVersion(version)
	return &api.Call{Key: req.Key(), Version: version, Body: req.AppendTo(nil)}
}

func heartbeatOf(c *client) *api.Call {
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.MemberID, req.Generation = "g", c.memberID, c.generation
	return encoded(4, req)
}

func commitOf(c *client) *api.Call {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group, req.MemberID, req.Generation = "g", c.memberID, c.generation
	req.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: "orders", Partitions: []kmsg.OffsetCommitRequestTopicPartition{{Partition: 0}, {Partition: 1}}}}
	return encoded(9, req)
}

// TestAllocations keeps the two requests that consumers send all the time cheap.
func TestAllocations(t *testing.T) {
	one(t, func(b *broker, c *client) {
		for _, g := range []struct {
			what string
			call *api.Call
			most float64
		}{
			{"Heartbeat", heartbeatOf(c), 20},
			{"OffsetCommit of two partitions", commitOf(c), 60},
		} {
			n := testing.AllocsPerRun(100, func() {
				g.call.Response.Reset()
				b.router.Serve(g.call)
			})
			b.t.Logf("%s: %v allocations", g.what, n)
			if n > g.most {
				b.t.Errorf("%s: %v allocations, more than %v", g.what, n, g.most)
			}
		}
		synctest.Wait()
	})
}
