package tcp

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Config holds the module's settings, under Kafka's names and with Kafka's defaults.
type Config struct {
	RequestMaxBytes int32 `config:"socket.request.max.bytes" doc:"Largest request, in bytes. Only Produce may be as large; other requests have lower limits."`
	// QueuedMaxBytes has a default that works, unlike Kafka's, where -1 means no limit.
	QueuedMaxBytes      int64         `config:"queued.max.request.bytes" doc:"Memory for requests that are being received or handled, in bytes; connections wait when it is spent. -1: 256 MiB, or a quarter of GOMEMLIMIT or of the machine's memory if that is less."`
	MaxIdle             time.Duration `config:"connections.max.idle.ms" doc:"A connection on which nothing moved for so long is closed. -1: never, except in the middle of a request or response, after ten minutes."`
	MaxConnections      int32         `config:"max.connections" doc:"Most connections at the same time; further ones are closed at once."`
	MaxConnectionsPerIP int32         `config:"max.connections.per.ip" doc:"Most connections from one address at the same time; further ones are closed at once."`
	SendBufferBytes     int32         `config:"socket.send.buffer.bytes" doc:"SO_SNDBUF of client sockets, in bytes. -1: what the operating system chooses."`
	ReceiveBufferBytes  int32         `config:"socket.receive.buffer.bytes" doc:"SO_RCVBUF of client sockets, in bytes. -1: what the operating system chooses."`
}

// DefaultConfig returns what Kafka does when nothing is set.
func DefaultConfig() Config {
	return Config{
		RequestMaxBytes:     100 << 20,
		QueuedMaxBytes:      -1,
		MaxIdle:             10 * time.Minute,
		MaxConnections:      math.MaxInt32,
		MaxConnectionsPerIP: math.MaxInt32,
		SendBufferBytes:     100 << 10,
		ReceiveBufferBytes:  100 << 10,
	}
}

// Validate returns every mistake, each beginning with its key.
func (c Config) Validate() error {
	var errs []error
	bad := func(ok bool, key, must string) {
		if !ok {
			errs = append(errs, fmt.Errorf("%s: must be %s", key, must))
		}
	}
	bad(c.RequestMaxBytes >= 1024, "socket.request.max.bytes", "at least 1024")
	bad(c.QueuedMaxBytes == -1 || c.QueuedMaxBytes >= 1<<20, "queued.max.request.bytes", "-1 or at least 1048576")
	bad(c.MaxIdle == -time.Millisecond || c.MaxIdle > 0, "connections.max.idle.ms", "-1 or at least 1")
	bad(c.MaxConnections >= 0, "max.connections", "at least 0")
	bad(c.MaxConnectionsPerIP >= 0, "max.connections.per.ip", "at least 0")
	bad(c.SendBufferBytes == -1 || c.SendBufferBytes > 0, "socket.send.buffer.bytes", "-1 or at least 1")
	bad(c.ReceiveBufferBytes == -1 || c.ReceiveBufferBytes > 0, "socket.receive.buffer.bytes", "-1 or at least 1")
	return errors.Join(errs...)
}
