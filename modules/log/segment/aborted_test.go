package segment_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// TestFlushOfDeletedSegments holds up an fsync of closed segments until retention has deleted them: no list of aborted
// transactions is written for what is gone.
func TestFlushOfDeletedSegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Bool
		gate := make(chan struct{})
		disk := &vfs.Faulty{FS: vfs.NewMem(), Hook: func(op vfs.Op) error {
			if op.Kind == vfs.OpSync && strings.HasSuffix(op.Name, ".log") && held.Load() {
				<-gate
			}
			return nil
		}}
		cfg := segment.DefaultConfig()
		cfg.Dirs, cfg.VerifyRate = []string{"/data"}, 0
		e := segment.New(cfg, disk, zap.NewNop())
		if err := e.Start(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		host := &partition{}
		settings := logtest.Settings()
		l, err := e.Open(t.Context(), specOf(settings), host)
		if err != nil {
			t.Fatal(err)
		}
		held.Store(true)
		go func() { _ = l.Flush(t.Context()) }()
		synctest.Wait() // a flush of the first segment is under way: the others wait for the next one
		for l.Status().Segments < 4 {
			data := valueBatch(t, l.Status().EndOffset, time.Now().UnixMilli(), 1, 100)
			if err := l.Append(data, infoOf(data)); err != nil {
				t.Fatal(err)
			}
			host.appended(1, l.Status().EndOffset)
		}
		gate <- struct{}{}
		synctest.Wait()
		settings.RetentionBytes = 0
		l.Configure(settings)
		time.Sleep(time.Hour)
		held.Store(false)
		close(gate)
		synctest.Wait()
		if s := l.Status(); s.Segments != 1 || s.StartOffset != s.EndOffset {
			t.Errorf("retention left %+v", s)
		}
		entries, err := disk.ReadDir("/data/orders-0")
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			if strings.HasSuffix(entry.Name(), ".txnindex") {
				t.Errorf("%s was written for a segment that is gone", entry.Name())
			}
		}
		stop(t, e)
	})
}
