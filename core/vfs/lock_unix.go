//go:build unix

package vfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

func flock(fd uintptr) error {
	err := unix.Flock(int(fd), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrLocked
	}
	return err
}
