package tcp

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// maxSendfile is what one sendfile call is asked for.
const maxSendfile = 4 << 20

// fileSender sends ranges of files to one TCP connection by sendfile(2) with an explicit offset, so that many connections
// share one descriptor. (net.TCPConn.ReadFrom moves the file's own position.) Its functions are bound once: sending
// allocates nothing.
type fileSender struct {
	conn     syscall.RawConn
	progress *progress

	in   int
	off  int64
	left int
	sent int
	err  error

	withFile func(fd uintptr)
	withConn func(fd uintptr) bool
}

// newFileSender returns nil when c is no TCP connection: what TLS sends must go through user space.
func newFileSender(c net.Conn, p *progress) *fileSender {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	s := &fileSender{conn: raw, progress: p}
	s.withFile, s.withConn = s.control, s.write
	return s
}

// send sends n bytes of file from off. Control keeps the descriptor open meanwhile, also when the file is closed.
func (s *fileSender) send(file syscall.RawConn, off int64, n int) (sent int, err error) {
	s.off, s.left, s.sent, s.err = off, n, 0, nil
	if err := file.Control(s.withFile); err != nil {
		return 0, err
	}
	return s.sent, s.err
}

func (s *fileSender) control(fd uintptr) {
	s.in = int(fd)
	if err := s.conn.Write(s.withConn); err != nil && s.err == nil {
		s.err = err
	}
}

// write is called whenever the socket may take bytes; false waits for the next time.
func (s *fileSender) write(fd uintptr) bool {
	for s.left > 0 {
		n, err := syscall.Sendfile(int(fd), s.in, &s.off, min(s.left, maxSendfile))
		if n > 0 {
			s.left -= n
			s.sent += n
			s.progress.sent()
		}
		switch {
		case err == syscall.EAGAIN:
			return false
		case err == syscall.EINTR:
		case err != nil:
			s.err = os.NewSyscallError("sendfile", err)
			return true
		case n == 0:
			s.err = io.ErrUnexpectedEOF // the file is shorter than its extent
			return true
		}
	}
	return true
}

// isUnsupported reports whether a file system cannot do sendfile.
func isUnsupported(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOSYS) || errors.Is(err, syscall.EOPNOTSUPP)
}
