package partition_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// markers holds settled-0, a log with transactions that Apache Kafka 4.3.1 closed before its first compaction, and in pass1
// to pass4 what it was after each of four compactions, with 16 records appended between them.
const markers = "../../../modules/log/segment/testdata/kafka-markers"

// TestSameMarkersAsKafka compacts what Kafka had compacted, and appends what was appended to it: transaction markers get
// their delete horizons, and go, in the same compactions.
func TestSameMarkersAsKafka(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := segment.DefaultConfig()
		cfg.Dirs, cfg.CleanerBuffer = []string{"/data"}, 1<<20
		disk := diskOf(t, markers)
		e := segment.New(cfg, disk, zap.NewNop())
		if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
			t.Fatal(err)
		}
		c := newCluster(t, e)
		c.image.Configs[metadata.Resource{Type: metadata.TopicResource, Name: "settled"}] = map[string]string{
			"internal.segment.bytes": "1200", "index.interval.bytes": "100", "cleanup.policy": "compact",
			"min.cleanable.dirty.ratio": "0.001", "delete.retention.ms": "1000",
		}
		c.topic("settled", e.Found()[0].TopicID, 7, 1)
		c.start(nil)
		p := c.partition("settled", 0)
		for pass := 1; pass <= 4; pass++ {
			want := batchesIn(t, filepath.Join(markers, fmt.Sprint("pass", pass)))
			for _, b := range want {
				if h := b.Header(); h.BaseOffset >= p.LogEndOffset() {
					if _, err := p.AppendAsLeader(append([]byte(nil), b...), partition.AppendOptions{Internal: true, LeaderEpoch: kafka.NoEpoch}); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			if got, want := describe(batchesOf(t, p)), describe(want); got != want {
				t.Errorf("after compaction %d:\n%s\nKafka has\n%s", pass, got, want)
			}
			sameFiles(t, abortedFiles(t, disk, "/data/settled-0"), abortedFiles(t, disk, fmt.Sprint("/data/pass", pass)))
		}
		if err := c.set.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// batchesIn reads the segments in a directory.
func batchesIn(t *testing.T, dir string) (list []record.Batch) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", dir, files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range record.Batches(data) {
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, b)
		}
	}
	return list
}

// batchesOf reads a whole partition.
func batchesOf(t *testing.T, p *partition.Partition) (list []record.Batch) {
	t.Helper()
	for offset := p.LogStartOffset(); offset < p.HighWatermark(); {
		var r partition.ReadResult
		if err := p.Read(&partition.ReadRequest{Offset: offset, MaxBytes: 1 << 20, MinOne: true, CurrentEpoch: -1, LastFetchedEpoch: -1}, &r); err != nil {
			t.Fatal(err)
		}
		data := make([]byte, r.Extent.Len())
		if _, err := r.Extent.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
		r.Extent.Release()
		for b, err := range record.Batches(data) {
			if err != nil {
				t.Fatal(err)
			}
			h := b.Header()
			offset = h.LastOffset() + 1
			list = append(list, b)
		}
	}
	return list
}

// describe writes batches down, but for the time of the compaction that is in a delete horizon.
func describe(batches []record.Batch) string {
	var s strings.Builder
	for _, b := range batches {
		h := b.Header()
		fmt.Fprintln(&s, h.BaseOffset, h.LastOffset(), h.Count, h.Attributes, h.MaxTimestamp, h.ProducerID, h.ProducerEpoch, h.BaseSequence)
	}
	return s.String()
}
