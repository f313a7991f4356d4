package main

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// A log that ends with a transaction marker has no record at its last offset; reading it must end nevertheless.
func TestConsumeEndsBehindTransactions(t *testing.T) {
	addr, must := fakeCluster(t)
	must("", "topic", "create", "t", "-p", "1")
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID("x"), kgo.DefaultProduceTopic("t"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for value, end := range map[string]kgo.TransactionEndTry{"committed": kgo.TryCommit, "aborted": kgo.TryAbort} {
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), kgo.StringRecord(value)).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	if got := must("", "consume", "t", "--isolation", "read_committed"); got != "committed\n" {
		t.Errorf("read_committed: %q", got)
	}
	if got := must("", "consume", "t"); strings.Count(got, "\n") != 2 {
		t.Errorf("read_uncommitted: %q", got)
	}
}

// watchedWriter tells when a text has been written.
type watchedWriter struct {
	mu   sync.Mutex
	all  bytes.Buffer
	text string
	seen func()
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.all.Write(p)
	if strings.Contains(w.all.String(), w.text) {
		w.seen()
	}
	return n, err
}

func TestFollowUntilInterrupted(t *testing.T) {
	addr, must := fakeCluster(t)
	must("", "topic", "create", "t", "-p", "1")
	must("first\n", "produce", "t")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watchedWriter{text: "second\n", seen: cancel}
	var following sync.WaitGroup
	var code int
	following.Go(func() {
		code = execute(ctx, []string{"broker", "consume", "t", "--follow", "-b", addr}, kafkatools.Streams{Out: out, Err: &bytes.Buffer{}})
	})
	must("second\n", "produce", "t")
	following.Wait()
	if got := out.all.String(); got != "first\nsecond\n" || code != exitOK {
		t.Errorf("exit %d: %q", code, got)
	}
}

func TestLogDumpCommand(t *testing.T) {
	const dir = "../../core/record/testdata"
	got := cli(t, "", "log", "dump", dir+"/no-such-file.log")
	if got.code != exitFailed || !strings.Contains(got.stderr, "no-such-file.log") {
		t.Errorf("exit %d: %s", got.code, got.stderr)
	}
}
