package vfs

import (
	"errors"
	"io"
	"os"
)

// ErrLocked says that another process holds a lock file.
var ErrLocked = errors.New("vfs: locked by another process")

// Lock creates the file name if need be and takes the system's advisory lock on it (flock(2)), which ends with the
// process. ErrLocked says that another process has it. Closing what is returned gives the lock up; the file stays.
// Files that the operating system does not know are not locked: nobody else can see them.
func Lock(fsys FS, name string) (io.Closer, error) {
	f, err := fsys.OpenFile(name, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	conn, err := f.SyscallConn()
	if errors.Is(err, ErrNoDescriptor) {
		return f, nil
	}
	var lockErr error
	if err == nil {
		err = conn.Control(func(fd uintptr) { lockErr = flock(fd) })
	}
	if err := errors.Join(err, lockErr); err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}
