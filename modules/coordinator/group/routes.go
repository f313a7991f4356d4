package group

import (
	"math"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	wireformat "github.com/jackdawmq/jackdaw/core/wire"
)

// Routes implements coordinator.Coordinator: the versions are those of Apache Kafka 4.4.
func (c *Coordinator) Routes() []api.Route {
	return []api.Route{
		route(2, 10, c.offsetCommit),
		route(1, 10, c.offsetFetch),
		route(0, 9, c.joinGroup),
		route(0, 4, c.heartbeat),
		route(0, 5, c.leaveGroup),
		route(0, 5, c.syncGroup),
		route(0, 6, c.describeGroups),
		route(0, 5, c.listGroups),
		route(0, 3, c.deleteGroups),
		route(0, 0, c.offsetDelete),
	}
}

// message is a request message: a pointer to a kmsg request struct.
type message[T any] interface {
	*T
	kmsg.Request
}

// route makes a route of a function that works on kmsg messages. A body that does not decode, and a nil response, close the
// connection: Kafka's answer to what it cannot parse.
func route[T any, R message[T]](low, high int16, serve func(*api.Call, R) kmsg.Response) api.Route {
	layouts := wireformat.NewLayouts(R(new(T)))
	return api.Route{Key: R(new(T)).Key(), Min: low, Max: high, Handle: func(call *api.Call) {
		req := R(new(T))
		req.SetVersion(call.Version)
		var resp kmsg.Response
		if layouts.Decode(req, call.Body) == nil {
			resp = serve(call, req)
		}
		if resp == nil {
			call.Response.None, call.Response.Close = true, true
			return
		}
		resp.SetVersion(call.Version)
		call.Response.Body = resp.AppendTo(call.Response.Body)
	}}
}

// allowed asks the authorizer, if there is one, on behalf of the client behind a call.
func (c *Coordinator) allowed(call *api.Call, op auth.Operation, t auth.ResourceType, name string) bool {
	return !c.auth.Enabled() || c.auth.Allowed(call.Client.Principal, call.Client.Host(), op, t, name)
}

// tooLong reports whether a string is longer than Kafka's strings can be. Compact encodings can carry such a one, but
// records cannot hold it.
func tooLong(texts ...string) bool {
	for _, s := range texts {
		if len(s) > math.MaxInt16 {
			return true
		}
	}
	return false
}

func orEmpty(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
