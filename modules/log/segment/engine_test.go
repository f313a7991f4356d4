package segment_test

import (
	"fmt"
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
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/modules/log/segment"
)

var node = log.Identity{NodeID: 1, ClusterID: kafkaCluster}

func TestOneBrokerPerDirectory(t *testing.T) {
	dir := t.TempDir()
	first, second := engineAt(t, vfs.OS{}, dir), engineAt(t, vfs.OS{}, dir)
	if err := first.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context(), node); err == nil || !strings.Contains(err.Error(), "another broker") {
		t.Errorf("a second broker started: %v", err)
	}
	stop(t, first)
	if err := second.Start(t.Context(), node); err != nil {
		t.Errorf("after the first has stopped: %v", err)
	}
	stop(t, second)
}

func TestRefusedDirectories(t *testing.T) {
	f := func(name, file, contents, want string) {
		t.Run(name, func(t *testing.T) {
			disk := vfs.NewMem()
			if err := disk.MkdirAll("/data"); err != nil {
				t.Fatal(err)
			}
			if err := writeTo(disk, "/data/"+file, []byte(contents)); err != nil {
				t.Fatal(err)
			}
			e := engineAt(t, disk, "/data")
			if err := e.Start(t.Context(), node); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("start: %v, want %q", err, want)
			}
			stop(t, e)
		})
	}
	f("newer format", "jackdaw.properties", "format.version=2\n", "written by a newer Jackdaw: its format is version 2")
	f("no format", "jackdaw.properties", "format.version=x\n", `format.version is "x"`)
	f("another node", "meta.properties", "version=1\nnode.id=7\n", "belongs to the broker with node.id=7")
	f("another cluster", "meta.properties", "version=1\ncluster.id=other\n", "belongs to cluster other")
	f("bad directory id", "meta.properties", "directory.id=?\n", "directory.id")
}

func TestIdentityIsCompleted(t *testing.T) {
	disk := vfs.NewMem()
	e := engineAt(t, disk, "/data")
	if err := e.Start(t.Context(), log.Identity{NodeID: 1}); err != nil {
		t.Fatal(err)
	}
	id := e.Dirs()[0].ID
	stop(t, e)
	e = engineAt(t, disk, "/data")
	if err := e.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	stop(t, e)
	want := fmt.Sprintf("version=1\nnode.id=1\ndirectory.id=%s\ncluster.id=%s\n", id, kafkaCluster)
	if got := string(readFrom(t, disk, "/data/meta.properties")); got != want {
		t.Errorf("meta.properties %q, want %q", got, want)
	}
}

// TestDirectories spreads logs over two directories, then takes one of them offline.
func TestDirectories(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := false
		disk := &vfs.Faulty{FS: vfs.NewMem(), Hook: func(op vfs.Op) error {
			if broken && op.Kind == vfs.OpWrite && strings.HasPrefix(op.Name, "/b/") {
				return os.ErrPermission
			}
			return nil
		}}
		cfg := segment.DefaultConfig()
		cfg.Dirs = []string{"/a", "/b"}
		e := segment.New(cfg, disk, zaptest.NewLogger(t))
		if err := e.Start(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		logs, hosts, count := map[string][]log.Log{}, map[string][]*partition{}, int32(0)
		open := func() log.Log {
			host := &partition{}
			spec := log.Spec{TopicPartition: kafka.TopicPartition{Topic: "t", Partition: count}, TopicID: kafka.TopicID{1}, Settings: logtest.Settings()}
			l, err := e.Open(t.Context(), spec, host)
			if err != nil {
				t.Fatal(err)
			}
			count++
			dir := l.Status().Dir
			logs[dir], hosts[dir] = append(logs[dir], l), append(hosts[dir], host)
			return l
		}
		for range 10 {
			open()
		}
		if len(logs["/a"]) != 5 || len(logs["/b"]) != 5 {
			t.Fatalf("%d logs in one directory, %d in the other", len(logs["/a"]), len(logs["/b"]))
		}
		broken = true
		data := valueBatch(t, 0, 1, 1, 10)
		if err := logs["/b"][0].Append(data, infoOf(data)); kafka.CodeOf(err) != kafka.KafkaStorageError {
			t.Errorf("append: %v", err)
		}
		synctest.Wait()
		for i, host := range hosts["/b"] {
			if host.failure() == nil || logs["/b"][i].Status().Failed == nil {
				t.Errorf("log %d of the failed directory is online", i)
			}
		}
		dirs := e.Dirs()
		if dirs[0].Err != nil || dirs[1].Err == nil {
			t.Errorf("directories %+v", dirs)
		}
		if err := logs["/a"][0].Append(data, infoOf(data)); err != nil {
			t.Errorf("append in the other directory: %v", err)
		}
		if l := open(); l.Status().Dir != "/a" {
			t.Error("a new log went to the failed directory")
		}
		broken = false
		stop(t, e)
		if _, err := disk.Stat("/b/.kafka_cleanshutdown"); err == nil {
			t.Error("the failed directory is marked as clean")
		}
		if _, err := disk.Stat("/a/.kafka_cleanshutdown"); err != nil {
			t.Error("the other directory is not marked as clean")
		}
	})
}

// TestDeletedFiles checks the names that deleted data has until file.delete.delay.ms is over.
func TestDeletedFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := vfs.NewMem()
		e := engineAt(t, disk, "/data")
		if err := e.Start(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		long := kafka.TopicPartition{Topic: strings.Repeat("n", 249), Partition: 12345}
		spec := log.Spec{TopicPartition: long, TopicID: kafka.TopicID{1}, Settings: logtest.Settings()}
		if _, err := e.Open(t.Context(), spec, &partition{}); err != nil {
			t.Fatal(err)
		}
		if err := e.Delete(t.Context(), long, spec.TopicID); err != nil {
			t.Fatal(err)
		}
		if dirs := partitionDirs(t, disk); len(dirs) != 1 || len(dirs[0]) != 255 || !strings.HasSuffix(dirs[0], "-delete") {
			t.Errorf("after the deletion: %q", dirs)
		}
		time.Sleep(2 * spec.Settings.FileDeleteDelay)
		synctest.Wait()
		if dirs := partitionDirs(t, disk); len(dirs) != 0 {
			t.Errorf("after the delay: %q", dirs)
		}
		stop(t, e)
	})
}

func partitionDirs(t *testing.T, disk vfs.FS) (names []string) {
	t.Helper()
	entries, err := disk.ReadDir("/data")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestStrayDirectory(t *testing.T) {
	disk := load(t, "testdata/kafka")
	e := engineAt(t, disk, "/data")
	if err := e.Start(t.Context(), node); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Open(t.Context(), specOf(logtest.Settings()), &partition{}); err != nil {
		t.Fatal(err)
	}
	stop(t, e)
	stray := 0
	for _, name := range partitionDirs(t, disk) {
		if strings.HasPrefix(name, "orders-0.") && strings.HasSuffix(name, "-stray") {
			stray++
			readFrom(t, disk, path.Join("/data", name, "00000000000000000217.log"))
		}
	}
	if stray != 1 {
		t.Errorf("directories %q", partitionDirs(t, disk))
	}
}

// TestIdleLogsTakeNoDescriptors counts open files.
func TestIdleLogsTakeNoDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		disk := &counting{FS: vfs.NewMem()}
		e := engineAt(t, disk, "/data")
		if err := e.Start(t.Context(), node); err != nil {
			t.Fatal(err)
		}
		for i := range int32(100) {
			spec := log.Spec{TopicPartition: kafka.TopicPartition{Topic: "t", Partition: i}, TopicID: kafka.TopicID{1}, Settings: logtest.Settings()}
			l, err := e.Open(t.Context(), spec, &partition{})
			if err != nil {
				t.Fatal(err)
			}
			for k := range int64(20) {
				data := valueBatch(t, k, 1, 1, 1000)
				if err := l.Append(data, infoOf(data)); err != nil {
					t.Fatal(err)
				}
			}
		}
		synctest.Wait()
		if n := disk.open.Load(); n > 800 { // a few segments each
			t.Errorf("%d open files for 100 logs", n)
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if n := disk.open.Load(); n > 1 { // the lock
			t.Errorf("%d open files for 100 idle logs", n)
		}
		stop(t, e)
		if n := disk.open.Load(); n != 0 {
			t.Errorf("%d files are still open", n)
		}
	})
}
