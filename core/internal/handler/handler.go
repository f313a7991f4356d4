package handler

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// Deps is what the handlers work with.
type Deps struct {
	Self         kafka.NodeID
	Metadata     metadata.Module
	Configs      config.Resolver
	Authorizer   auth.Authorizer
	Partitions   *partition.Set
	Fetch        FetchSettings
	Coordinators []coordinator.Coordinator
	Log          *zap.Logger
}

// Handlers answers every API key that no coordinator module answers.
type Handlers struct {
	Deps
	router       *api.Router // what ApiVersions lists
	sessions     *sessionCache
	producerIDs  producerIDBlock
	produceCalls sync.Pool // of *produceCall
	fetchCalls   sync.Pool // of *fetchCall
}

// New returns the handlers of a broker.
func New(d Deps) *Handlers {
	return &Handlers{Deps: d, router: &api.Router{}, sessions: newSessionCache(d.Fetch.SessionSlots)}
}

// Serve tells the handlers which router they are part of. It is built after them, from their routes among others; until
// then ApiVersions lists nothing.
func (h *Handlers) Serve(router *api.Router) { h.router = router }

// allowed asks the authorizer, if there is one, on behalf of the client behind c.
func (h *Handlers) allowed(c *api.Call, op auth.Operation, t auth.ResourceType, name string) bool {
	return !h.Authorizer.Enabled() || h.Authorizer.Allowed(c.Client.Principal, c.Client.Host(), op, t, name)
}

// message is a request message: a pointer to a kmsg request struct.
type message[T any] interface {
	*T
	kmsg.Request
}

// maxDecoded is the longest body that is decoded into a kmsg message, in bytes. A list element of one byte becomes up to a
// hundred bytes of request and response in memory, so Kafka's own limit (socket.request.max.bytes, 100 MiB) would let one
// client take gigabytes. Requests for tens of thousands of topics fit.
const maxDecoded = 8 << 20

// decoded wraps a handler that works on kmsg messages. A body that does not decode closes the connection, as Kafka does;
// so does one that is too long. A nil response sends nothing.
func decoded[T any, R message[T]](f func(c *api.Call, req R) kmsg.Response) func(*api.Call) {
	layouts := wire.NewLayouts(R(new(T)))
	return func(c *api.Call) {
		req := R(new(T))
		req.SetVersion(c.Version)
		if len(c.Body) > maxDecoded || layouts.Decode(req, c.Body) != nil {
			c.Response.None, c.Response.Close = true, true
			return
		}
		resp := f(c, req)
		if resp == nil {
			c.Response.None = true
			return
		}
		resp.SetVersion(c.Version)
		c.Response.Body = resp.AppendTo(c.Response.Body)
	}
}
