package plugin

import (
	"context"
	"time"
)

// Bindings tells which plugins are in force.
type Bindings interface {
	// Chain returns the chain of a topic: nil when none of its slots names a plugin. The error is a *Failure with
	// NotLoaded, which clients retry, while the topic names a plugin that this broker has not loaded yet.
	Chain(topic string) (*Chain, error)
	// Assignor returns the assignor bound to a group; nil when none is. The binding owns it.
	Assignor(group string) (Assignor, error)
}

// Registry keeps the plugins of a cluster: their bytes by digest, and names with versions that point to digests. A
// version never changes.
type Registry interface {
	// Lookup loads a plugin; the caller closes the program. An unknown name is INVALID_CONFIG; a plugin whose bytes are
	// not here yet is a *Failure with NotLoaded.
	Lookup(ctx context.Context, ref Ref) (Program, error)
	// Deploy checks and compiles a plugin, tries it, stores it, and lets name@version point to it once it is durable. The
	// same bytes again do nothing; a version that exists with another digest is refused. With ValidateOnly nothing is stored
	// or changed, and the answer is what it would have been. Errors are *Refusal and *Failure
	// when the plugin is at fault, and those of metadata.Controller.AlterPlugins.
	Deploy(ctx context.Context, d Deployment) (Description, error)
	// List returns every version of every plugin, by name and then by time of deployment.
	List(ctx context.Context) ([]Description, error)
	// Describe returns the versions of one name, oldest first; empty for an unknown name.
	Describe(ctx context.Context, name string) ([]Description, error)
	// Remove forgets a version. It is refused while a topic or group is bound to it.
	Remove(ctx context.Context, ref Ref) error
}

// Module is what a registry module provides: it has a life of its own.
type Module interface {
	Registry
	// Start begins to load what is deployed, in the background, and then deploys what the settings name.
	Start(ctx context.Context) error
	// Settled is closed once all that Start began has come to an end, good or bad.
	Settled() <-chan struct{}
	// Stop unloads all plugins once the calls under way ended.
	Stop(ctx context.Context) error
}

// Diagnostics lets operators look after the plugins of this broker.
type Diagnostics interface {
	// Revive ends the quarantine of a digest and reports whether there was one.
	Revive(d Digest) bool
	// Logs returns the last lines that a digest logged, oldest first, and how it failed.
	Logs(d Digest) []LogLine
}

// Deployment is a version of a plugin that is to be deployed.
type Deployment struct {
	Ref      Ref    // name and version
	Bytes    []byte // must not change
	Deployer string // principal; "" for the config file
	// ValidateOnly makes it a question: what would be said to this deployment?
	ValidateOnly bool
	// Vectors are test vectors (sdk/vectors) that must pass before anything is stored; nil: none.
	Vectors []byte
}

// Description is one deployed version of a plugin.
type Description struct {
	Ref        Ref // name and version
	Info       Info
	Deployed   time.Time
	Deployer   string   // principal; "" from the config file
	Builtin    bool     // native, part of the broker
	BoundTo    []string // "topic NAME slot", "group NAME"
	LoadFailed string   // why it can't run on this broker; "" when it can
}
