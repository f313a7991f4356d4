//go:build !linux

package segment

import "github.com/jackdawmq/jackdaw/core/vfs"

// preallocate does nothing where the system has no reservation that keeps the file's length.
func preallocate(vfs.File, int64) {}
