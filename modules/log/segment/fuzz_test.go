package segment_test

import (
	"bytes"
	"context"
	"os"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// diskWith returns a data directory that holds the given files of orders-0.
func diskWith(tb testing.TB, files map[string][]byte) *vfs.Mem {
	tb.Helper()
	disk := vfs.NewMem()
	if err := disk.MkdirAll("/data/orders-0"); err != nil {
		tb.Fatal(err)
	}
	for name, data := range files {
		if err := writeTo(disk, "/data/"+name, data); err != nil {
			tb.Fatal(err)
		}
	}
	return disk
}

// tryOpen opens orders-0. The engine is stopped when the test ends.
func tryOpen(t *testing.T, disk vfs.FS) (*segment.Engine, log.Log, error) {
	cfg := segment.DefaultConfig()
	cfg.Dirs, cfg.CleanerEnable = []string{"/data"}, false
	e := segment.New(cfg, disk, zap.NewNop())
	if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
		return e, nil, err
	}
	t.Cleanup(func() { _ = e.Stop(context.Background()) })
	l, err := e.Open(t.Context(), specOf(kafkaSettings(20000)), &partition{})
	return e, l, err
}

// FuzzRecovery opens arbitrary bytes as two segments of a log that was not closed. What is left is a log: it reads, it
// takes appends, and opening it again changes nothing.
func FuzzRecovery(f *testing.F) {
	kafkas, err := os.ReadFile("testdata/kafka/orders-0/00000000000000000217.log")
	if err != nil {
		f.Fatal(err)
	}
	valid := valueBatch(f, 0, 1000, 3, 50)
	next := valueBatch(f, 3, 1000, 2, 10)
	f.Add([]byte{}, []byte{})
	f.Add(valid, next)
	f.Add(append(bytes.Clone(valid), next[:40]...), []byte{})
	f.Add(append(bytes.Clone(valid), make([]byte, 100)...), next)
	f.Add(valid, append(bytes.Clone(next), 0xff))
	f.Add(kafkas, []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		disk := diskWith(t, map[string][]byte{
			"orders-0/00000000000000000000.log": first, "orders-0/00000000000000000003.log": second,
			"orders-0/00000000000000000002.snapshot": second,
		})
		e, l, err := tryOpen(t, disk)
		if err != nil {
			return // refused, as a file of an old format is
		}
		before := l.Status()
		batches := batchesOf(t, l)
		for i, b := range batches {
			if h := b.Header(); b.VerifyCRC() != nil || i > 0 && h.BaseOffset <= batches[i-1].Header().BaseOffset {
				t.Fatalf("recovery left the batch %+v", h)
			}
		}
		data := valueBatch(t, before.EndOffset, 1000, 1, 10)
		if err := l.Append(data, infoOf(data)); err != nil {
			t.Fatal(err)
		}
		stop(t, e)
		_, l, err = tryOpen(t, disk)
		if err != nil {
			t.Fatal(err)
		}
		if after := l.Status(); after.EndOffset != before.EndOffset+1 || after.StartOffset != before.StartOffset {
			t.Fatalf("status %+v, before %+v", after, before)
		}
		if n := len(batchesOf(t, l)); n != len(batches)+1 {
			t.Fatalf("%d batches, want one more than %d", n, len(batches))
		}
	})
}

// FuzzIndexes opens a log that was closed properly with arbitrary indexes. Whatever they say, a read returns the batch
// that holds the offset.
func FuzzIndexes(f *testing.F) {
	var contents []byte
	for i := range int64(20) {
		contents = append(contents, valueBatch(f, 3*i, 1000+i, 3, 50)...)
	}
	size := len(contents) / 20
	f.Add([]byte{}, []byte{})
	f.Add([]byte{0, 0, 0, 5, 0, 0, 0, byte(size)}, make([]byte, 12))
	f.Add([]byte{0, 0, 0, 2, 0, 0, 2, 0, 0, 0, 0, 9, 0, 0, 0, 3}, []byte{1, 2, 3})
	f.Add([]byte{0, 0, 0, 2, 0, 0, byte(4 * size >> 8), byte(4 * size)}, bytes.Repeat([]byte{0, 0, 0, 0, 0, 0, 3, 232, 0, 0, 0, 1}, 2))
	f.Fuzz(func(t *testing.T, index, times []byte) {
		for _, name := range []string{"00000000000000000000", "00000000000000000060"} {
			files := map[string][]byte{
				".kafka_cleanshutdown": []byte("{}"), "orders-0/" + name + ".index": index, "orders-0/" + name + ".timeindex": times,
				"orders-0/00000000000000000000.log": contents,
				"orders-0/00000000000000000060.log": valueBatch(t, 60, 2000, 3, 50),
			}
			e, l, err := tryOpen(t, diskWith(t, files))
			if err != nil {
				t.Fatal(err)
			}
			for offset := range int64(63) {
				x, err := l.Read(log.ReadRequest{Offset: offset, MaxBytes: 1, MinOne: true, Before: 63})
				if err != nil {
					t.Fatalf("read at %d: %v", offset, err)
				}
				b := make([]byte, 8)
				if _, err := x.ReadAt(b, 0); err != nil || int64(b[7]) != offset/3*3 {
					t.Fatalf("read at %d returned the batch of %d: %v", offset, b[7], err)
				}
				x.Release()
			}
			if _, err := l.Lookup(t.Context(), 1005); err != nil {
				t.Fatal(err)
			}
			stop(t, e)
		}
	})
}

// FuzzTextFiles opens a data directory with arbitrary small files. It may be refused, and nothing else may happen.
func FuzzTextFiles(f *testing.F) {
	f.Add([]byte("version=1\nnode.id=1\n"), []byte("0\n1\norders 0 1\n"), []byte("version: 0\ntopic_id: AQIDAAAAAAAAAAAAAAAAAA"))
	f.Add([]byte("node.id=${node.id}\n"), []byte("0\n999999999\n"), []byte("version: 0\ntopic_id: x"))
	f.Add([]byte("#\n"), []byte("0\n1\norders 0 999999999999\n"), []byte{})
	f.Fuzz(func(t *testing.T, properties, checkpoint, metadata []byte) {
		e, l, err := tryOpen(t, diskWith(t, map[string][]byte{
			"meta.properties": properties, "recovery-point-offset-checkpoint": checkpoint,
			"log-start-offset-checkpoint": checkpoint, "cleaner-offset-checkpoint": checkpoint,
			"orders-0/partition.metadata": metadata, "orders-0/00000000000000000000.log": valueBatch(t, 0, 1, 3, 9),
		}))
		if err != nil {
			return
		}
		if s := l.Status(); s.StartOffset > s.EndOffset || s.StartOffset < 0 {
			t.Fatalf("status %+v", s)
		}
		stop(t, e)
	})
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte("0\n2\norders 0 234\ncompacted 0 240\n"))
	f.Add([]byte("0\n0\n"))
	f.Add([]byte("0\n1\norders  5\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := segment.ParseCheckpoint(data)
		if err != nil {
			return
		}
		again, err := segment.ParseCheckpoint(segment.EncodeCheckpoint(entries))
		if err != nil || len(again) != len(entries) {
			t.Fatalf("%d entries became %d: %v", len(entries), len(again), err)
		}
		for tp, offset := range entries {
			if again[tp] != offset {
				t.Fatalf("%v became %v", entries, again)
			}
		}
	})
}

func FuzzNames(f *testing.F) {
	for _, name := range []string{"00000000000000000217.timeindex.swap", "orders-0", "a-b-12", "-1", "a--1", "x-00",
		"+0000000000000000217.log", "00000000000000000217.log.deleted.swap"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if tp, ok := segment.ParsePartitionDir(name); ok {
			if tp.String() != name {
				t.Errorf("%q became %q", name, tp)
			}
			if aside := segment.AsideName(tp, "-delete"); len(aside) > 255 {
				t.Errorf("%q has %d bytes", aside, len(aside))
			}
		}
		if base, suffix, state, ok := segment.ParseFileName(name); ok && segment.FileName(base, suffix)+state != name {
			t.Errorf("%q became %q", name, segment.FileName(base, suffix)+state)
		}
	})
}
