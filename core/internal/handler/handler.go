package handler

import (
	"sync"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Deps is what the handlers work with.
type Deps struct {
	Self         kafka.NodeID
	Metadata     metadata.Module
	Configs      *config.Resolver
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
