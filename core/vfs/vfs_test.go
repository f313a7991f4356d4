package vfs_test

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// each runs a test over every file system, in a directory of its own.
func each(t *testing.T, f func(t *testing.T, fsys vfs.FS, dir string)) {
	t.Run("os", func(t *testing.T) { f(t, vfs.OS{}, filepath.ToSlash(t.TempDir())) })
	t.Run("mem", func(t *testing.T) { f(t, vfs.NewMem(), "/") })
	t.Run("faulty", func(t *testing.T) {
		f(t, &vfs.Faulty{FS: vfs.NewMem(), Hook: func(vfs.Op) error { return nil }}, "/")
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, fsys vfs.FS, name, data string) vfs.File {
	t.Helper()
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	must(t, err)
	_, err = f.WriteAt([]byte(data), 0)
	must(t, err)
	return f
}

func read(t *testing.T, fsys vfs.FS, name string) string {
	t.Helper()
	f, err := fsys.OpenFile(name, os.O_RDONLY)
	must(t, err)
	defer f.Close()
	size, err := f.Size()
	must(t, err)
	data := make([]byte, size)
	if n, err := f.ReadAt(data, 0); int64(n) != size || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("read %d of %d bytes: %v", n, size, err)
	}
	return string(data)
}

func TestFiles(t *testing.T) {
	each(t, func(t *testing.T, fsys vfs.FS, dir string) {
		name := dir + "/a/b/f"
		if _, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("create below a missing directory: %v", err)
		}
		must(t, fsys.MkdirAll(dir+"/a/b"))
		must(t, fsys.MkdirAll(dir+"/a/b"))
		f := write(t, fsys, name, "hello")
		_, err := f.WriteAt([]byte("!"), 7)
		must(t, err)
		if got := read(t, fsys, name); got != "hello\x00\x00!" {
			t.Fatalf("a hole reads as %q", got)
		}
		p := make([]byte, 4)
		if n, err := f.ReadAt(p, 6); n != 2 || !errors.Is(err, io.EOF) {
			t.Fatalf("read over the end: %d, %v", n, err)
		}
		must(t, f.Truncate(2))
		must(t, f.Sync())
		must(t, fsys.SyncDir(dir+"/a/b"))
		must(t, fsys.Rename(name, dir+"/a/g"))
		if _, err := fsys.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("stat of the old name: %v", err)
		}
		must(t, fsys.Remove(dir+"/a/g"))
		must(t, fsys.Remove(dir+"/a/g"))
		if n, err := f.ReadAt(p[:2], 0); n != 2 || string(p[:2]) != "he" {
			t.Fatalf("an open file is readable after its removal: %d, %v", n, err)
		}
		must(t, f.Close())
		list, err := fsys.ReadDir(dir + "/a")
		must(t, err)
		if len(list) != 1 || list[0].Name() != "b" || !list[0].IsDir() {
			t.Fatalf("list %v", list)
		}
		must(t, fsys.Remove(dir+"/a"))
		if _, err := fsys.ReadDir(dir + "/a"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("list of a removed directory: %v", err)
		}
	})
}

func TestOpenFlags(t *testing.T) {
	each(t, func(t *testing.T, fsys vfs.FS, dir string) {
		name := dir + "/f"
		must(t, write(t, fsys, name, "contents").Close())
		if _, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL); !errors.Is(err, fs.ErrExist) {
			t.Errorf("O_EXCL of a file that is there: %v", err)
		}
		f, err := fsys.OpenFile(name, os.O_RDONLY)
		must(t, err)
		if _, err := f.WriteAt([]byte("x"), 0); err == nil {
			t.Error("a file that was opened for reading was written")
		}
		if f.Truncate(0) == nil {
			t.Error("a file that was opened for reading was truncated")
		}
		must(t, f.Close())
		if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("read of a closed file: %v", err)
		}
		if err := f.Close(); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("second Close: %v", err)
		}
		f, err = fsys.OpenFile(name, os.O_RDWR|os.O_TRUNC)
		must(t, err)
		if size, err := f.Size(); size != 0 || err != nil {
			t.Errorf("after O_TRUNC: %d bytes, %v", size, err)
		}
		must(t, f.Close())
		must(t, fsys.MkdirAll(dir+"/d/e"))
		if _, err := fsys.OpenFile(dir+"/d", os.O_RDWR|os.O_CREATE); err == nil {
			t.Error("a directory was opened for writing")
		}
		if fsys.Rename(name, dir+"/d") == nil {
			t.Error("a file replaced a directory")
		}
	})
}

func TestLock(t *testing.T) {
	name := filepath.ToSlash(t.TempDir()) + "/.lock"
	held, err := vfs.Lock(vfs.OS{}, name)
	must(t, err)
	if _, err := vfs.Lock(vfs.OS{}, name); !errors.Is(err, vfs.ErrLocked) {
		t.Fatalf("second lock: %v", err)
	}
	must(t, held.Close())
	again, err := vfs.Lock(vfs.OS{}, name)
	must(t, err)
	must(t, again.Close())
	inMemory, err := vfs.Lock(vfs.NewMem(), "/.lock")
	must(t, err)
	must(t, inMemory.Close())
}

func TestCrashCloneKeepsWhatWasSynced(t *testing.T) {
	for seed := range uint64(200) {
		m := vfs.NewMem()
		must(t, m.MkdirAll("/d"))
		must(t, m.SyncDir("/"))
		f := write(t, m, "/d/f", "durable")
		must(t, f.Sync())
		must(t, m.SyncDir("/d"))
		_, err := f.WriteAt(make([]byte, 3000), 7)
		must(t, err)
		write(t, m, "/d/new", "x")
		must(t, m.Rename("/d/f", "/d/g"))

		strict := m.CrashClone(nil)
		if got := read(t, strict, "/d/f"); got != "durable" {
			t.Fatalf("strict clone has %q", got)
		}
		if _, err := strict.Stat("/d/new"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("an unsynced file is there: %v", err)
		}
		c := m.CrashClone(rand.New(rand.NewPCG(seed, 0)))
		_, errOld := c.Stat("/d/f")
		_, errNew := c.Stat("/d/g")
		if (errOld == nil) == (errNew == nil) {
			t.Fatalf("seed %d: half a rename: old %v, new %v", seed, errOld, errNew)
		}
		name := "/d/f"
		if errNew == nil {
			name = "/d/g"
			if _, err := c.Stat("/d/new"); err != nil {
				t.Fatalf("seed %d: a later change is there, an earlier one is not: %v", seed, err)
			}
		}
		if got := read(t, c, name); len(got) < 7 || len(got) > 3007 || got[:7] != "durable" {
			t.Fatalf("seed %d: clone has %q", seed, got)
		}
	}
}

func TestTornWrite(t *testing.T) {
	broken := errors.New("disk is gone")
	fsys := &vfs.Faulty{FS: vfs.NewMem(), Hook: func(op vfs.Op) error {
		if op.Kind == vfs.OpWrite && op.Off == 3 {
			return &vfs.Torn{N: 2, Err: broken}
		}
		return nil
	}}
	f := write(t, fsys, "/f", "abc")
	if n, err := f.WriteAt([]byte("defg"), 3); n != 2 || !errors.Is(err, broken) {
		t.Fatalf("torn write: %d, %v", n, err)
	}
	if got := read(t, fsys, "/f"); got != "abcde" {
		t.Fatalf("after the torn write: %q", got)
	}
	if n, err := f.WriteAt([]byte("D"), 3); n != 1 || !errors.Is(err, broken) {
		t.Fatalf("torn behind its end: %d, %v", n, err)
	}
}

func TestExtent(t *testing.T) {
	f := write(t, vfs.NewMem(), "/f", "0123456789")
	for name, e := range map[string]vfs.Extent{
		"file": vfs.FileExtent(f, 2, 5, nil), "memory": vfs.MemExtent([]byte("23456"), nil),
	} {
		t.Run(name, func(t *testing.T) {
			data, err := io.ReadAll(io.NewSectionReader(e, 0, 100))
			if string(data) != "23456" || err != nil {
				t.Fatalf("read %q, %v", data, err)
			}
			for _, off := range []int64{-1, 5, 6} {
				if n, err := e.ReadAt(make([]byte, 1), off); n != 0 || !errors.Is(err, io.EOF) {
					t.Fatalf("read at %d: %d, %v", off, n, err)
				}
			}
			e.Release()
		})
	}
}

// released counts.
type released int

func (r *released) Release() { *r++ }

func TestExtentGivesItsReferenceBack(t *testing.T) {
	f := write(t, vfs.NewMem(), "/f", "0123456789")
	var n released
	vfs.FileExtent(f, 2, 5, &n).Release()
	vfs.MemExtent([]byte("x"), &n).Release()
	vfs.Extent{}.Release()
	if n != 2 {
		t.Errorf("released %d times, want 2", n)
	}
}

func TestSpace(t *testing.T) {
	if total, free := vfs.Space(vfs.OS{}, t.TempDir()); total <= 0 || free <= 0 || free > total {
		t.Fatalf("a volume of %d bytes with %d free", total, free)
	}
	if total, free := vfs.Space(vfs.NewMem(), "/"); total != -1 || free != -1 {
		t.Fatalf("memory has a size: %d, %d", total, free)
	}
}
