package segment_test

import (
	"strings"
	"syscall"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/log/logtest"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

// TestDirectoryFailsAtStart starts with one of two directories out of order: what is in it is offline, not made anew in the
// other one, where new logs go.
func TestDirectoryFailsAtStart(t *testing.T) {
	disk := vfs.NewMem()
	broken := ""
	faulty := &vfs.Faulty{FS: disk, Hook: func(op vfs.Op) error {
		if broken != "" && strings.HasPrefix(op.Name, broken) {
			return syscall.EIO
		}
		return nil
	}}
	start := func() (*segment.Engine, error) {
		cfg := segment.DefaultConfig()
		cfg.Dirs = []string{"/a", "/b"}
		e := segment.New(cfg, faulty, zap.NewNop())
		return e, e.Start(t.Context(), node)
	}
	open := func(e *segment.Engine, number int32, existing bool) (log.Log, error) {
		spec := specOf(logtest.Settings())
		spec.TopicPartition.Partition, spec.Existing = number, existing
		return e.Open(t.Context(), spec, &partition{})
	}
	e, err := start()
	if err != nil {
		t.Fatal(err)
	}
	dirs := map[string]int32{}
	for number := range int32(2) {
		l, err := open(e, number, false)
		if err != nil {
			t.Fatal(err)
		}
		dirs[l.Status().Dir] = number
	}
	if len(dirs) != 2 {
		t.Fatalf("both logs are in one directory: %v", dirs)
	}
	stop(t, e)

	broken = "/b"
	if e, err = start(); err != nil {
		t.Fatal(err)
	}
	if status := e.Dirs(); status[0].Err != nil || status[1].Err == nil {
		t.Errorf("directories: %+v", status)
	}
	if _, err := open(e, dirs["/a"], true); err != nil {
		t.Errorf("a log in the directory that works: %v", err)
	}
	if _, err := open(e, dirs["/b"], true); kafka.CodeOf(err) != kafka.KafkaStorageError {
		t.Errorf("a log in the directory that fails: %v", err)
	}
	if l, err := open(e, 7, false); err != nil || l.Status().Dir != "/a" {
		t.Errorf("a new log: %v", err)
	}
	stop(t, e)

	broken = "/"
	if _, err = start(); err == nil {
		t.Error("a start without any directory that works")
	}

	broken = ""
	if e, err = start(); err != nil {
		t.Fatal(err)
	}
	if l, err := open(e, dirs["/b"], true); err != nil || l.Status().Dir != "/b" {
		t.Errorf("the log that was offline: %v", err)
	}
	stop(t, e)
}
