package api

import (
	"context"
	"net/netip"
	"time"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// Call is one request on its way through the broker. A network module owns it and may use it again for the connection's
// next request, so handlers keep neither the Call nor Body after they return.
type Call struct {
	Key           int16
	Version       int16
	CorrelationID int32
	// Body is the request after its header. It belongs to the connection and is overwritten after the handler returned.
	Body []byte

	ClientID   string // "" when the client sent null
	Client     Client
	Received   time.Time
	Connection *Connection

	Response Response

	ctx context.Context
}

// Client is what is known of the connection's other side.
type Client struct {
	Principal auth.Principal
	Addr      netip.AddrPort
	// Listener is the name of the Kafka listener that the request came in on; it decides which advertised addresses
	// Metadata answers.
	Listener string
}

// Host returns the client's address as ACLs and group descriptions show it: "/" and the IP address.
func (c *Client) Host() string { return "/" + c.Addr.Addr().Unmap().String() }

// Connection holds what handlers learn about a connection and keep for its later requests.
type Connection struct {
	// SoftwareName and SoftwareVersion are what ApiVersions v3 and later told (KIP-511).
	SoftwareName, SoftwareVersion string
}

// Context is done when the connection closes or the broker drains: a handler that waits must then answer or give up.
func (c *Call) Context() context.Context {
	if c.ctx == nil {
		return context.Background()
	}
	return c.ctx
}

// SetContext is for network modules.
func (c *Call) SetContext(ctx context.Context) { c.ctx = ctx }

// Response is what a handler answers: bytes, between which ranges of log segments can be spliced.
type Response struct {
	// Body is the response after its header. Handlers append to it; its memory belongs to the connection.
	Body []byte
	// Splices are extents that go out between the bytes of Body, in ascending order of At. The connection releases them.
	Splices []Splice
	// None says that no response is sent at all: Produce with acks=0.
	None bool
	// Close says that the connection must be closed, after the response if there is one: Kafka's answer to requests that
	// it cannot parse and to a failed produce with acks=0.
	Close bool
	// Throttle is how long the connection stays mute after the response (KIP-219).
	Throttle time.Duration
	// HeaderV0 asks for the response header without a tag section in a flexible version: ApiVersions only.
	HeaderV0 bool
}

// Splice is an extent that goes out after the first At bytes of Response.Body.
type Splice struct {
	At     int
	Extent vfs.Extent
}

// Splice appends an extent at the current end of Body. The response takes over its release.
func (r *Response) Splice(e vfs.Extent) {
	r.Splices = append(r.Splices, Splice{At: len(r.Body), Extent: e})
}

// Size returns the number of bytes that go out after the response header.
func (r *Response) Size() int {
	n := len(r.Body)
	for i := range r.Splices {
		n += r.Splices[i].Extent.Len()
	}
	return n
}

// Reset makes the response empty for the next request, keeping its memory. Extents must have been released.
func (r *Response) Reset() {
	clear(r.Splices)
	*r = Response{Body: r.Body[:0], Splices: r.Splices[:0]}
}

// Release gives all extents back.
func (r *Response) Release() {
	for i := range r.Splices {
		r.Splices[i].Extent.Release()
	}
	clear(r.Splices)
	r.Splices = r.Splices[:0]
}
