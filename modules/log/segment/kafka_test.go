package segment_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// testdata/kafka is a log directory that Apache Kafka 4.3.1 left after a clean shutdown, but for its metadata log:
// orders-0 with internal.segment.bytes=20000 and index.interval.bytes=300, and compacted-0 with 6000 and 300, which Kafka
// has compacted. testdata/kafka-before is compacted-0 before that.

const kafkaCluster = "fl7vQqZBS8-F1SMOiTcmfg"

// load copies a directory of testdata into memory, leaving out the files whose names have a given suffix.
func load(t *testing.T, from string, without ...string) *vfs.Mem {
	t.Helper()
	disk := vfs.NewMem()
	tree := os.DirFS(from)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		for _, suffix := range without {
			if strings.HasSuffix(name, suffix) {
				return nil
			}
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		name = path.Join("/data", name)
		if err := disk.MkdirAll(path.Dir(name)); err != nil {
			return err
		}
		return writeTo(disk, name, data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return disk
}

func writeTo(disk vfs.FS, name string, data []byte) error {
	f, err := disk.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		return err
	}
	return f.Close()
}

func readFrom(t *testing.T, disk vfs.FS, name string) []byte {
	t.Helper()
	f, err := disk.OpenFile(name, os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		t.Fatal(err)
	}
	data := make([]byte, size)
	if n, _ := f.ReadAt(data, 0); int64(n) != size {
		t.Fatalf("%s: read %d of %d bytes", name, n, size)
	}
	return data
}

func kafkaSettings(segmentBytes int) log.Settings {
	s := logtest.Settings()
	s.SegmentBytes, s.IndexIntervalBytes = segmentBytes, 300
	return s
}

// openFound starts an engine and opens the log of a topic that it found.
func openFound(t *testing.T, disk vfs.FS, topic string, settings log.Settings) (*segment.Engine, log.Log, *partition) {
	t.Helper()
	cfg := segment.DefaultConfig()
	cfg.Dirs, cfg.CleanerBuffer = []string{"/data"}, 1<<20
	e := segment.New(cfg, disk, zaptest.NewLogger(t))
	if err := e.Start(t.Context(), log.Identity{NodeID: 1, ClusterID: kafkaCluster}); err != nil {
		t.Fatal(err)
	}
	l, host := openTopic(t, e, topic, settings)
	return e, l, host
}

// openTopic opens the log of a topic that Start found.
func openTopic(t *testing.T, e *segment.Engine, topic string, settings log.Settings) (log.Log, *partition) {
	t.Helper()
	for _, found := range e.Found() {
		if found.TopicPartition.Topic != topic {
			continue
		}
		host := &partition{}
		l, err := e.Open(t.Context(), log.Spec{TopicPartition: found.TopicPartition, TopicID: found.TopicID, Settings: settings}, host)
		if err != nil {
			t.Fatal(err)
		}
		return l, host
	}
	t.Fatalf("%s was not found", topic)
	return nil, nil
}

// batchesOf reads a whole log.
func batchesOf(t *testing.T, l log.Log) (list []record.Batch) {
	t.Helper()
	s := l.Status()
	for offset := s.StartOffset; offset < s.EndOffset; {
		e, err := l.Read(log.ReadRequest{Offset: offset, MaxBytes: 1 << 20, MinOne: true, Before: s.EndOffset})
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, e.Len())
		if len(data) == 0 {
			return list
		}
		if _, err := e.ReadAt(data, 0); err != nil {
			t.Fatalf("read at %d: %v", offset, err)
		}
		e.Release()
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

var ordersFiles = []string{
	"00000000000000000000.log", "00000000000000000000.index", "00000000000000000000.timeindex",
	"00000000000000000217.log", "00000000000000000217.index", "00000000000000000217.timeindex",
}

// wantOrders compares the files of orders-0 with Kafka's.
func wantOrders(t *testing.T, disk vfs.FS) {
	t.Helper()
	for _, name := range ordersFiles {
		want, err := os.ReadFile(path.Join("testdata/kafka/orders-0", name))
		if err != nil {
			t.Fatal(err)
		}
		if got := readFrom(t, disk, "/data/orders-0/"+name); !bytes.Equal(got, want) {
			t.Errorf("%s differs from Kafka's: %d bytes, want %d", name, len(got), len(want))
		}
	}
}

// TestKafkaDirectory opens Kafka's directory: as it is, after a crash, and without indexes. Whatever had to be rebuilt is
// as Kafka wrote it.
func TestKafkaDirectory(t *testing.T) {
	f := func(name string, without ...string) {
		t.Run(name, func(t *testing.T) {
			disk := load(t, "testdata/kafka", without...)
			if strings.Contains(name, "preallocated") { // as Kafka's are while it runs
				for suffix, size := range map[string]int{"index": 10485760, "timeindex": 10485756} {
					if err := writeTo(disk, "/data/orders-0/00000000000000000217."+suffix, make([]byte, size)); err != nil {
						t.Fatal(err)
					}
				}
			}
			e, l, _ := openFound(t, disk, "orders", kafkaSettings(20000))
			s := l.Status()
			if s.StartOffset != 0 || s.EndOffset != 234 || s.Segments != 2 || s.SizeBytes != 19417+2440 {
				t.Errorf("status %+v", s)
			}
			if n := len(batchesOf(t, l)); n != 60 {
				t.Errorf("%d batches, want 60", n)
			}
			at, err := l.Lookup(t.Context(), 1760000000000+100*37*1000)
			if err != nil || at.Offset != 100 || at.Timestamp != 1760003700000 {
				t.Errorf("lookup: %+v, %v", at, err)
			}
			stop(t, e)
			wantOrders(t, disk)
		})
	}
	f("clean", "nothing")
	f("crash", ".kafka_cleanshutdown")
	f("crash without checkpoint", ".kafka_cleanshutdown", "recovery-point-offset-checkpoint")
	f("clean without indexes", "index")
	f("crash without indexes", ".kafka_cleanshutdown", "index")
	f("crash with preallocated indexes", ".kafka_cleanshutdown", "0217.index", "0217.timeindex")
	f("only the batches", ".kafka_cleanshutdown", "index", "checkpoint", ".snapshot")
}

// TestSameFilesAsKafka appends what Kafka had appended and compares every byte of the segments.
func TestSameFilesAsKafka(t *testing.T) {
	e, l, _ := openFound(t, load(t, "testdata/kafka"), "orders", kafkaSettings(20000))
	batches := batchesOf(t, l)
	stop(t, e)
	disk := vfs.NewMem()
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{"/data"}
	ours := segment.New(cfg, disk, zaptest.NewLogger(t))
	if err := ours.Start(t.Context(), log.Identity{NodeID: 1, ClusterID: kafkaCluster}); err != nil {
		t.Fatal(err)
	}
	id, err := kafka.ParseTopicID("QnZfPgW5QZ2o2M2Yyq2rqg")
	if err != nil {
		t.Fatal(err)
	}
	spec := log.Spec{TopicPartition: tp, TopicID: id, Settings: kafkaSettings(20000)}
	again, err := ours.Open(t.Context(), spec, &partition{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := again.Append(b, infoOf(b)); err != nil {
			t.Fatal(err)
		}
	}
	stop(t, ours)
	wantOrders(t, disk)
	want := "version: 0\ntopic_id: QnZfPgW5QZ2o2M2Yyq2rqg"
	if got := string(readFrom(t, disk, "/data/orders-0/partition.metadata")); got != want {
		t.Errorf("partition.metadata %q, want %q", got, want)
	}
	if got := string(readFrom(t, disk, "/data/recovery-point-offset-checkpoint")); got != "0\n1\norders 0 234\n" {
		t.Errorf("recovery points %q", got)
	}
	if got := string(readFrom(t, disk, "/data/.kafka_cleanshutdown")); got != `{"version":0,"brokerEpoch":-1}` {
		t.Errorf("clean shutdown marker %q", got)
	}
}

// TestSameCompactionAsKafka compacts what Kafka had compacted. Compressors differ and so do the times of the delete
// horizons; everything else is the same.
func TestSameCompactionAsKafka(t *testing.T) {
	e, l, _ := openFound(t, load(t, "testdata/kafka"), "compacted", kafkaSettings(6000))
	want := describe(t, batchesOf(t, l))
	stop(t, e)
	synctest.Test(t, func(t *testing.T) {
		settings := kafkaSettings(6000)
		settings.Compact, settings.Delete, settings.MinDirtyRatio = true, false, 0.01
		e, l, host := openFound(t, load(t, "testdata/kafka-before"), "compacted", settings)
		host.mu.Lock()
		host.bounds = func() log.Bounds { // every batch is of a producer of its own, which Kafka still knew
			return log.Bounds{HighWatermark: 240, FirstUnstable: 240,
				Needed: func(*record.Header) bool { return true }}
		}
		host.mu.Unlock()
		time.Sleep(time.Minute)
		got := describe(t, batchesOf(t, l))
		stop(t, e)
		if got != want {
			t.Errorf("got\n%s\nKafka has\n%s", got, want)
		}
	})
}

// describe writes batches down, but for what may differ between two compactions.
func describe(t *testing.T, batches []record.Batch) string {
	t.Helper()
	var b strings.Builder
	for _, batch := range batches {
		h := batch.Header()
		fmt.Fprintln(&b, h.BaseOffset, h.LastOffset(), h.Count, h.Attributes, h.MaxTimestamp, h.ProducerID, h.BaseSequence)
		rs, err := batch.Records(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		var r record.Record
		for rs.Next(&r) {
			fmt.Fprintln(&b, "  ", h.RecordOffset(&r), h.RecordTimestamp(&r), string(r.Key), len(r.Value), r.Value == nil)
		}
		if err := rs.Err(); err != nil {
			t.Fatal(err)
		}
		rs.Close()
	}
	return b.String()
}
