package hostile_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
	"golang.org/x/sys/unix"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// cable is a link to a network of its own, which can be cut: what is sent is lost then, and no side is told.
type cable struct {
	t      *testing.T
	name   string // of the network namespace, and of both ends
	space  *os.File
	broker string // address of the end that the broker is at
}

// newCable lays a cable. The test is skipped where that is not allowed.
func newCable(t *testing.T) *cable {
	t.Helper()
	id := rand.IntN(1 << 16)
	c := &cable{t: t, name: fmt.Sprintf("jackdaw%x", id), broker: fmt.Sprintf("10.%d.%d.1", 64+id>>12, id&0xff)}
	near, far := c.name+"a", c.name+"b"
	if out, err := exec.Command("ip", "netns", "add", c.name).CombinedOutput(); err != nil {
		t.Skipf("peers can't be made to vanish here (it takes root and ip of iproute2): %v %s", err, out)
	}
	t.Cleanup(func() { c.ip("netns", "del", c.name) }) // both ends go with it
	c.ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", c.name)
	c.ip("address", "add", c.broker+"/30", "dev", near)
	c.ip("link", "set", near, "up")
	c.ip("-n", c.name, "address", "add", c.broker[:len(c.broker)-1]+"2/30", "dev", far)
	c.ip("-n", c.name, "link", "set", far, "up")
	var err error
	if c.space, err = os.Open("/var/run/netns/" + c.name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.space.Close() })
	return c
}

func (c *cable) ip(args ...string) {
	c.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		c.t.Fatalf("ip %v: %v %s", args, err, out)
	}
}

// cut makes everybody at the far end vanish.
func (c *cable) cut() {
	c.t.Helper()
	c.ip("-n", c.name, "link", "set", c.name+"b", "down")
}

// dial connects from the far end. A socket stays in the network that its thread was in when it was made.
func (c *cable) dial(port string) *wire {
	c.t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	home, err := os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = home.Close() }()
	if err := unix.Setns(int(c.space.Fd()), unix.CLONE_NEWNET); err != nil {
		c.t.Fatal(err)
	}
	nc, err := net.DialTimeout("tcp", net.JoinHostPort(c.broker, port), hang)
	if back := unix.Setns(int(home.Fd()), unix.CLONE_NEWNET); back != nil {
		panic("the thread cannot go home: " + back.Error()) // what runs on it next would be lost
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = nc.Close() })
	return &wire{Conn: nc}
}

// eventually waits for a condition.
func eventually(t *testing.T, limit time.Duration, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Errorf("waited in vain until %s", what)
			return
		}
	}
}

// vanishing are what clients were at when they vanished: from an idle connection to half a frame and answers that they did
// not read. Each begins and leaves the broker with that.
func vanishing(t *testing.T) map[string]func(w *wire) {
	send := func(w *wire, b []byte) {
		_ = w.SetWriteDeadline(time.Now().Add(300 * time.Millisecond)) // the broker does not read while its memory is spent
		_, _ = w.Write(b)
	}
	return map[string]func(w *wire){
		"silent": func(*wire) {},
		"idle": func(w *wire) {
			if _, err := w.request(apiVersions(3)); err != nil {
				t.Error(err)
			}
		},
		"half a small request":      func(w *wire) { b := w.frame(apiVersions(3)); send(w, b[:len(b)/2]) },
		"half a large request":      func(w *wire) { send(w, announce(w, 90<<20, 2<<20)) },
		"half a usual request":      func(w *wire) { send(w, announce(w, 1<<20, 512<<10)) },
		"answers that nobody reads": func(w *wire) { send(w, w.frame(everyPartition(12, victimTopic, 1, 0))) },
		"a long poll":               func(w *wire) { send(w, w.frame(fetchRequest(victimTopic, 1, 2000, 1<<30))) },
	}
}

// start starts a broker that also listens at its end of the cable, and returns the port there. env is added to its settings.
func (c *cable) start(t *testing.T, env ...string) (b *process.Broker, port string) {
	t.Helper()
	_, port, err := net.SplitHostPort(process.FreeAddr(t))
	if err != nil {
		t.Fatal(err)
	}
	return process.StartEnv(t, append([]string{
		"JACKDAW_LISTENERS=PLAINTEXT://{addr},CABLE://" + net.JoinHostPort(c.broker, port),
		"JACKDAW_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CABLE:PLAINTEXT",
		"JACKDAW_LOG_DIRS={dir}", "JACKDAW_JACKDAW_ADMIN_LISTENER={admin}", fmt.Sprint("JACKDAW_QUEUED_MAX_REQUEST_BYTES=", queued),
	}, env...)...), port
}

// Clients that vanish without a word: no FIN, no reset, no answer to anything. Their connections end and give back what they
// held, a member of a group is expelled when its session ends, and others get through all the while.
func TestPeersThatVanish(t *testing.T) {
	c := newCable(t)
	const idle = 6 * time.Second
	b, port := c.start(t, fmt.Sprint("JACKDAW_CONNECTIONS_MAX_IDLE_MS=", idle.Milliseconds()),
		"JACKDAW_GROUP_MIN_SESSION_TIMEOUT_MS=500", "JACKDAW_GROUP_INITIAL_REBALANCE_DELAY_MS=0")
	tg := besiege(t, b, idle/4)
	tg.fillVictim(20 << 20)
	opened := 0
	var running sync.WaitGroup // all at once: the first must not be idle for too long before the cable is cut
	for _, begin := range vanishing(t) {
		for range scale(10, 60) {
			w := c.dial(port)
			running.Go(func() { begin(w) })
			opened++
		}
	}
	running.Wait()
	if n := tg.metric("jackdaw_network_connections"); n < float64(opened) {
		t.Errorf("%v connections, %d were opened", n, opened)
	}
	eventually(t, hang, "half requests hold memory", func() bool { return tg.metric("jackdaw_network_request_memory_bytes") > queued/4 })
	join(t, c.dial(port), "vanishing")
	if n := membersOf(tg, "vanishing"); n != 1 {
		t.Errorf("%d members before the cable is cut", n)
	}
	c.cut()

	tg.passes("beside clients that vanished")
	eventually(t, hang, "the member is expelled", func() bool { return membersOf(tg, "vanishing") == 0 })
	const others = 40 // those of the canary, and ours
	eventually(t, 3*idle, "their connections end", func() bool { return tg.metric("jackdaw_network_connections") < others })
	eventually(t, hang, "their memory is given back", func() bool { return tg.metric("jackdaw_network_request_memory_bytes") < 1<<20 })
	tg.passes("afterwards")
}

// A request that waits for longer than anybody lives: the operating system notices that its client is gone, after ten
// probes of 15 s.
func TestPeerThatVanishesInALongPoll(t *testing.T) {
	if !full() {
		t.Skip("it takes three minutes: E2E_FULL=1 runs it")
	}
	c := newCable(t)
	b, port := c.start(t)
	tg := besiege(t, b, 10*time.Minute)
	tg.createVictim()
	for range 50 {
		w := c.dial(port)
		w.send(w.frame(fetchRequest(victimTopic, 0, 1<<31-1, 1<<30)))
	}
	c.cut()
	eventually(t, 4*time.Minute, "their connections end", func() bool { return tg.metric("jackdaw_network_connections") < 40 })
}

// passes sends honest requests, small and large, beside those that hold the memory.
func (tg *target) passes(when string) {
	tg.t.Helper()
	for _, size := range []int{100, 500 << 10, 3 << 20} {
		resp, err := tg.connect().request(produceRequest(victimTopic, make([]byte, size)))
		if err != nil {
			tg.t.Errorf("a request of %d bytes %s: %v", size, when, err)
		} else if produceCode(resp) == 0 {
			tg.t.Error("zeros are no records")
		}
	}
}

// join makes a connection the only member of a group.
func join(t *testing.T, w *wire, group string) {
	t.Helper()
	req := joinRequest(group, 3, 1, 10)
	req.SessionTimeoutMillis = 3000
	resp, err := w.request(req)
	if err != nil {
		t.Fatal(err)
	}
	joined := resp.(*kmsg.JoinGroupResponse)
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.SetVersion(2)
	sync.Group, sync.Generation, sync.MemberID = group, joined.Generation, joined.MemberID
	sync.GroupAssignment = []kmsg.SyncGroupRequestGroupAssignment{{MemberID: joined.MemberID}}
	if resp, err = w.request(sync); err != nil || resp.(*kmsg.SyncGroupResponse).ErrorCode != 0 || joined.ErrorCode != 0 {
		t.Fatalf("joining: %+v, %+v, %v", joined, resp, err)
	}
}

// membersOf counts the members of a group.
func membersOf(tg *target, group string) int {
	tg.t.Helper()
	described := tg.ask(describeGroup(group)).(*kmsg.DescribeGroupsResponse).Groups[0]
	if err := kerr.ErrorForCode(described.ErrorCode); err != nil {
		tg.t.Fatal(err)
	}
	return len(described.Members)
}
