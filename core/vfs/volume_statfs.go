//go:build linux || darwin

package vfs

import (
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// Space answers by statfs(2).
func (OS) Space(dir string) (total, free int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, &os.PathError{Op: "statfs", Path: dir, Err: err}
	}
	block := uint64(st.Bsize)
	return clampBytes(st.Blocks, block), clampBytes(st.Bavail, block), nil
}

// clampBytes multiplies without wrapping: some file systems report absurd sizes.
func clampBytes(blocks, size uint64) int64 {
	if size != 0 && blocks > math.MaxInt64/size {
		return math.MaxInt64
	}
	return int64(blocks * size)
}

var _ Volume = OS{}
