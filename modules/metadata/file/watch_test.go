package file

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// watched is a controller on a disk whose operations fail as a test asks for.
type watched struct {
	*Controller
	t       *testing.T
	mem     *vfs.Mem
	fail    map[vfs.OpKind]error
	metrics *prometheus.Registry
}

func startWatched(t *testing.T) *watched {
	t.Helper()
	w := &watched{t: t, mem: vfs.NewMem(), fail: map[vfs.OpKind]error{}, metrics: prometheus.NewRegistry()}
	fsys := &vfs.Faulty{FS: w.mem, Hook: func(op vfs.Op) error { return w.fail[op.Kind] }}
	w.Controller = New(Settings{
		FS: fsys, Dir: "data/meta", Configs: config.NewResolver(nil), Log: zap.NewNop(),
		Health: telemetry.NewHealth(), Metrics: w.metrics,
	})
	if err := w.Start(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	return w
}

// create makes a topic, which succeeds or fails as it should.
func (w *watched) create(name string, want kafka.ErrorCode) {
	w.t.Helper()
	topics := []metadata.NewTopic{{Name: name, Partitions: 1, Replicas: -1}}
	if err := w.CreateTopics(w.t.Context(), topics, false)[0].Err; kafka.CodeOf(err) != want {
		w.t.Fatalf("%s: %v, want %s", name, err, want)
	}
}

// expect compares what operators are told.
func (w *watched) expect(state telemetry.State, refused float64, words ...string) {
	w.t.Helper()
	report := w.Health.Report()
	if len(report.Components) != 1 {
		w.t.Fatalf("components %+v", report.Components)
	}
	c := report.Components[0]
	if c.Name != healthJournal || c.State != state || len(words) == 0 && c.Error != "" {
		w.t.Errorf("%+v, want %s", c, state)
	}
	for _, word := range words {
		if !strings.Contains(c.Error, word) {
			w.t.Errorf("%q does not tell of %q", c.Error, word)
		}
	}
	failed := 0.0
	if state == telemetry.Failed {
		failed = 1
	}
	if got := w.metric("jackdaw_metadata_journal_failed"); got != failed {
		w.t.Errorf("the metric of failure is %v, want %v", got, failed)
	}
	if got := w.metric("jackdaw_metadata_refused_changes_total"); got != refused {
		w.t.Errorf("%v refused changes, want %v", got, refused)
	}
}

// metric returns the value of a gauge or counter without labels.
func (w *watched) metric(name string) float64 {
	w.t.Helper()
	families, err := w.metrics.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue() + f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	w.t.Fatalf("no metric %s", name)
	return 0
}

// kept restarts on what is left after a crash and looks for topics that were reported made.
func (w *watched) kept(names ...string) {
	w.t.Helper()
	topics := startOn(w.t, w.mem.CrashClone(nil)).Image().Topics
	for _, name := range names {
		if topics[name] == nil {
			w.t.Errorf("%s was reported made, and is gone", name)
		}
	}
}

// TestFullDiskIsToldAndForgotten lets writes fail for a while.
func TestFullDiskIsToldAndForgotten(t *testing.T) {
	w := startWatched(t)
	w.create("before", kafka.NoError)
	if report := w.Health.Report(); len(report.Components) != 0 {
		t.Errorf("a journal that is well is told of: %+v", report)
	}
	w.fail[vfs.OpWrite] = syscall.ENOSPC
	w.create("refused", kafka.KafkaStorageError)
	w.create("refused", kafka.KafkaStorageError)
	w.expect(telemetry.Ready, 2, "data/meta/metadata.journal", "no space left on device", "no restart is needed")
	clear(w.fail)
	w.create("after", kafka.NoError)
	w.expect(telemetry.Ready, 2)
	w.kept("before", "after")
}

// TestFailuresForGood takes each way in which nobody knows any more what is on the disk: only a restart helps, and it has
// everything that was acknowledged.
func TestFailuresForGood(t *testing.T) {
	for name, broken := range map[string][]vfs.OpKind{
		"sync":               {vfs.OpSync},
		"write and truncate": {vfs.OpWrite, vfs.OpTruncate},
	} {
		t.Run(name, func(t *testing.T) {
			w := startWatched(t)
			w.create("before", kafka.NoError)
			for _, op := range broken {
				w.fail[op] = syscall.EIO
			}
			w.create("refused", kafka.KafkaStorageError)
			clear(w.fail) // nobody believes that
			w.create("refused", kafka.KafkaStorageError)
			w.expect(telemetry.Failed, 2, "data/meta/metadata.journal", "input/output error", "restart the broker")
			w.kept("before")
		})
	}
}

// TestSnapshotsThatFail lets the journal go on growing, until the file that replaces it may be lost.
func TestSnapshotsThatFail(t *testing.T) {
	w := startWatched(t)
	w.journal.snapshot = -minTail // as if that much had been added since the last one
	w.fail[vfs.OpRename] = syscall.ENOSPC
	w.create("a", kafka.NoError)
	w.expect(telemetry.Ready, 0, "takes changes", "no space left on device")
	w.create("b", kafka.NoError)
	w.fail = map[vfs.OpKind]error{vfs.OpSyncDir: syscall.EIO}
	w.create("c", kafka.NoError) // it is in both files
	w.create("d", kafka.KafkaStorageError)
	w.expect(telemetry.Failed, 1, "input/output error", "restart the broker")
	w.kept("a", "b", "c")
}

// TestSnapshotsThatSucceedAgain tells no more of one that failed.
func TestSnapshotsThatSucceedAgain(t *testing.T) {
	w := startWatched(t)
	w.journal.snapshot = -minTail
	w.fail[vfs.OpRename] = errors.New("not now")
	w.create("a", kafka.NoError)
	w.expect(telemetry.Ready, 0, "not now")
	clear(w.fail)
	w.create("b", kafka.NoError)
	w.expect(telemetry.Ready, 0)
	w.kept("a", "b")
}
