package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/cmd/broker/logdump"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// runBroker runs the binary to its end and returns its exit code and what it printed.
func runBroker(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	var both bytes.Buffer
	cmd := exec.CommandContext(ctx, process.Binary(t), args...)
	cmd.Stdout, cmd.Stderr = &both, &both
	cmd.Dir, cmd.Env = t.TempDir(), []string{}
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), both.String()
	}
	must(t, err)
	return 0, both.String()
}

// verified runs "broker log verify" and expects that nothing is wrong.
func verified(t *testing.T, dirs ...string) {
	t.Helper()
	if code, out := runBroker(t, append([]string{"log", "verify"}, dirs...)...); code != 0 {
		t.Errorf("log verify %v exits with %d:\n%s", dirs, code, out)
	}
}

// produceSegments sends records of 1,000 bytes, one per batch, with a timestamp.
func produceSegments(t *testing.T, addr string, tp kafka.TopicPartition, n int, at time.Time) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	client := newClient(t, addr, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0), kgo.ProducerBatchMaxBytes(1500),
		kgo.ProducerBatchCompression(kgo.NoCompression()))
	defer client.Close()
	for range n {
		r := &kgo.Record{Topic: tp.Topic, Partition: tp.Partition, Timestamp: at, Value: bytes.Repeat([]byte("v"), 1000)}
		if err := client.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
}

// closedSegments returns the .log files of a partition but the last.
func closedSegments(t *testing.T, dir string, tp kafka.TopicPartition) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, tp.String(), "*.log"))
	must(t, err)
	if len(files) < 2 {
		t.Fatalf("%s has no closed segment: %v", tp, files)
	}
	slices.Sort(files)
	return files[:len(files)-1]
}

// TestDamagedByteInAClosedSegment changes one byte on disk: the offline check finds it, a running broker finds it by itself
// and says so, and goes on.
func TestDamagedByteInAClosedSegment(t *testing.T) {
	b := process.Start(t, "jackdaw.log.verify.bytes.per.second=1000000")
	small := "16384"
	places := createTopic(t, b.Addr, "orders", 1, map[string]*string{"internal.segment.bytes": &small})
	produceSegments(t, b.Addr, places[0], 60, time.Now())
	b.Stop()
	verified(t, b.Dir)

	file := closedSegments(t, b.Dir, places[0])[1]
	raw, err := os.ReadFile(file)
	must(t, err)
	raw[len(raw)/2] ^= 0x40
	must(t, os.WriteFile(file, raw, 0o644))

	code, out := runBroker(t, "log", "verify", b.Dir, "--format", "json")
	var list []logdump.Verified
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&list); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	var problems []logdump.Problem
	for _, v := range list {
		problems = append(problems, v.Problems...)
	}
	if code != 1 || len(problems) != 1 || problems[0].File != filepath.Base(file) {
		t.Errorf("log verify exits with %d and finds %+v in %s", code, problems, file)
	}
	if code, out := runBroker(t, "log", "verify", b.Dir); code != 1 || !strings.Contains(out, filepath.Base(file)) {
		t.Errorf("log verify exits with %d and does not name %s:\n%s", code, file, out)
	}

	b.Restart()
	eventually(t, "/readyz tells of the damage", func() bool {
		_, c := component(t, b, "log verification")
		return c.State == telemetry.Ready && strings.Contains(c.Error, file)
	})
	b.Tells("damaged segment")
	if !strings.Contains(metrics(t, b), "jackdaw_log_damaged_segments_total 1") {
		t.Error("no metric tells of the damage")
	}
	if !b.Ready() {
		t.Error("the broker is not ready")
	}
	produceSegments(t, b.Addr, places[0], 1, time.Now())
}

func metrics(t *testing.T, b *process.Broker) string {
	t.Helper()
	resp, err := http.Get("http://" + b.Admin + "/metrics")
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(text)
}

// TestFolderOfANewerFormat is refused as it is.
func TestFolderOfANewerFormat(t *testing.T) {
	b := process.Start(t)
	b.Stop()
	name := filepath.Join(b.Dir, "jackdaw.properties")
	must(t, os.WriteFile(name, []byte("format.version=99\n"), 0o644))
	before := listing(t, b.Dir)
	code, out := runBroker(t, "run", "--set", "log.dirs="+b.Dir, "--set", "listeners=PLAINTEXT://"+b.Addr, "--set", "jackdaw.admin.listener=")
	if code != 1 || !strings.Contains(out, "newer Jackdaw") || !strings.Contains(out, "99") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if after := listing(t, b.Dir); !slices.Equal(before, after) {
		t.Errorf("the refused folder held %q, now %q", before, after)
	}
}

// listing returns the names and sizes of all files below a directory.
func listing(t *testing.T, dir string) (list []string) {
	t.Helper()
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		list = append(list, path)
		return err
	}))
	return list
}

// TestClockJumps gives a broker what it left on disk when its clock was a year ahead, or behind: records and files of
// another time. Retention looks at the records' timestamps, and keeps what they do not let go.
func TestClockJumps(t *testing.T) {
	const year = 365 * 24 * time.Hour
	b := process.Start(t, "log.retention.check.interval.ms=20", "log.cleaner.backoff.ms=20")
	small, hour, all := "16384", "3600000", "9223372036854775807"
	places := createTopic(t, b.Addr, "orders", 1, map[string]*string{"internal.segment.bytes": &small, "retention.ms": &hour,
		"message.timestamp.after.max.ms": &all, "message.timestamp.before.max.ms": &all})
	now := time.Now()
	sent := 0
	for _, at := range []time.Time{now.Add(year), now, now.Add(-year), now.Add(year), now} {
		produceSegments(t, b.Addr, places[0], 30, at)
		sent += 30
	}
	for _, jump := range []time.Duration{year, -year} {
		b.Stop()
		for _, file := range listing(t, filepath.Join(b.Dir, places[0].String())) {
			must(t, os.Chtimes(file, now.Add(jump), now.Add(jump)))
		}
		b.Restart()
		produceSegments(t, b.Addr, places[0], 30, time.Now())
		sent += 30
		pause(t.Context(), 200*time.Millisecond) // ten rounds of retention
		ctx, cancel := context.WithTimeout(t.Context(), hang)
		stored := readAll(ctx, t, b.Addr, places)[places[0]]
		cancel()
		if len(stored) != sent || stored[0].Offset != 0 {
			t.Errorf("with files %v off: %d records from offset %d on, want all %d", jump, len(stored), stored[0].Offset, sent)
		}
	}
	// Behind the records of the future nothing goes. With those deleted, what is a year old does, and nothing else.
	start := startAfterDeleting(t, b.Addr, places[0], 60)
	if start > 90 {
		t.Errorf("the log starts at offset %d: records of today are gone", start)
	}
	b.Stop()
	verified(t, b.Dir)
}

// startAfterDeleting deletes the records below an offset and returns where the log starts once retention has moved it on.
func startAfterDeleting(t *testing.T, addr string, tp kafka.TopicPartition, below int64) (start int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	admin := kadm.NewClient(newClient(t, addr))
	var upTo kadm.Offsets
	upTo.AddOffset(tp.Topic, tp.Partition, below, -1)
	_, err := admin.DeleteRecords(ctx, upTo)
	must(t, err)
	eventually(t, "retention moves the log start", func() bool {
		offsets, err := admin.ListStartOffsets(ctx, tp.Topic)
		must(t, err)
		first, _ := offsets.Lookup(tp.Topic, tp.Partition)
		start = first.Offset
		return start > below
	})
	return start
}
