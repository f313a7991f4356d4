// Package tools_test runs Kafka's command line tools, as links to the real binary, against the real broker, and compares them
// with what Apache Kafka's Java tools printed.
package tools_test

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/kafkatoolstest"
)

// links makes the tools' links and returns their folder.
func links(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if text, err := exec.Command(process.Binary(t), "tools", "link", dir, "--sh").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return dir
}

// runner runs tools through the links in dir. An interrupt that a tool does not obey becomes a kill.
func runner(t *testing.T, dir string) kafkatoolstest.Runner {
	return func(ctx context.Context, args []string, stdin string) kafkatoolstest.Output {
		var out, stderr bytes.Buffer
		tool := exec.CommandContext(ctx, filepath.Join(dir, args[0]), args[1:]...)
		tool.Stdin, tool.Stdout, tool.Stderr = strings.NewReader(stdin), &out, &stderr
		tool.Cancel = func() error { return tool.Process.Signal(syscall.SIGINT) }
		tool.WaitDelay = 20 * time.Second
		err := tool.Run()
		if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited && ctx.Err() == nil {
			t.Errorf("%v: %v", args, err)
		}
		return kafkatoolstest.Output{Exit: tool.ProcessState.ExitCode(), Stdout: out.String(), Stderr: stderr.String()}
	}
}

// Every recorded command, but for those about what the broker does not serve yet: groups of the KIP-848 protocol, quotas, SCRAM
// credentials, transactions.
func TestReplay(t *testing.T) {
	broker := process.Start(t)
	kafkatoolstest.Replay(t, broker.Addr, runner(t, links(t)), func(name string) bool {
		return kafkatoolstest.NeedsConsumerProtocol(name) || kafkatoolstest.NeedsUnservedAPI(name)
	})
}

func TestInterrupt(t *testing.T) {
	broker := process.Start(t)
	run := runner(t, links(t))
	// The tool waits for a topic that never comes, until the context ends it.
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	got := run(ctx, []string{"kafka-console-consumer.sh", "--bootstrap-server", broker.Addr, "--topic", "t"}, "")
	if got.Exit != 130 || got.Stderr != "Processed a total of 0 messages\n" {
		t.Errorf("exit %d: %s", got.Exit, got.Stderr)
	}
}

// A tool that is started together with its broker waits for it.
func TestToolBeforeBroker(t *testing.T) {
	broker := process.Start(t)
	broker.Kill()
	listed := make(chan kafkatoolstest.Output, 1)
	run := runner(t, links(t))
	go func() {
		listed <- run(t.Context(), []string{"kafka-topics", "--bootstrap-server", broker.Addr, "--list"}, "")
	}()
	broker.Restart()
	if got := <-listed; got.Exit != 0 || got.Stdout != "\n" {
		t.Errorf("exit %d: %s%s", got.Exit, got.Stdout, got.Stderr)
	}
}
