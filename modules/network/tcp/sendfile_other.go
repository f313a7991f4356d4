//go:build !linux

package tcp

import (
	"errors"
	"net"
	"syscall"
)

// fileSender does not exist here: files are read and written.
type fileSender struct{}

func newFileSender(net.Conn, *progress) *fileSender { return nil }

func (*fileSender) send(syscall.RawConn, int64, int) (int, error) { return 0, errors.ErrUnsupported }

func isUnsupported(err error) bool { return errors.Is(err, errors.ErrUnsupported) }
