package refusal

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	// requestHeader is what every request begins with: size, API key, version, correlation id.
	requestHeader = 4 + 2 + 2 + 4
	// responseHeader is what every response begins with: size, correlation id.
	responseHeader = 4 + 4
	// maxResponse is the largest response that is read: a thousand record errors of a kilobyte, and room.
	maxResponse = 2 << 20
	// maxPending bounds the requests that are remembered until their response: with acks=0 there is none.
	maxPending = 64
)

// conn is a connection whose Produce responses go to a log as well.
type conn struct {
	net.Conn
	log *Log

	mu      sync.Mutex
	pending map[int32]int16 // versions of the Produce requests without a response yet, by correlation id

	// What has come of the response that is being read. The client's one reading goroutine owns it.
	head    []byte
	body    []byte
	missing int // bytes of the body that are still to come
	wanted  bool
	version int16
}

func (l *Log) watch(c net.Conn) *conn { return &conn{Conn: c, log: l, pending: map[int32]int16{}} }

// Write remembers a Produce request: the client writes each request at once.
func (c *conn) Write(b []byte) (int, error) {
	if len(b) >= requestHeader && int(binary.BigEndian.Uint32(b)) == len(b)-4 && kmsg.Key(binary.BigEndian.Uint16(b[4:])) == kmsg.Produce {
		c.mu.Lock()
		if len(c.pending) < maxPending {
			c.pending[int32(binary.BigEndian.Uint32(b[8:]))] = int16(binary.BigEndian.Uint16(b[6:]))
		}
		c.mu.Unlock()
	}
	return c.Conn.Write(b)
}

// Read shows the log what is read.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for rest := b[:n]; len(rest) > 0; {
		rest = c.scan(rest)
	}
	return n, err
}

// scan takes the next bytes of the stream in and returns those behind them.
func (c *conn) scan(b []byte) []byte {
	if c.missing == 0 {
		n := min(responseHeader-len(c.head), len(b))
		if c.head = append(c.head, b[:n]...); len(c.head) == responseHeader {
			c.begin()
		}
		return b[n:]
	}
	n := min(c.missing, len(b))
	if c.wanted {
		c.body = append(c.body, b[:n]...)
	}
	if c.missing -= n; c.missing == 0 {
		c.end()
	}
	return b[n:]
}

// begin looks at the head of a response.
func (c *conn) begin() {
	c.missing = max(0, int(binary.BigEndian.Uint32(c.head))-4)
	correlation := int32(binary.BigEndian.Uint32(c.head[4:]))
	c.head = c.head[:0]
	c.mu.Lock()
	c.version, c.wanted = c.pending[correlation], false
	if _, ok := c.pending[correlation]; ok {
		delete(c.pending, correlation)
		c.wanted = c.missing <= maxResponse
	}
	c.mu.Unlock()
}

// end reads a Produce response that is whole. One that can't be read is the client's to report.
func (c *conn) end() {
	if !c.wanted {
		return
	}
	response := kmsg.NewPtrProduceResponse()
	response.SetVersion(c.version)
	body := c.body
	c.body = nil // the response may refer to it
	if response.IsFlexible() {
		body = body[min(1, len(body)):] // the header ends with tags, of which there are none
	}
	if response.ReadFrom(body) == nil {
		c.log.take(response)
	}
}
