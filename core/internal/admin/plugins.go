package admin

import (
	"context"
	"net/http"
	"strings"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// The largest bodies that are read.
const (
	maxPluginBytes  = 16 << 20 // the largest plugin that engines take
	maxVectorsBytes = 1 << 20
)

// Plugins is what the administration of plugins works with.
type Plugins struct {
	Registry    plugin.Registry
	Diagnostics plugin.Diagnostics
	Paths       Paths
	Metadata    Metadata
	Authorizer  auth.Authorizer
}

// Paths tells which plugins are in force on this broker.
type Paths interface {
	Path(topic string) binding.Path
	Paths() []binding.Path
	Assignor(group string) (plugin.Assignor, error)
}

// Metadata is what binding a plugin needs of the cluster's metadata.
type Metadata interface {
	Image() *metadata.Image
	AlterConfigs(ctx context.Context, changes []metadata.ConfigChange, validateOnly bool) []error
}

// pluginAPI answers everything about plugins.
type pluginAPI struct {
	Plugins
	uploading chan struct{} // one upload in memory at a time
}

func newPluginAPI(p Plugins) *pluginAPI { return &pluginAPI{p, make(chan struct{}, 1)} }

// route is what is served under a pattern of http.ServeMux, with the largest body that is read.
type route struct {
	http.Handler
	maxBody int64
}

// routes lists what is served.
func (a *pluginAPI) routes() map[string]route {
	const (
		version  = "/plugins/{name}/versions/{version}"
		topic    = "/topics/{topic}/plugins"
		assignor = "/groups/{group}/plugins/assignor"
	)
	routes := map[string]route{
		"PUT " + version:               {onlyType("application/wasm", a.asks(auth.Alter, a.deploy)), maxPluginBytes},
		"POST " + version + "/vectors": {onlyType("application/jsonl", a.asks(auth.Alter, a.vectors)), maxVectorsBytes},
	}
	for pattern, handler := range map[string]http.Handler{
		"GET /plugins":                 a.asks(auth.Describe, a.list),
		"GET /plugins/{name}":          a.asks(auth.Describe, a.describe),
		"GET /plugins/{name}/logs":     a.asks(auth.Describe, a.logs),
		"GET " + version:               a.asks(auth.Describe, a.describeVersion),
		"DELETE " + version:            a.asks(auth.Alter, a.remove),
		"POST " + version + "/release": onlyType(jsonType, a.asks(auth.Alter, a.release)),
		"GET " + topic:                 a.asksTopic(auth.DescribeConfigs, a.bindings),
		"DELETE " + topic:              a.asksTopic(auth.AlterConfigs, a.unbindAll),
		"PUT " + topic + "/{slot}":     onlyType(jsonType, a.asksTopic(auth.AlterConfigs, a.bind)),
		"DELETE " + topic + "/{slot}":  a.asksTopic(auth.AlterConfigs, a.unbind),
		"GET " + assignor:              a.asksGroup(auth.DescribeConfigs, a.assignor),
		"PUT " + assignor:              onlyType(jsonType, a.asksGroup(auth.AlterConfigs, a.bindAssignor)),
		"DELETE " + assignor:           a.asksGroup(auth.AlterConfigs, a.unbindAssignor),
	} {
		routes[pattern] = route{handler, maxBodyBytes}
	}
	return routes
}

// answer is what a request leads to: a value that is sent as JSON, nil for none.
type answer = func(r *http.Request) (any, error)

// asks lets a request through when its sender may do something to the cluster.
func (a *pluginAPI) asks(op auth.Operation, f answer) http.Handler {
	return a.authorized(op, auth.Cluster, func(*http.Request) string { return auth.ClusterName }, f)
}

func (a *pluginAPI) asksTopic(op auth.Operation, f answer) http.Handler {
	return a.authorized(op, auth.Topic, func(r *http.Request) string { return r.PathValue("topic") }, f)
}

func (a *pluginAPI) asksGroup(op auth.Operation, f answer) http.Handler {
	return a.authorized(op, auth.Group, func(r *http.Request) string { return r.PathValue("group") }, f)
}

func (a *pluginAPI) authorized(op auth.Operation, t auth.ResourceType, name func(*http.Request) string, f answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.Authorizer.Allowed(auth.Anonymous, hostOf(r), op, t, name(r)) {
			writeError(w, errNotAllowed)
			return
		}
		value, err := f(r)
		if err != nil {
			writeError(w, err)
			return
		}
		writeJSON(w, http.StatusOK, value)
	})
}

// hostOf returns the address that a request comes from, without its port.
func hostOf(r *http.Request) string {
	host, _, _ := strings.Cut(r.RemoteAddr, "%")
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = strings.Trim(host[:i], "[]")
	}
	return host
}
