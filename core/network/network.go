// Package network is the contract of a module that lets clients in: it accepts connections, turns bytes into api.Calls
// for the Router, and sends the responses.
package network

import (
	"context"
	"net"
)

// Listener is one way into the broker: the Kafka protocol over TCP, or an HTTP gateway. A broker may have several.
type Listener interface {
	// Name is the module's name, for messages.
	Name() string
	// Bind opens the sockets, so that every address that cannot be had is known before anything is served.
	Bind(ctx context.Context) error
	// Serve accepts connections and returns at once; failures afterwards go to the log.
	Serve() error
	// Addrs are the bound addresses with their Kafka listener names.
	Addrs() []Addr
	// Drain stops accepting and lets running requests end; it returns when no connection is left or ctx ends.
	Drain(ctx context.Context) error
	// Close drops what is left.
	Close() error
}

// Addr is a bound address.
type Addr struct {
	Listener string // the Kafka listener name: PLAINTEXT, or "" for a gateway
	Addr     net.Addr
}
