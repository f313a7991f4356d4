package segment_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// pairs opens a log whose segments hold two records each, appends six, lets change have its way and retention and compaction
// look. It returns the status and the files then.
func pairs(t *testing.T, change func(l log.Log, host *partition)) (log.Status, []fs.DirEntry) {
	t.Helper()
	disk := vfs.NewMem()
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{"/data"}
	e := segment.New(cfg, disk, zap.NewNop())
	if err := e.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	settings := logtest.Settings()
	settings.SegmentBytes = 2 * len(valueBatch(t, 0, 1, 1, 100))
	host := &partition{}
	l, err := e.Open(t.Context(), specOf(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(6) {
		data := valueBatch(t, i, time.Now().UnixMilli(), 1, 100)
		if err := l.Append(data, infoOf(data)); err != nil {
			t.Fatal(err)
		}
		host.appended(1, i+1)
	}
	change(l, host)
	time.Sleep(6 * time.Minute)
	synctest.Wait()
	status := l.Status()
	entries, err := disk.ReadDir("/data/orders-0")
	if err != nil {
		t.Fatal(err)
	}
	stop(t, e)
	return status, entries
}

// TestDeleteRecordsUpToASegment moves the log start to where a segment ends, and within one.
func TestDeleteRecordsUpToASegment(t *testing.T) {
	for start, want := range map[int64]int{1: 3, 2: 2, 3: 2, 4: 1, 6: 1} {
		synctest.Test(t, func(t *testing.T) {
			status, _ := pairs(t, func(l log.Log, _ *partition) {
				if err := l.AdvanceStart(start); err != nil {
					t.Fatal(err)
				}
			})
			if status.Segments != want || status.StartOffset != start {
				t.Errorf("with the start at %d: %+v, want %d segments", start, status, want)
			}
		})
	}
}

// TestExpiredLogKeepsSnapshot lets all records expire while the partition cannot tell the producer state at the log end:
// the newest snapshot there is stays, and none is made up.
func TestExpiredLogKeepsSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status, entries := pairs(t, func(l log.Log, host *partition) {
			settings := logtest.Settings()
			settings.Retention = time.Minute
			l.Configure(settings)
			if err := l.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			host.mu.Lock()
			defer host.mu.Unlock()
			host.bounds = func() log.Bounds {
				return log.Bounds{HighWatermark: 6, FirstUnstable: 6, ProducerState: func() ([]byte, int64) { return host.state(), 5 }}
			}
		})
		if status.StartOffset != 6 || status.EndOffset != 6 {
			t.Errorf("%+v is left", status)
		}
		var snapshots []string
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".snapshot") {
				snapshots = append(snapshots, entry.Name())
			}
		}
		if !slices.Equal(snapshots, []string{"00000000000000000004.snapshot"}) {
			t.Errorf("snapshots %q", snapshots)
		}
	})
}

// TestCompactedSegmentsKeepTheirSize compacts segments that lose nothing: they are not merged into one that is too large.
func TestCompactedSegmentsKeepTheirSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		status, _ := pairs(t, func(l log.Log, _ *partition) {
			settings := logtest.Settings()
			settings.SegmentBytes = 2 * len(valueBatch(t, 0, 1, 1, 100))
			settings.Compact, settings.Delete, settings.MinDirtyRatio = true, false, 0.01
			l.Configure(settings)
		})
		if status.Segments != 3 {
			t.Errorf("%d segments, want 3", status.Segments)
		}
	})
}

// TestLargeIndex looks up offsets and timestamps in a closed segment whose indexes are larger than what is read at once.
func TestLargeIndex(t *testing.T) {
	settings := logtest.Settings()
	settings.SegmentBytes, settings.IndexIntervalBytes = 1<<20, 0
	e, l, _ := openMem(t, settings, noFault)
	const batches = 1000
	for i := range int64(batches) {
		if i == batches-1 {
			settings.SegmentBytes = 100
			l.Configure(settings)
		}
		data := valueBatch(t, 2*i, 10*i, 2, 10)
		if err := l.Append(data, infoOf(data)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range int64(batches) {
		x, err := l.Read(log.ReadRequest{Offset: 2*i + 1, MaxBytes: 1, MinOne: true, Before: 2 * batches})
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, x.Len())
		if _, err := x.ReadAt(b, 0); err != nil || header(b).BaseOffset != 2*i {
			t.Fatalf("read at %d: %v", 2*i+1, err)
		}
		x.Release()
		if at, err := l.Lookup(t.Context(), 10*i-5); err != nil || at.Offset != 2*i {
			t.Fatalf("lookup of %d: %+v, %v", 10*i-5, at, err)
		}
	}
	stop(t, e)
}

func header(b []byte) record.Header { return record.Batch(b).Header() }
