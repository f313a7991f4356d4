package file

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

var self = metadata.Registration{ID: 1, ClusterID: "AAAAAAAAQACAAAAAAAAAAg"}

func newController(fsys vfs.FS) *Controller {
	return New(Settings{FS: fsys, Dir: "data/meta", Configs: config.NewResolver(nil), Log: zap.NewNop()})
}

func startOn(t testing.TB, fsys vfs.FS) *Controller {
	t.Helper()
	c := newController(fsys)
	if err := c.Start(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Controller) mustCreate(t testing.TB, names ...string) {
	t.Helper()
	topics := make([]metadata.NewTopic, len(names))
	for i, name := range names {
		topics[i] = metadata.NewTopic{Name: name, Partitions: 2, Replicas: -1}
	}
	for _, r := range c.CreateTopics(t.Context(), topics, false) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
}

func contents(t testing.TB, fsys vfs.FS) []byte {
	t.Helper()
	f, err := fsys.OpenFile("data/meta/"+journalName, os.O_RDONLY)
	if err != nil {
		t.Fatal(err)
	}
	data, err := readAll(f)
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return data
}

// withJournal returns a file system that holds just these bytes.
func withJournal(t testing.TB, data []byte) vfs.FS {
	t.Helper()
	fsys := vfs.NewMem()
	if err := fsys.MkdirAll("data/meta"); err != nil {
		t.Fatal(err)
	}
	f, err := fsys.OpenFile("data/meta/"+journalName, os.O_RDWR|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(data, 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close(), fsys.SyncDir("data/meta"), fsys.SyncDir("data"), fsys.SyncDir(".")); err != nil {
		t.Fatal(err)
	}
	return fsys
}

// TestFormat fixes the bytes on disk: whatever changes here needs a new format version.
func TestFormat(t *testing.T) {
	id := kafka.TopicID{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	s := fresh(self)
	s.starts, s.nextProducerID = 3, 1000
	res := topicResource("t")
	records := []record{
		{kind: brokerStarted},
		{kind: createTopic, id: id, name: "t"},
		{kind: addPartitions, id: id, count: 2, start: 4},
		{kind: setConfig, resource: res, key: "a", value: "b"},
		{kind: removeConfig, resource: res, key: "a"},
		{kind: producerIDs, next: 2000},
		{kind: removeTopic, id: id},
		{kind: deployPlugin, plugin: metadata.Plugin{Name: "p", Version: "1", Digest: [32]byte{31: 9}, Functions: 5, Size: 300, DeployedAt: 1000, Deployer: "d"}},
		{kind: removePlugin, plugin: metadata.Plugin{Name: "p", Version: "1"}},
	}
	var changes []byte
	for i := range records {
		changes = records[i].appendTo(changes)
	}
	f := func(what string, got []byte, want string) {
		t.Helper()
		want = strings.ReplaceAll(want, " ", "")
		if hex.EncodeToString(got) != want {
			t.Errorf("%s:\n got %x\nwant %s", what, got, want)
		}
	}
	f("snapshot", s.snapshot(), "16"+hex.EncodeToString([]byte(self.ClusterID))+"02 02 06 d00f"+
		"04 04 00 13"+hex.EncodeToString([]byte("min.insync.replicas"))+"01 31")
	f("changes", changes, "07 01 0102030405060708090a0b0c0d0e0f10 01 74 03 0102030405060708090a0b0c0d0e0f10 04 08"+
		"04 02 01 74 01 61 01 62 05 02 01 74 01 61 06 a01f 02 0102030405060708090a0b0c0d0e0f10"+
		"08 01 70 01 31"+strings.Repeat("00", 31)+"09 05 d804 d00f 01 64 09 01 70 01 31")
	f("frame", appendFrame(nil, []byte("payload")), "4a444d46 00000007 1f55b0e1 7061796c6f6164")
}

// TestTornTail cuts the journal at every byte of its last change: the change is gone, all before it is there.
func TestTornTail(t *testing.T) {
	fsys := vfs.NewMem()
	c := startOn(t, fsys)
	c.mustCreate(t, "kept")
	whole := int(c.journal.size)
	c.mustCreate(t, "torn")
	data := contents(t, fsys)
	for cut := whole; cut < len(data); cut++ {
		// What a disk leaves behind the cut: nothing, or zeros where the rest was to be.
		for _, tail := range [][]byte{nil, make([]byte, len(data)-cut)} {
			if cut == len(data)-1 && tail != nil && data[cut] == 0 {
				continue // the change is whole
			}
			on := withJournal(t, append(bytes.Clone(data[:cut]), tail...))
			again := startOn(t, on)
			topics := again.Image().Topics
			if topics["kept"] == nil || topics["torn"] != nil {
				t.Fatalf("cut at %d: %v", cut, topics)
			}
			again.mustCreate(t, "torn") // and it goes on
			if err := again.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
			if topics := startOn(t, on).Image().Topics; len(topics) != 2 {
				t.Fatalf("cut at %d: %v after the second start", cut, topics)
			}
		}
	}
}

// TestDamage flips each byte before the last change: the broker must not start on what is left.
func TestDamage(t *testing.T) {
	fsys := vfs.NewMem()
	c := startOn(t, fsys)
	c.mustCreate(t, "a")
	last := int(c.journal.size)
	c.mustCreate(t, "b")
	data := contents(t, fsys)
	for i := range last {
		damaged := bytes.Clone(data)
		damaged[i] ^= 0x40
		if err := newController(withJournal(t, damaged)).Start(t.Context(), self); err == nil {
			t.Fatalf("started with byte %d of %d damaged", i, last)
		}
	}
}

func TestRefuses(t *testing.T) {
	fsys := vfs.NewMem()
	c := startOn(t, fsys)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	data := contents(t, fsys)
	f := func(data []byte, self metadata.Registration, want string) {
		t.Helper()
		err := newController(withJournal(t, data)).Start(t.Context(), self)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), journalName) {
			t.Errorf("got %v, want ... %s", err, want)
		}
	}
	newer := bytes.Clone(data)
	newer[headerSize-1] = 2
	f(newer, self, "format version 2, and this broker reads only 1")
	f([]byte("version=1\n"), self, "not a metadata journal")
	f(nil, self, "not a metadata journal")
	f(data[:headerSize+5], self, "the snapshot at its start is damaged")
	f(data, metadata.Registration{ID: 2}, "it belongs to the broker with node.id 1, and this one has 2")
	f(data, metadata.Registration{ID: 1, ClusterID: "BAAAAAAAQACAAAAAAAAAAg"},
		"it belongs to cluster AAAAAAAAQACAAAAAAAAAAg, and the log directories to cluster BAAAAAAAQACAAAAAAAAAAg")
}

func TestLocked(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "meta")
	settings := Settings{FS: vfs.OS{}, Dir: dir, Configs: config.NewResolver(nil), Log: zap.NewNop()}
	first, second := New(settings), New(settings)
	if err := first.Start(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context(), self); !errors.Is(err, vfs.ErrLocked) {
		t.Errorf("a second broker on the same directory: %v", err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context(), self); err != nil {
		t.Error(err)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestStartFails lets the first write of a start fail: the directory is free for the next try.
func TestStartFails(t *testing.T) {
	mem := vfs.NewMem()
	if err := startOn(t, mem).Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	fsys := &vfs.Faulty{FS: mem, Hook: func(op vfs.Op) error {
		if op.Kind == vfs.OpWrite && full != nil {
			return full
		}
		return nil
	}}
	c := newController(fsys)
	if err := c.Start(t.Context(), self); kafka.CodeOf(err) != kafka.KafkaStorageError {
		t.Fatalf("start on a full disk: %v", err)
	}
	full = nil
	if err := c.Start(t.Context(), self); err != nil {
		t.Fatal(err)
	}
	c.mustCreate(t, "t")
}

// TestSnapshots writes more than the journal may grow by and finds it small, whole, and with nothing lost.
func TestSnapshots(t *testing.T) {
	fsys := vfs.NewMem()
	c := startOn(t, fsys)
	c.mustCreate(t, "t")
	value := strings.Repeat("0:1,", 5000)
	const rounds = 200
	for i := range rounds {
		v := value + string(rune('0'+i%10)) + ":1"
		errs := c.AlterConfigs(t.Context(), []metadata.ConfigChange{{Resource: topicResource("t"),
			Ops: []metadata.ConfigEdit{{Name: "leader.replication.throttled.replicas", Value: &v}}}}, false)
		if errs[0] != nil {
			t.Fatal(errs[0])
		}
	}
	written := int64(rounds * len(value))
	if c.journal.size > written/2 {
		t.Errorf("the journal has %d bytes after %d were written", c.journal.size, written)
	}
	before := c.Image()
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	after := startOn(t, fsys).Image()
	if after.Offset != before.Offset+1 || after.TopicConfigs("t")["leader.replication.throttled.replicas"] != value+"9:1" {
		t.Errorf("offset %d, was %d; or the config is another", after.Offset, before.Offset)
	}
	entries, err := fsys.ReadDir("data/meta")
	if err != nil || len(entries) != 2 {
		t.Errorf("directory: %v, %v", entries, err)
	}
}
