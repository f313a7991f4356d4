package tcp

import (
	"errors"
	"io"
	"net"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/core/wire"
)

const (
	headerRoom   = 9        // size, correlation id, no tags
	keptResponse = 16 << 10 // larger response buffers are not kept for the next request: connections are many
	minSendfile  = 16 << 10 // below, reading and writing a range costs less than sendfile
	maxWrite     = 1 << 20  // what is written in one go, so that slow readers can be seen to make progress
	copySize     = 64 << 10
)

// responseWriter writes responses to one connection.
type responseWriter struct {
	conn     net.Conn
	files    *fileSender // nil where there is no sendfile
	pool     *pool
	progress *progress
	metrics  *metrics

	buf     []byte // room for a header, then the body
	pieces  net.Buffers
	work    net.Buffers
	pending int    // bytes in pieces
	scratch *block // small ranges of files, copied[:used]
	used    int
}

// body returns an empty slice that the next response's body is appended to.
func (w *responseWriter) body() []byte {
	if w.buf == nil {
		w.buf = make([]byte, headerRoom, 512)
	}
	return w.buf[headerRoom:headerRoom]
}

// write sends the response of a call and releases its extents in any case.
func (w *responseWriter) write(c *api.Call) error {
	r := &c.Response
	defer r.Release()
	tags := !r.HeaderV0 && wire.ResponseHeaderHasTags(c.Key, c.Version)
	body := w.frame(c.CorrelationID, tags, r)
	head := len(body) - len(r.Body) // the header, when it is in one piece with the body
	at := 0
	err := error(nil)
	for i := range r.Splices {
		s := &r.Splices[i]
		if err = w.memory(body[at : head+s.At]); err != nil {
			break
		}
		at = head + s.At
		if err = w.extent(s.Extent); err != nil {
			break
		}
	}
	if err == nil {
		err = w.memory(body[at:])
	}
	if err == nil {
		err = w.flush()
	}
	w.reset()
	return err
}

// frame puts the header in front of the body and returns both in one piece, or adds the header as a piece of its own when
// the body is large and was built elsewhere.
func (w *responseWriter) frame(correlationID int32, tags bool, r *api.Response) []byte {
	var header [headerRoom]byte
	h := wire.AppendResponseHeader(header[:0], correlationID, tags, r.Size())
	room := w.buf[:headerRoom]
	inPlace := cap(r.Body) > 0 && cap(w.buf) > headerRoom && &r.Body[:1][0] == &w.buf[:headerRoom+1][headerRoom]
	switch {
	case inPlace:
		w.buf = w.buf[:headerRoom+len(r.Body)]
	case len(r.Body) <= keptResponse:
		w.buf = append(room, r.Body...)
	default:
		n := copy(room, h)
		w.pieces = append(w.pieces, room[:n])
		w.pending += n
		return r.Body
	}
	start := headerRoom - len(h)
	copy(w.buf[start:], h)
	return w.buf[start:]
}

func (w *responseWriter) reset() {
	clear(w.pieces[:cap(w.pieces)])
	w.pieces, w.work, w.pending = w.pieces[:0], nil, 0
	if w.scratch != nil {
		w.pool.put(w.scratch)
		w.scratch, w.used = nil, 0
	}
	if cap(w.buf) > 2*keptResponse {
		w.buf = nil
	}
}

// memory adds bytes that must stay as they are until flush.
func (w *responseWriter) memory(b []byte) error {
	for len(b) > 0 {
		n := min(len(b), maxWrite-w.pending)
		w.pieces = append(w.pieces, b[:n])
		w.pending += n
		b = b[n:]
		if w.pending == maxWrite {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes all pieces.
func (w *responseWriter) flush() (err error) {
	if w.pending == 0 {
		return nil
	}
	if len(w.pieces) == 1 {
		_, err = w.conn.Write(w.pieces[0])
	} else {
		w.work = w.pieces // WriteTo consumes it
		_, err = w.work.WriteTo(w.conn)
	}
	w.metrics.sentBytes.Add(float64(w.pending))
	w.pieces, w.pending, w.used = w.pieces[:0], 0, 0
	w.progress.sent()
	return err
}

func (w *responseWriter) extent(e vfs.Extent) error {
	f, off := e.File()
	if f == nil {
		return w.memory(e.Bytes())
	}
	if w.files == nil || e.Len() < minSendfile {
		return w.copy(e)
	}
	raw, err := f.SyscallConn()
	if err != nil {
		return w.copy(e) // vfs.ErrNoDescriptor: not a file of the operating system
	}
	if err := w.flush(); err != nil {
		return err
	}
	sent, err := w.files.send(raw, off, e.Len())
	w.metrics.sentBytes.Add(float64(sent))
	w.metrics.sendfileBytes.Add(float64(sent))
	if sent == 0 && isUnsupported(err) {
		return w.copy(e)
	}
	return err
}

// copy reads an extent and adds it.
func (w *responseWriter) copy(e vfs.Extent) error {
	for done := 0; done < e.Len(); {
		if w.scratch == nil {
			w.scratch = w.pool.get(copySize)
		}
		room := w.scratch.b[w.used:]
		if len(room) == 0 {
			if err := w.flush(); err != nil {
				return err
			}
			continue
		}
		// A write that becomes full in the middle of a piece would free the scratch block under the piece's rest.
		room = room[:min(len(room), e.Len()-done, maxWrite-w.pending)]
		n, err := e.ReadAt(room, int64(done))
		if n < len(room) {
			if err == nil || errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF // the announced size cannot be kept
			}
			return err
		}
		w.used += n
		done += n
		if err := w.memory(room); err != nil {
			return err
		}
	}
	return nil
}
