package segment_test

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// TestEverythingAtOnce lets readers, look-ups, flushes, retention, compaction, idle descriptors and deleted files meet one
// appender. What a reader gets is always whole batches in order that hold the offset it asked for.
func TestEverythingAtOnce(t *testing.T) {
	for _, compacted := range []bool{false, true} {
		t.Run(fmt.Sprint("compacted ", compacted), func(t *testing.T) { everythingAtOnce(t, compacted) })
	}
}

func everythingAtOnce(t *testing.T, compacted bool) {
	cfg := segment.DefaultConfig()
	cfg.Dirs, cfg.CleanerBuffer = []string{"/data"}, 1<<20
	cfg.RetentionCheckInterval, cfg.CleanerBackoff = time.Millisecond, time.Millisecond
	e := segment.New(cfg, vfs.NewMem(), zap.NewNop())
	if err := e.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	defer stop(t, e)
	settings := logtest.Settings()
	settings.SegmentBytes, settings.RetentionBytes, settings.FileDeleteDelay = 2048, 20_000, 0
	settings.FlushMessages = 3
	settings.Compact, settings.Delete, settings.MinDirtyRatio = compacted, !compacted, 0.01
	host := &partition{}
	l, err := e.Open(t.Context(), specOf(settings), host)
	if err != nil {
		t.Fatal(err)
	}
	var done atomic.Bool
	var users sync.WaitGroup
	defer users.Wait()
	defer done.Store(true)
	for range 2 {
		users.Go(func() {
			for !done.Load() {
				readAll(t, l, &done)
			}
		})
	}
	users.Go(func() {
		for !done.Load() {
			if _, err := l.Lookup(t.Context(), 500); err != nil {
				t.Errorf("lookup: %v", err)
				return
			}
			if err := l.Flush(t.Context()); err != nil {
				t.Errorf("flush: %v", err)
				return
			}
		}
	})
	for i := range int64(3000) {
		base := l.Status().EndOffset
		data := batchOf(t, base, i, record.None, [2][]byte{fmt.Append(nil, "k", i%50), make([]byte, 100)}, [2][]byte{{'x'}, nil})
		if err := l.Append(data, infoOf(data)); err != nil {
			t.Fatal(err)
		}
		host.appended(2, base+2)
	}
}

// readAll reads from the log start to the log end. Retention may overtake it.
func readAll(t *testing.T, l log.Log, done *atomic.Bool) {
	status := l.Status()
	for offset := status.StartOffset; offset < status.EndOffset && !done.Load(); {
		e, err := l.Read(log.ReadRequest{Offset: offset, MaxBytes: 700, MinOne: true, Before: math.MaxInt64})
		if kafka.CodeOf(err) == kafka.OffsetOutOfRange && offset < l.Status().StartOffset {
			return
		}
		if err != nil {
			t.Errorf("read at %d: %v", offset, err)
			return
		}
		data := make([]byte, e.Len())
		_, err = e.ReadAt(data, 0)
		e.Release()
		if len(data) == 0 {
			return
		}
		if err != nil {
			t.Errorf("read of the extent at %d: %v", offset, err)
			return
		}
		next := offset
		for b, err := range record.Batches(data) {
			if err != nil {
				break // the extent ends inside a batch
			}
			h := b.Header()
			if b.VerifyCRC() != nil || h.LastOffset() < next {
				t.Errorf("read at %d returned the batch %+v", next, h)
				return
			}
			next = h.LastOffset() + 1
		}
		if next == offset {
			t.Errorf("read at %d returned %d bytes and no batch", offset, len(data))
			return
		}
		offset = next
	}
}
