package vfs_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// TestMemFileAgainstModel writes, truncates and syncs at random. What is read is what was written last, and what a crash
// without luck leaves is what was synced last.
func TestMemFileAgainstModel(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 7))
		m := vfs.NewMem()
		f := write(t, m, "/f", "")
		must(t, m.SyncDir("/"))
		var now, synced []byte
		for step := range 60 {
			switch rng.IntN(4) {
			case 0:
				must(t, f.Sync())
				synced = slices.Clone(now)
			case 1:
				size := rng.IntN(3000)
				must(t, f.Truncate(int64(size)))
				now = append(now[:min(size, len(now))], make([]byte, max(size-len(now), 0))...)
			default:
				at, data := rng.IntN(2000), bytes.Repeat([]byte{byte(step + 1)}, rng.IntN(700))
				_, err := f.WriteAt(data, int64(at))
				must(t, err)
				now = append(now, make([]byte, max(at+len(data)-len(now), 0))...)
				copy(now[at:], data)
			}
			if got := read(t, m, "/f"); got != string(now) {
				t.Fatalf("seed %d, step %d: the file differs from what was written", seed, step)
			}
			if got := read(t, m.CrashClone(nil), "/f"); got != string(synced) {
				t.Fatalf("seed %d, step %d: after a crash the file differs from what was synced", seed, step)
			}
		}
	}
}

// TestCrashCloneTearsSectors: of what was overwritten and not synced, each sector is old or new, and both happen; nothing
// else changes.
func TestCrashCloneTearsSectors(t *testing.T) {
	const sector = 512
	m := vfs.NewMem()
	f := write(t, m, "/f", string(bytes.Repeat([]byte{'a'}, 5*sector)))
	must(t, f.Sync())
	must(t, m.SyncDir("/"))
	_, err := f.WriteAt(bytes.Repeat([]byte{'b'}, 2*sector), sector)
	must(t, err)
	outcomes := map[string]bool{}
	for seed := range uint64(100) {
		got := read(t, m.CrashClone(rand.New(rand.NewPCG(seed, 0))), "/f")
		if len(got) != 5*sector {
			t.Fatalf("seed %d: %d bytes", seed, len(got))
		}
		var text []byte
		for part := range slices.Chunk([]byte(got), sector) {
			if len(slices.Compact(slices.Clone(part))) != 1 {
				t.Fatalf("seed %d: a sector is half old, half new", seed)
			}
			text = append(text, part[0])
		}
		outcomes[string(text)] = true
	}
	for _, want := range []string{"aaaaa", "abaaa", "aabaa", "abbaa"} {
		if !outcomes[want] {
			t.Errorf("%s never happened", want)
		}
	}
	if len(outcomes) != 4 {
		t.Errorf("outcomes are %v", outcomes)
	}
}

// A file that moves between directories is in one of them after a crash, or for a moment under both names, never lost.
func TestCrashCloneOfAMoveKeepsTheFile(t *testing.T) {
	m := vfs.NewMem()
	must(t, m.MkdirAll("/from"))
	must(t, m.MkdirAll("/to"))
	must(t, m.SyncDir("/"))
	must(t, write(t, m, "/from/f", "x").Sync())
	must(t, m.SyncDir("/from"))
	must(t, m.Rename("/from/f", "/to/f"))
	must(t, m.SyncDir("/to"))
	both := m.CrashClone(nil)
	if read(t, both, "/from/f") != "x" || read(t, both, "/to/f") != "x" {
		t.Error("a directory forgot what was synced in it")
	}
	f, err := both.OpenFile("/to/f", os.O_RDWR)
	must(t, err)
	_, err = f.WriteAt([]byte("y"), 0)
	must(t, err)
	if read(t, both, "/from/f") != "y" {
		t.Error("two names of one file became two files")
	}
}
