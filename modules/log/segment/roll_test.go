package segment_test

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap/zaptest"

	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// openMem opens a log in memory whose file operations hook is asked for.
func openMem(t *testing.T, settings log.Settings, hook func(vfs.Op) error) (*segment.Engine, log.Log, *partition) {
	t.Helper()
	cfg := segment.DefaultConfig()
	cfg.Dirs = []string{"/data"}
	e := segment.New(cfg, &vfs.Faulty{FS: vfs.NewMem(), Hook: hook}, zaptest.NewLogger(t))
	if err := e.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	host := &partition{}
	l, err := e.Open(t.Context(), specOf(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	return e, l, host
}

func noFault(vfs.Op) error { return nil }

// TestRoll appends batches of about 300 bytes with the given timestamps and counts segments.
func TestRoll(t *testing.T) {
	f := func(name string, want int, change func(*log.Settings), timestamps ...int64) {
		t.Run(name, func(t *testing.T) {
			settings := logtest.Settings()
			settings.SegmentBytes = 1 << 20
			change(&settings)
			e, l, _ := openMem(t, settings, noFault)
			for i, ts := range timestamps {
				data := valueBatch(t, int64(i), ts, 1, 220)
				if err := l.Append(data, infoOf(data)); err != nil {
					t.Fatal(err)
				}
			}
			if got := l.Status().Segments; got != want {
				t.Errorf("%d segments, want %d", got, want)
			}
			if n := len(batchesOf(t, l)); n != len(timestamps) {
				t.Errorf("%d batches, want %d", n, len(timestamps))
			}
			stop(t, e)
		})
	}
	second := func(s *log.Settings) { s.SegmentAge = time.Second }
	f("young", 1, second, 5000, 5500, 6000)
	f("by the age of records", 2, second, 5000, 6000, 6001)
	f("age counts from each first record", 3, second, 0, 1001, 2002, 2003)
	f("a record from the far future", 2, second, 0, 1<<62)
	f("older records do not roll", 1, second, 5000, 1000, 6000)
	f("max.compaction.lag.ms", 2, func(s *log.Settings) { s.Compact, s.MaxCompactionLag = true, time.Second }, 5000, 6001)
	f("max.compaction.lag.ms of a topic that is not compacted", 1, func(s *log.Settings) { s.MaxCompactionLag = time.Second }, 5000, 6001)
	f("an index is full", 5, func(s *log.Settings) { s.SegmentIndexBytes = 24 }, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	f("the offset index is full", 2, func(s *log.Settings) { s.SegmentIndexBytes = 48 }, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	f("by size", 2, func(s *log.Settings) { s.SegmentBytes = 700 }, 1, 1, 1)
	size := len(valueBatch(t, 0, 1, 1, 220))
	f("filled to the last byte", 2, func(s *log.Settings) { s.SegmentBytes = 2 * size }, 1, 1, 1, 1)
	f("a byte too small", 4, func(s *log.Settings) { s.SegmentBytes = 2*size - 1 }, 1, 1, 1, 1)
}

// TestRollByOffset appends at the largest offset that an index can hold, and behind it.
func TestRollByOffset(t *testing.T) {
	e, l, _ := openMem(t, logtest.Settings(), noFault)
	for _, step := range []struct {
		base     int64
		segments int
	}{{0, 1}, {math.MaxInt32, 1}, {math.MaxInt32 + 1, 2}} {
		data := valueBatch(t, step.base, 1, 1, 10)
		if err := l.Append(data, infoOf(data)); err != nil {
			t.Fatal(err)
		}
		if got := l.Status().Segments; got != step.segments {
			t.Errorf("%d segments with the record at %d, want %d", got, step.base, step.segments)
		}
	}
	stop(t, e)
}

// TestGroupCommit holds an fsync up while appends come in: they share the next one, and nothing is stable before its own.
func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs atomic.Int64
		var held atomic.Bool
		release := make(chan struct{})
		hook := func(op vfs.Op) error {
			if op.Kind == vfs.OpSync && strings.HasSuffix(op.Name, ".log") {
				syncs.Add(1)
				if held.Load() {
					<-release
				}
			}
			return nil
		}
		settings := logtest.Settings()
		settings.SegmentBytes, settings.FlushMessages = 1<<20, 1
		e, l, host := openMem(t, settings, hook)
		held.Store(true)
		for i := range int64(100) {
			data := valueBatch(t, i, 1, 1, 10)
			if err := l.Append(data, infoOf(data)); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if s := l.Status(); s.StableOffset != 0 || s.EndOffset != 100 || host.reported() != 0 {
			t.Errorf("during the fsync: %+v, told of %d", s, host.reported())
		}
		held.Store(false)
		close(release)
		synctest.Wait()
		if s := l.Status(); s.StableOffset != 100 || host.reported() != 100 {
			t.Errorf("after it: %+v, told of %d", s, host.reported())
		}
		if n := syncs.Load(); n > 2 {
			t.Errorf("%d fsyncs for 100 appends", n)
		}
		stop(t, e)
	})
}

// TestTruncationDuringFlush truncates a log while an fsync is under way: what is appended then is not covered by it.
func TestTruncationDuringFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs atomic.Int64
		gate := make(chan struct{})
		hook := func(op vfs.Op) error {
			if op.Kind == vfs.OpSync && strings.HasSuffix(op.Name, ".log") {
				if n := syncs.Add(1); n == 1 || n == 3 { // the second is Truncate's own
					<-gate
				}
			}
			return nil
		}
		settings := logtest.Settings()
		settings.FlushMessages = 1
		e, l, host := openMem(t, settings, hook)
		data := valueBatch(t, 0, 1, 1, 10)
		for range 2 {
			if err := l.Append(data, infoOf(data)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if syncs.Load() > 1 {
				break
			}
			if err := l.Truncate(0); err != nil {
				t.Fatal(err)
			}
		}
		gate <- struct{}{}
		synctest.Wait()
		if s := l.Status(); s.StableOffset != 0 || host.reported() != 0 {
			t.Errorf("after the fsync of what was truncated: %+v, told of %d", s, host.reported())
		}
		close(gate)
		synctest.Wait()
		if s := l.Status(); s.StableOffset != 1 || host.reported() != 1 {
			t.Errorf("after the next one: %+v, told of %d", s, host.reported())
		}
		stop(t, e)
	})
}

// TestFlushInterval lets flush.ms pass: a dirty log is synced once, a clean one not at all.
func TestFlushInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var syncs atomic.Int64
		hook := func(op vfs.Op) error {
			if op.Kind == vfs.OpSync && strings.HasSuffix(op.Name, ".log") {
				syncs.Add(1)
			}
			return nil
		}
		settings := logtest.Settings()
		settings.FlushInterval = time.Second
		e, l, _ := openMem(t, settings, hook)
		want := int64(0)
		check := func(d time.Duration) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if n := syncs.Load(); n != want {
				t.Errorf("%d fsyncs, want %d", n, want)
			}
		}
		check(5 * time.Second)
		for i := range int64(3) {
			data := valueBatch(t, i, 1, 1, 10)
			if err := l.Append(data, infoOf(data)); err != nil {
				t.Fatal(err)
			}
			if s := l.Status(); s.StableOffset != i+1 {
				t.Errorf("flush.ms holds the stable offset at %d", s.StableOffset)
			}
		}
		check(900 * time.Millisecond)
		want = 1
		check(200 * time.Millisecond)
		check(time.Minute)
		stop(t, e)
	})
}

// TestSettingsThatNoLongerWait turns flush.messages off while an fsync that it asked for is held up.
func TestSettingsThatNoLongerWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := logtest.Settings()
		settings.FlushMessages = 1
		e, l, host := openMem(t, settings, noFault)
		data := valueBatch(t, 0, 1, 1, 10)
		if err := l.Append(data, infoOf(data)); err != nil {
			t.Fatal(err)
		}
		settings.FlushMessages = math.MaxInt64
		l.Configure(settings)
		synctest.Wait()
		if s := l.Status(); s.StableOffset != 1 {
			t.Errorf("stable offset %d, told of %d", s.StableOffset, host.reported())
		}
		stop(t, e)
	})
}

// TestLegacyFormat opens a segment with a message of format 1: it is refused and stays as it is.
func TestLegacyFormat(t *testing.T) {
	message := make([]byte, 34)
	binary.BigEndian.PutUint32(message[8:], 22)
	message[16] = 1
	binary.BigEndian.PutUint64(message[18:], 1000)
	binary.BigEndian.PutUint32(message[26:], math.MaxUint32) // null key
	binary.BigEndian.PutUint32(message[30:], math.MaxUint32) // null value
	binary.BigEndian.PutUint32(message[12:], crc32.ChecksumIEEE(message[16:]))
	disk := diskWith(t, map[string][]byte{"orders-0/00000000000000000000.log": message})
	if _, _, err := tryOpen(t, disk); err == nil || !strings.Contains(err.Error(), "format 0 or 1") {
		t.Errorf("open: %v", err)
	}
	if got := readFrom(t, disk, "/data/orders-0/00000000000000000000.log"); string(got) != string(message) {
		t.Error("the file was changed")
	}
}
