package file

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// FuzzJournal feeds the start any bytes: it ends with a state or an error, and a state survives being written again.
func FuzzJournal(f *testing.F) {
	fsys := vfs.NewMem()
	c := startOn(f, fsys)
	c.mustCreate(f, "a", "b")
	f.Add(contents(f, fsys))
	f.Add(contents(f, fsys)[headerSize:])
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkHeader(data) != nil {
			data = append(append([]byte(magic), 0, 0, 0, formatVersion), data...)
		}
		s, _, end, err := replayFrames(data)
		if err != nil {
			return
		}
		if end > len(data) {
			t.Fatalf("%d bytes of %d", end, len(data))
		}
		again, err := readSnapshot(s.snapshot())
		if err != nil {
			t.Fatalf("a state that was read cannot be written: %v", err)
		}
		if again.offset != s.offset || len(again.topics) != len(s.topics) || len(again.plugins) != len(s.plugins) || again.nextProducerID != s.nextProducerID {
			t.Fatalf("%+v became %+v", s, again)
		}
	})
}

// FuzzRecords feeds the decoders payloads whose checksum would be right.
func FuzzRecords(f *testing.F) {
	s := fresh(self)
	s.plugins["geo@1"] = &metadata.Plugin{Name: "geo", Version: "1", Size: 5, DeployedAt: 7, Deployer: "User:x"}
	f.Add(s.snapshot())
	f.Add([]byte{4, 7, 1})
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, _ = readSnapshot(payload)
		_ = fresh(self).replay(payload)
	})
}
