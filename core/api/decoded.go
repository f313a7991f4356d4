package api

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/wire"
)

// Message is a request message: a pointer to a kmsg request struct.
type Message[T any] interface {
	*T
	kmsg.Request
}

// maxDecoded is the longest body that is decoded into a kmsg message, in bytes. A list element of one byte becomes up to a
// hundred bytes of request and response in memory, so Kafka's own limit (socket.request.max.bytes, 100 MiB) would let one
// client take gigabytes. Requests for tens of thousands of topics fit.
const maxDecoded = 8 << 20

// Decoded makes a Route's Handle of a function that works on kmsg messages. A body that does not decode closes the
// connection, as Kafka does; so do one that is too long, and a nil response.
func Decoded[T any, R Message[T]](f func(c *Call, req R) kmsg.Response) func(*Call) {
	layouts := wire.NewLayouts(R(new(T)))
	return func(c *Call) {
		req := R(new(T))
		req.SetVersion(c.Version)
		var resp kmsg.Response
		if len(c.Body) <= maxDecoded && layouts.Decode(req, c.Body) == nil {
			resp = f(c, req)
		}
		if resp == nil {
			c.Response.None, c.Response.Close = true, true
			return
		}
		resp.SetVersion(c.Version)
		c.Response.Body = resp.AppendTo(c.Response.Body)
	}
}
