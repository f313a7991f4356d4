// Package clients_test runs clients of other languages against the real binary: kcat, kafkajs, confluent-kafka for Python,
// and Apache Kafka's Java tools and Connect. .ci/clients installs them and sets E2E_CLIENTS to the folder; without it
// the tests are skipped and say so.
package clients_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

const limit = 3 * time.Minute

// installed returns a path below the folder of installed clients.
func installed(t testing.TB, name string) string {
	t.Helper()
	dir := os.Getenv("E2E_CLIENTS")
	if dir == "" {
		t.Skip("E2E_CLIENTS is not set: run .ci/clients, or .ci/run, which installs the clients")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("a client is missing: %v", err)
	}
	return path
}

func command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return exec.CommandContext(ctx, name, args...)
}

// run runs a command with text on its standard input and returns what it printed to its standard output.
func run(t testing.TB, cmd *exec.Cmd, input string) string {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s\n%s", strings.Join(cmd.Args, " "), err, out.String(), errs.String())
	}
	return out.String()
}

// runWithRestart runs a script that prints "checkpoint" and waits for a line where it wants the broker killed and back.
func runWithRestart(t *testing.T, b *process.Broker, cmd *exec.Cmd) {
	t.Helper()
	var errs bytes.Buffer
	cmd.Stderr = &errs
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last = lines.Text(); last == "checkpoint" {
			b.Kill()
			b.Restart()
			_, _ = fmt.Fprintln(in)
		}
	}
	if err := cmd.Wait(); err != nil || last != "ok" {
		t.Fatalf("%s: %v, last line %q\n%s", cmd.Args[0], err, last, errs.String())
	}
}

func TestKafkaJS(t *testing.T) {
	script := installed(t, "kafkajs/roundtrip.mjs")
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	runWithRestart(t, b, command(t, "node", script, b.Addr))
}

func TestConfluentPython(t *testing.T) {
	python := installed(t, "python/bin/python")
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	runWithRestart(t, b, command(t, python, "python/roundtrip.py", b.Addr))
}

func TestKcat(t *testing.T) {
	kcat := installed(t, "kcat")
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	var input strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&input, "k%d:value-%d\n", i%5, i)
	}
	run(t, command(t, kcat, "-b", b.Addr, "-P", "-t", "kcat", "-K:", "-X", "enable.idempotence=true", "-z", "snappy"), input.String())
	b.Kill()
	b.Restart()
	run(t, command(t, kcat, "-b", b.Addr, "-P", "-t", "kcat", "-K:", "-X", "acks=all", "-z", "gzip"), input.String())

	got := run(t, command(t, kcat, "-b", b.Addr, "-C", "-t", "kcat", "-e", "-q", "-K:"), "")
	if n := strings.Count(got, "\n"); n != 2000 {
		t.Errorf("kcat read %d messages, want 2000", n)
	}
	first, _, _ := strings.Cut(got, "\n")
	if first != "k0:value-0" {
		t.Errorf("the first message is %q", first)
	}
	if listing := run(t, command(t, kcat, "-b", b.Addr, "-L", "-J"), ""); !strings.Contains(listing, `"topic":"kcat"`) {
		t.Errorf("the listing lacks the topic: %s", listing)
	}
	at := run(t, command(t, kcat, "-b", b.Addr, "-Q", "-t", "kcat:0:-1"), "")
	if !strings.Contains(at, "offset 2000") {
		t.Errorf("the end offset is not 2000: %s", at)
	}
}
