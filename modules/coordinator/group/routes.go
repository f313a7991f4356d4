package group

import (
	"math"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
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

// route makes a route of a function that works on kmsg messages: their type says which key it is.
func route[T any, R api.Message[T]](low, high int16, serve func(*api.Call, R) kmsg.Response) api.Route {
	return api.Route{Key: R(new(T)).Key(), Min: low, Max: high, Handle: api.Decoded(serve)}
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
