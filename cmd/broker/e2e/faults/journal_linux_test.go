package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// journalTest is a broker whose metadata alone lies on a disk that will fail.
type journalTest struct {
	t       *testing.T
	b       *process.Broker
	admin   *kadm.Client
	made    []string // topics whose creation was acknowledged
	refused int      // how many creations were refused
}

func startOnDisk(t *testing.T, dir string) *journalTest {
	t.Helper()
	b := process.StartIn(t, filepath.Join(t.TempDir(), "data"), "metadata.log.dir="+dir)
	return &journalTest{t: t, b: b, admin: kadm.NewClient(newClient(t, b.Addr))}
}

// create makes one more topic, with a config that takes room, and returns the error.
func (j *journalTest) create() error {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(j.t.Context(), hang)
	defer cancel()
	name := fmt.Sprintf("topic-%d", len(j.made)+j.refused)
	throttled := strings.Repeat("0:1,", 100) + "0:1"
	_, err := j.admin.CreateTopic(ctx, 1, 1, map[string]*string{"leader.replication.throttled.replicas": &throttled}, name)
	if err != nil {
		j.refused++
		return err
	}
	j.made = append(j.made, name)
	return nil
}

// untilRefused makes topics until the disk takes no more.
func (j *journalTest) untilRefused() {
	j.t.Helper()
	var err error
	for i := 0; err == nil && i < 500; i++ {
		err = j.create()
	}
	if !errors.Is(err, kerr.KafkaStorageError) {
		j.t.Fatalf("CreateTopics on a disk that fails: %v", err)
	}
}

// told checks /readyz, and that two numbers are in the metrics.
func (j *journalTest) told(status int, state telemetry.State, failed int, words ...string) {
	j.t.Helper()
	code, c := component(j.t, j.b, "metadata journal")
	if code != status || c.State != state || len(words) == 0 && c.Error != "" {
		j.t.Errorf("/readyz answers %d with %+v", code, c)
	}
	for _, word := range words {
		if !strings.Contains(c.Error, word) {
			j.t.Errorf("/readyz does not tell of %q: %q", word, c.Error)
		}
	}
	text := metrics(j.t, j.b)
	for _, line := range []string{
		fmt.Sprintf("jackdaw_metadata_journal_failed %d\n", failed),
		fmt.Sprintf("jackdaw_metadata_refused_changes_total %d\n", j.refused),
	} {
		if !strings.Contains(text, line) {
			j.t.Errorf("the metrics do not have %q", line)
		}
	}
}

// kept looks for all topics whose creation was acknowledged.
func (j *journalTest) kept() {
	j.t.Helper()
	ctx, cancel := context.WithTimeout(j.t.Context(), hang)
	defer cancel()
	topics, err := j.admin.ListTopics(ctx)
	must(j.t, err)
	for _, name := range j.made {
		if !topics.Has(name) {
			j.t.Errorf("%s was acknowledged and is gone", name)
		}
	}
}

// TestJournalOnAFullDisk fills the disk of the metadata alone: changes are refused and the rest goes on, until there is
// room again.
func TestJournalOnAFullDisk(t *testing.T) {
	dir := smallDisk(t, "1m")
	j := startOnDisk(t, dir)
	orders := createTopic(t, j.b.Addr, "orders", 1, nil)[0]
	filler := fill(t, dir, 0)
	j.untilRefused()
	j.told(http.StatusOK, telemetry.Ready, 0, dir, "no space left on device", "no restart is needed")
	must(t, tryProduce(t, j.b.Addr, orders))
	must(t, os.Remove(filler))
	must(t, j.create())
	j.told(http.StatusOK, telemetry.Ready, 0)
	j.b.Kill()
	j.b.Restart()
	j.kept()
}

// TestJournalThatCannotBeSynced lets an fsync of the journal fail: only a restart helps, the broker says so, and after it
// everything that was acknowledged is there.
func TestJournalThatCannotBeSynced(t *testing.T) {
	dir, backing := thinDisk(t, "8m")
	j := startOnDisk(t, dir)
	orders := createTopic(t, j.b.Addr, "orders", 1, nil)[0]
	filler := fill(t, backing, 0)
	j.untilRefused()
	j.told(http.StatusServiceUnavailable, telemetry.Failed, 1, dir, "no space left on device", "restart the broker")
	must(t, tryProduce(t, j.b.Addr, orders))
	must(t, os.Remove(filler))
	if err := j.create(); !errors.Is(err, kerr.KafkaStorageError) {
		t.Errorf("a change before the restart: %v", err)
	}
	j.b.Kill()
	j.b.Restart()
	j.kept()
	must(t, j.create())
}
