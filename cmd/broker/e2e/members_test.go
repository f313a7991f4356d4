package e2e_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestMembersComeGoAndDie: a second member takes its share, a member that dies without leaving loses its own when its
// session ends, and one that leaves gives it up at once. The survivor reads everything that is produced afterwards.
func TestMembersComeGoAndDie(t *testing.T) {
	b := process.Start(t, "group.min.session.timeout.ms=500")
	createTopic(t, b.Addr, "shared", 4, nil)
	member := func(more ...kgo.Opt) *kgo.Client {
		return newClient(t, b.Addr, append([]kgo.Opt{kgo.ConsumerGroup("family"), kgo.ConsumeTopics("shared"),
			kgo.SessionTimeout(2 * time.Second), kgo.HeartbeatInterval(200 * time.Millisecond),
			kgo.DisableAutoCommit(), kgo.FetchMaxWait(200 * time.Millisecond)}, more...)...)
	}
	survivor := member()
	producer := newClient(t, b.Addr)
	produce(t, producer, numbered("shared", 0, 40))
	if err := survivor.CommitRecords(deadline(t), consume(t, survivor, 40)...); err != nil {
		t.Fatal(err)
	}

	dies := member(kgo.InstanceID("dies")) // a static member does not say goodbye
	awaitMembers(t, b.Addr, "family", 2)
	dies.CloseAllowingRebalance()
	awaitMembers(t, b.Addr, "family", 1)

	leaves := member()
	awaitMembers(t, b.Addr, "family", 2)
	leaves.LeaveGroup()
	awaitMembers(t, b.Addr, "family", 1)

	produce(t, producer, numbered("shared", 40, 40))
	for _, r := range consume(t, survivor, 40) {
		if string(r.Value) < "value-000040" {
			t.Errorf("%s came again", r.Value)
		}
	}
}

// awaitMembers waits until a group is stable with n members.
func awaitMembers(t *testing.T, addr, group string, n int) {
	t.Helper()
	admin := kadm.NewClient(newClient(t, addr))
	ctx := deadline(t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		described, err := admin.DescribeGroups(ctx, group)
		if err != nil {
			t.Fatal(err)
		}
		if g := described[group]; g.State == "Stable" && len(g.Members) == n {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("group %s is %s with %d members, want %d", group, described[group].State, len(described[group].Members), n)
		}
	}
}
