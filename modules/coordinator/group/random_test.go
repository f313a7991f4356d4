package group_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// TestRandomScenarios plays random commands. After each of them the memory of the shard is in order. At the end a
// coordinator that reloads the log knows the same offsets and stable groups, or, if the clients fall silent instead, every
// request is answered.
func TestRandomScenarios(t *testing.T) {
	for name, end := range map[string]func(*scenario) string{"reload": (*scenario).reload, "silence": (*scenario).silence} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				commands := rapid.SliceOfN(rapid.Custom(drawCommand), 1, 80).Draw(rt, "commands")
				if problem := playRandom(t, commands, end); problem != "" {
					rt.Fatalf("%s\n> %s", problem, strings.Join(commands, "\n> "))
				}
			})
		})
	}
}

func drawCommand(t *rapid.T) string {
	name := rapid.SampledFrom([]string{"A", "B", "C", "D"}).Draw(t, "client")
	group := rapid.SampledFrom([]string{"", "", "", " group=h"}).Draw(t, "group")
	protocols := rapid.SampledFrom([]string{"", "", " protocols=range:orders,sticky:orders", " protocols=sticky:payments"}).Draw(t, "protocols")
	switch rapid.IntRange(0, 23).Draw(t, "what") {
	case 0, 1, 2, 3, 4:
		return "join " + name + protocols + group
	case 5:
		return "join " + name + " v=3 id=new" + protocols + group
	case 6:
		return "join " + name + " id=new static=i" + name + protocols + group
	case 7, 8, 9, 10, 11:
		return "sync " + name + " v=3 assign=A:a,B:b,C:c,D:d" + group
	case 12, 13:
		return "heartbeat " + name + group
	case 14, 15:
		return "leave " + name + group
	case 16, 17:
		return fmt.Sprintf("commit %s orders/%d=%d%s", name, rapid.IntRange(0, 3).Draw(t, "partition"), rapid.IntRange(0, 9).Draw(t, "offset"), group)
	case 18:
		return "commit X payments/0=1 gen=-1" + group
	case 19:
		return rapid.SampledFrom([]string{"fail-appends NOT_ENOUGH_REPLICAS", "fail-appends"}).Draw(t, "failure")
	case 20:
		return rapid.SampledFrom([]string{"hold-commits", "release-commits", "restart"}).Draw(t, "log")
	case 21:
		return "delete" + group
	case 22:
		return "delete-offsets orders/0 payments/0" + group
	default:
		return fmt.Sprintf("advance %ds", rapid.SampledFrom([]int{1, 4, 9, 30, 90}).Draw(t, "seconds"))
	}
}

// playRandom returns what is wrong, or "".
func playRandom(t *testing.T, commands []string, end func(*scenario) string) (problem string) {
	cfg := testConfig()
	cfg.MaxSize = 3
	cfg.RetentionCheckInterval, cfg.OffsetsRetention = time.Minute, 10*time.Minute
	run(t, cfg, func(b *broker) {
		s := &scenario{broker: b, members: map[string]*client{}, release: func() {}}
		for _, command := range commands {
			s.do(command)
			if err := b.coord.Check(b.t.Context(), 0); err != nil {
				problem = fmt.Sprintf("after %q: %v", command, err)
				return
			}
		}
		s.release()
		b.log.FailAppends(nil)
		synctest.Wait()
		problem = end(s)
	})
	return problem
}

// silence waits longer than any timeout of a rebalance.
func (s *scenario) silence() string {
	time.Sleep(7 * time.Minute) // virtual
	s.do("describe")
	if len(s.pending) > 0 {
		return "never answered: " + s.pending[0].what
	}
	return ""
}

// reload restarts and asks again for all offsets, and for the groups that were stable.
func (s *scenario) reload() string {
	before := map[string]string{}
	for _, ask := range []string{"fetch group=g", "fetch group=h", "describe group=g", "describe group=h"} {
		answers := s.do(ask)
		if last := answers[len(answers)-1]; strings.HasPrefix(ask, "fetch") || strings.Contains(last, "Stable") {
			before[ask] = last
		}
	}
	s.do("restart")
	for ask, want := range before {
		if got := s.do(ask)[0]; got != want {
			return fmt.Sprintf("%s: reloaded as\n%s\nit was\n%s", ask, got, want)
		}
	}
	return ""
}
