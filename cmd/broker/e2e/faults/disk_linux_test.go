package faults_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of size bytes. The test is skipped where that is not allowed.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small file system can't be mounted here (it takes root, or CAP_SYS_ADMIN): %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// thinDisk mounts a file system of 64 MiB at dir whose bytes go to a small one: when that is full, fsync fails, after which
// nobody knows what is on the disk. (Linux 6.18 also takes some short writes to a loop device for whole ones, so what is left
// after unmounting proves nothing.) The test is skipped where that is not allowed.
func thinDisk(t *testing.T, size string) (dir, backing string) {
	t.Helper()
	backing = smallDisk(t, size)
	dir, image := filepath.Join(t.TempDir(), "thin"), filepath.Join(backing, "image")
	must(t, os.Mkdir(dir, 0o755))
	must(t, os.WriteFile(image, nil, 0o600))
	must(t, os.Truncate(image, 64<<20))
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-O", "^has_journal", "-E", "nodiscard", image).CombinedOutput(); err != nil {
		t.Skipf("a disk whose fsync fails can't be made here (it takes mkfs.ext4): %v %s", err, out)
	}
	if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		t.Skipf("a disk whose fsync fails can't be mounted here (it takes root and loop devices): %v %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir, backing
}

// fill leaves about room bytes on a small disk and returns the file that takes the rest.
func fill(t *testing.T, dir string, room int64) string {
	t.Helper()
	name := filepath.Join(dir, "filler")
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	size, err := io.Copy(file, zeros{})
	if err == nil {
		t.Fatal("the disk is endless")
	}
	if err := file.Truncate(max(size-room, 0)); err != nil {
		t.Fatal(err)
	}
	return name
}

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
