//go:build unix

package wasm

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// reserve returns max bytes of address space outside of the Go heap. Pages take memory when they are first touched.
func reserve(max uint64) ([]byte, error) {
	if max == 0 {
		return nil, nil
	}
	return unix.Mmap(-1, 0, int(max), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|noReserve)
}

func release(b []byte) {
	if cap(b) > 0 {
		_ = unix.Munmap(b[:cap(b)]) // fails only for what reserve did not return
	}
}

// ownedByUs refuses a directory of another user.
func ownedByUs(dir string, info fs.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return foreignCache(dir)
	}
	return nil
}
