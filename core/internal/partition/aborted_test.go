package partition_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// transactions is a log directory that Apache Kafka 4.3.1 left after a clean shutdown: ledger-0, where two producers take
// turns in committing and aborting transactions that overlap, in five segments.
const transactions = "../../../modules/log/segment/testdata/kafka-transactions"

// openLedger opens a log directory that holds ledger-0 and leads the partition.
func openLedger(t *testing.T, disk vfs.FS) (p *partition.Partition, stop func()) {
	t.Helper()
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{"/data"}
	e := segment.New(cfg, disk, zap.NewNop())
	if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
		t.Fatal(err)
	}
	c := newCluster(t, e)
	c.topic("ledger", e.Found()[0].TopicID, 7, 1)
	c.start(nil)
	return c.partition("ledger", 0), func() {
		t.Helper()
		if err := errors.Join(c.set.Stop(t.Context()), e.Stop(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
}

// committed reads like a read-committed consumer, from an offset on.
func committed(t *testing.T, p *partition.Partition, from int64) (values []string) {
	t.Helper()
	for offset := from; offset < p.LastStableOffset(); {
		var r partition.ReadResult
		err := p.Read(&partition.ReadRequest{Offset: offset, MaxBytes: 500, MinOne: true, Isolation: kafka.ReadCommitted, CurrentEpoch: -1, LastFetchedEpoch: -1}, &r)
		if err != nil {
			t.Fatal(err)
		}
		data := make([]byte, r.Extent.Len())
		if _, err := r.Extent.ReadAt(data, 0); err != nil {
			t.Fatal(err)
		}
		r.Extent.Release()
		aborting := map[kafka.ProducerID]bool{}
		for b, err := range record.Batches(data) {
			if err != nil {
				break // the extent ends inside a batch
			}
			h := b.Header()
			offset = h.LastOffset() + 1
			for len(r.Aborted) > 0 && r.Aborted[0].FirstOffset <= h.LastOffset() {
				aborting[r.Aborted[0].ProducerID] = true
				r.Aborted = r.Aborted[1:]
			}
			if h.IsControl() {
				if m, _, err := record.ParseMarker(b); err == nil && m.Type == record.ControlAbort {
					delete(aborting, h.ProducerID)
				}
				continue
			}
			if h.IsTransactional() && aborting[h.ProducerID] {
				continue
			}
			values = append(values, valuesOf(t, b)...)
		}
	}
	return values
}

func valuesOf(t *testing.T, b record.Batch) (values []string) {
	t.Helper()
	records, err := b.Records(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	var r record.Record
	for records.Next(&r) {
		values = append(values, string(r.Value))
	}
	return values
}

// diskOf copies a directory into memory, but for the files whose names end in one of some suffixes.
func diskOf(t *testing.T, from string, without ...string) *vfs.Mem {
	t.Helper()
	disk := vfs.NewMem()
	tree := os.DirFS(from)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || slices.ContainsFunc(without, func(suffix string) bool { return strings.HasSuffix(name, suffix) }) {
			return err
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		return put(disk, path.Join("/data", name), data)
	})
	if err != nil {
		t.Fatal(err)
	}
	return disk
}

func put(disk vfs.FS, name string, data []byte) error {
	if err := disk.MkdirAll(path.Dir(name)); err != nil {
		return err
	}
	f, err := disk.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(data, 0)
	return errors.Join(err, f.Close())
}

// abortedFiles reads the .txnindex files in a directory that are not empty.
func abortedFiles(t *testing.T, disk vfs.FS, dir string) map[string][]byte {
	t.Helper()
	entries, err := disk.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), ".txnindex") {
			continue
		}
		f, err := disk.OpenFile(path.Join(dir, entry.Name()), os.O_RDONLY)
		if err != nil {
			t.Fatal(err)
		}
		size, err := f.Size()
		data := make([]byte, size)
		if n, _ := f.ReadAt(data, 0); err != nil || int64(n) != size {
			t.Fatalf("%s: %d of %d bytes, %v", entry.Name(), n, size, err)
		}
		_ = f.Close()
		if size > 0 {
			files[entry.Name()] = data
		}
	}
	return files
}

// sameFiles compares files with Kafka's.
func sameFiles(t *testing.T, got, want map[string][]byte) {
	t.Helper()
	for name := range want {
		if !bytes.Equal(got[name], want[name]) {
			t.Errorf("%s is %x, Kafka's %x", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lists of aborted transactions, Kafka has %d", len(got), len(want))
	}
}

// TestAbortedTransactionsOfKafka opens Kafka's directory: as it is, after a crash, and without or with damaged lists of
// aborted transactions. No consumer sees what was aborted, and the lists become what Kafka wrote.
func TestAbortedTransactionsOfKafka(t *testing.T) {
	want := abortedFiles(t, diskOf(t, transactions), "/data/ledger-0")
	f := func(name string, change func(disk vfs.FS) error, without ...string) {
		t.Run(name, func(t *testing.T) {
			disk := diskOf(t, transactions, without...)
			if err := change(disk); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				p, stop := openLedger(t, disk)
				values := committed(t, p, 0)
				if len(values) != 6*3+1 || slices.ContainsFunc(values, func(v string) bool { return strings.HasPrefix(v, "aborted") }) {
					t.Errorf("a read-committed consumer sees %d records: %q", len(values), values)
				}
				if end := committed(t, p, 40); len(end) == 0 || !slices.Equal(end, values[len(values)-len(end):]) {
					t.Errorf("from offset 40 it sees %q", end)
				}
				stop()
				sameFiles(t, abortedFiles(t, disk, "/data/ledger-0"), want)
			}
		})
	}
	as := func(vfs.FS) error { return nil }
	damaged := func(data []byte) func(vfs.FS) error {
		return func(disk vfs.FS) error { return put(disk, "/data/ledger-0/00000000000000000028.txnindex", data) }
	}
	torn := want["00000000000000000028.txnindex"][:50]
	f("clean", as)
	f("crash", as, ".kafka_cleanshutdown")
	f("crash before anything was synced", as, ".kafka_cleanshutdown", "checkpoint", ".txnindex")
	f("only the batches", as, ".kafka_cleanshutdown", "checkpoint", "index", ".snapshot")
	f("a torn list", damaged(torn))
	f("a damaged list", damaged(bytes.Repeat([]byte{1}, 68)))
	f("a torn list after a crash", damaged(torn), ".kafka_cleanshutdown")
	f("a list of no segment", func(disk vfs.FS) error {
		return put(disk, "/data/ledger-0/00000000000000000029.txnindex", want["00000000000000000028.txnindex"])
	})
}
