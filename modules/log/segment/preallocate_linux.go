package segment

import (
	"golang.org/x/sys/unix"

	"github.com/jackdawmq/jackdaw/core/vfs"
)

// preallocate reserves disk space for a segment without changing the file's length. It is a hint: failure costs nothing.
func preallocate(file vfs.File, size int64) {
	conn, err := file.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.Fallocate(int(fd), unix.FALLOC_FL_KEEP_SIZE, 0, size)
	})
}
