package segment_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// production returns Kafka's default settings.
func production() log.Settings {
	s := logtest.Settings()
	s.SegmentBytes, s.IndexIntervalBytes = 1<<30, 4096
	return s
}

// feeder appends the same batch again and again, at the log end.
type feeder struct {
	tb    testing.TB
	log   log.Log
	batch []byte
	info  log.AppendInfo
	count int64
}

func newFeeder(tb testing.TB, l log.Log, size int) *feeder {
	batch := valueBatch(tb, 0, 1, 1, size-80)
	return &feeder{tb: tb, log: l, batch: batch, info: infoOf(batch), count: 1}
}

func (f *feeder) append() {
	binary.BigEndian.PutUint64(f.batch, uint64(f.info.BaseOffset))
	if err := f.log.Append(f.batch, f.info); err != nil {
		f.tb.Fatal(err)
	}
	f.info.BaseOffset += f.count
	f.info.LastOffset += f.count
}

// openOne starts an engine with one log.
func openOne(tb testing.TB, fsys vfs.FS, dir string, settings log.Settings) (*segment.Engine, log.Log) {
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{dir}
	e := segment.New(cfg, fsys, zap.NewNop())
	if err := e.Start(tb.Context(), log.Identity{NodeID: 1}); err != nil {
		tb.Fatal(err)
	}
	l, err := e.Open(tb.Context(), specOf(settings), &partition{})
	if err != nil {
		tb.Fatal(err)
	}
	return e, l
}

func stop(tb testing.TB, e *segment.Engine) {
	if err := e.Stop(tb.Context()); err != nil {
		tb.Error(err)
	}
}

// TestAllocations is the gate of the hot path: an append, and a read that follows it, allocate nothing.
func TestAllocations(t *testing.T) {
	e, l := openOne(t, vfs.OS{}, t.TempDir(), production())
	defer stop(t, e)
	f := newFeeder(t, l, 16<<10)
	for range 100 {
		f.append() // the index grows now and then: not in the steady state
	}
	if n := testing.AllocsPerRun(20, f.append); n != 0 {
		t.Errorf("an append allocates %v times", n)
	}
	tail := func() {
		end := l.Status().EndOffset
		read(t, l, log.ReadRequest{Offset: end - 1, MaxBytes: 1 << 20, MinOne: true, Before: end})
	}
	if n := testing.AllocsPerRun(100, func() { f.append(); tail() }); n > 0.1 {
		t.Errorf("an append and a read of it allocate %v times", n)
	}
	catchUp := func() {
		read(t, l, log.ReadRequest{Offset: 7, MaxBytes: 100 << 10, MinOne: true, Before: 60})
	}
	if n := testing.AllocsPerRun(100, catchUp); n != 0 {
		t.Errorf("a read by the index allocates %v times", n)
	}
}

func read(tb testing.TB, l log.Log, r log.ReadRequest) {
	e, err := l.Read(r)
	if err != nil || e.Len() == 0 {
		tb.Fatalf("read of %+v: %d bytes, %v", r, e.Len(), err)
	}
	e.Release()
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1 << 10, 16 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size>>10, "KiB"), func(b *testing.B) {
			settings := production()
			settings.SegmentBytes, settings.RetentionBytes = 64<<20, 0
			e, l := openOne(b, vfs.OS{}, b.TempDir(), settings)
			defer stop(b, e)
			f := newFeeder(b, l, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			written := 0
			for b.Loop() {
				f.append()
				if written += size; written > 256<<20 { // keep the page cache small
					b.StopTimer()
					if err := l.Truncate(0); err != nil {
						b.Fatal(err)
					}
					f.info.LastOffset -= f.info.BaseOffset
					f.info.BaseOffset, written = 0, 0
					b.StartTimer()
				}
			}
		})
	}
}

func BenchmarkRead(b *testing.B) {
	e, l := openOne(b, vfs.OS{}, b.TempDir(), production())
	defer stop(b, e)
	f := newFeeder(b, l, 16<<10)
	for range 4000 {
		f.append()
	}
	end := l.Status().EndOffset
	b.Run("tail", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			read(b, l, log.ReadRequest{Offset: end - 1, MaxBytes: 1 << 20, MinOne: true, Before: end})
		}
	})
	b.Run("sequential", func(b *testing.B) {
		b.ReportAllocs()
		offset := int64(0)
		for b.Loop() {
			read(b, l, log.ReadRequest{Offset: offset, MaxBytes: 1 << 20, MinOne: true, Before: end})
			if offset += 63; offset >= end {
				offset = 0
			}
		}
	})
}

// BenchmarkFirstWrites creates 1,000 partitions and writes 16 KiB to each.
func BenchmarkFirstWrites(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		cfg := segment.DefaultConfig()
		cfg.Dirs = []string{b.TempDir()}
		e := segment.New(cfg, vfs.OS{}, zap.NewNop())
		if err := e.Start(b.Context(), log.Identity{NodeID: 1}); err != nil {
			b.Fatal(err)
		}
		logs := make([]*feeder, 1000)
		for i := range logs {
			spec := specOf(production())
			spec.TopicPartition = kafka.TopicPartition{Topic: "many", Partition: int32(i)}
			l, err := e.Open(b.Context(), spec, &partition{})
			if err != nil {
				b.Fatal(err)
			}
			logs[i] = newFeeder(b, l, 16<<10)
		}
		b.StartTimer()
		for _, f := range logs {
			f.append()
		}
		b.StopTimer()
		stop(b, e)
		b.StartTimer()
	}
}

// BenchmarkRecovery opens a log of 128 MiB that was not closed.
func BenchmarkRecovery(b *testing.B) {
	const size = 128 << 20
	dir := b.TempDir()
	settings := production()
	e, l := openOne(b, vfs.OS{}, dir, settings)
	f := newFeeder(b, l, 16<<10)
	for range size / (16 << 10) {
		f.append()
	}
	stop(b, e)
	b.SetBytes(size)
	for b.Loop() {
		b.StopTimer()
		if err := (vfs.OS{}).Remove(dir + "/.kafka_cleanshutdown"); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		e, l := openOne(b, vfs.OS{}, dir, settings)
		if l.Status().EndOffset != size/(16<<10) {
			b.Fatal("records are missing")
		}
		b.StopTimer()
		stop(b, e)
		b.StartTimer()
	}
}
