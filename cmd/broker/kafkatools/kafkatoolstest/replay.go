package kafkatoolstest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// stepTimeout bounds one command of the scenario.
const stepTimeout = time.Minute

// Replay runs the scenario against a fresh cluster and fails t for every output that differs from its reference. It stops
// the background commands before it returns. leaveOut names references that the cluster can't be held to; nil keeps all.
// Without its groups the background commands are left out too.
func Replay(t *testing.T, bootstrap string, run Runner, leaveOut func(name string) bool) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range InputFiles() {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	steps, err := Steps(bootstrap, dir)
	if err != nil {
		t.Fatal(err)
	}
	background, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for _, step := range steps {
		if leaveOut != nil && leaveOut(step.label()) {
			continue
		}
		if step.Background {
			running.Go(func() { run(background, step.Args, "") })
			waitForMembers(t, bootstrap, step, run)
			continue
		}
		ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
		difference := step.settle(ctx, run)
		cancel()
		if difference != "" {
			t.Errorf("%s: %s\n%s", step.Name, strings.Join(step.Args, " "), difference)
		}
	}
}

// settleTime is how long a question may be repeated until a cluster shows what was changed before: Kafka answers a change before all of
// its parts have it, and these tools are fast enough to notice.
const settleTime = 5 * time.Second

// settle runs the step and returns how its output differs from the reference.
func (s Step) settle(ctx context.Context, run Runner) string {
	for deadline := time.Now().Add(settleTime); ; {
		got := run(ctx, s.Args, s.Stdin)
		if s.Name == "" {
			return ""
		}
		difference := s.Difference(got)
		if difference == "" || !slices.Contains(s.Args, "--describe") || time.Now().After(deadline) {
			return difference
		}
	}
}

// label is the name of the reference, or of the group that a background command joins.
func (s Step) label() string {
	if s.Background {
		return "group " + s.Group
	}
	return s.Name
}

// waitForMembers asks until the group is stable with its members, and has committed an offset for each of their partitions.
func waitForMembers(t *testing.T, bootstrap string, step Step, run Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), stepTimeout)
	defer cancel()
	describe := []string{"kafka-consumer-groups", "--bootstrap-server", bootstrap, "--describe", "--group", step.Group}
	for ctx.Err() == nil {
		state := strings.Fields(run(ctx, append(describe, "--state"), "").Stdout)
		if n := len(state); n < 2 || state[n-1] != strconv.Itoa(step.Members) || state[n-2] != "Stable" {
			continue
		}
		if offsets := run(ctx, describe, "").Stdout; offsets != "" && !strings.Contains(offsets, " -  ") {
			return
		}
	}
	t.Errorf("group %s never had %d members that committed", step.Group, step.Members)
}
