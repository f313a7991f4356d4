package admin

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// maxPluginBytes is the largest upload that is read: the largest plugin that engines take.
const maxPluginBytes = 16 << 20

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

// routes lists what is served, in the words of http.ServeMux.
func (a *pluginAPI) routes() map[string]http.Handler {
	const version = "/plugins/{name}/versions/{version}"
	return map[string]http.Handler{
		"GET /plugins":                          a.asks(auth.Describe, a.list),
		"GET /plugins/{name}":                   a.asks(auth.Describe, a.describe),
		"GET /plugins/{name}/logs":              a.asks(auth.Describe, a.logs),
		"GET " + version:                        a.asks(auth.Describe, a.describeVersion),
		"PUT " + version:                        onlyType("application/wasm", a.asks(auth.Alter, a.deploy)),
		"DELETE " + version:                     a.asks(auth.Alter, a.remove),
		"POST " + version + "/release":          onlyType(jsonType, a.asks(auth.Alter, a.release)),
		"GET /topics/{topic}/plugins":           a.asksTopic(auth.DescribeConfigs, a.bindings),
		"PUT /topics/{topic}/plugins/{slot}":    onlyType(jsonType, a.asksTopic(auth.AlterConfigs, a.bind)),
		"DELETE /topics/{topic}/plugins/{slot}": a.asksTopic(auth.AlterConfigs, a.unbind),
	}
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

// Version is a version of a plugin in answers.
type Version struct {
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	Digest     string     `json:"digest"`
	Size       int        `json:"size"` // bytes
	Kinds      []string   `json:"kinds"`
	Functions  []string   `json:"functions"`
	Imports    []string   `json:"imports"`
	DeployedAt *time.Time `json:"deployed_at"` // null for plugins of the broker
	Deployer   string     `json:"deployer"`
	Builtin    bool       `json:"builtin"`
	BoundTo    []string   `json:"bound_to"`
	LoadFailed string     `json:"load_failed"` // why it can't run; "" when it can
}

func versionOf(d *plugin.Description) Version {
	v := Version{
		Name: d.Ref.Name, Version: d.Ref.Version, Digest: d.Info.Digest.String(), Size: d.Info.Size, Kinds: []string{},
		Functions: d.Info.Functions.Names(), Imports: append([]string{}, d.Info.Imports...), Deployer: d.Deployer, Builtin: d.Builtin,
		BoundTo: append([]string{}, d.BoundTo...), LoadFailed: d.LoadFailed,
	}
	for _, kind := range d.Info.Functions.Kinds() {
		v.Kinds = append(v.Kinds, kind.String())
	}
	if !d.Deployed.IsZero() {
		at := d.Deployed.UTC()
		v.DeployedAt = &at
	}
	return v
}

func versionsOf(descriptions []plugin.Description) []Version {
	list := []Version{}
	for i := range descriptions {
		list = append(list, versionOf(&descriptions[i]))
	}
	return list
}

func (a *pluginAPI) list(r *http.Request) (any, error) {
	descriptions, err := a.Registry.List(r.Context())
	return versionsOf(descriptions), err
}

// find returns the versions of the plugin that the path names, at least one.
func (a *pluginAPI) find(r *http.Request) ([]plugin.Description, error) {
	descriptions, err := a.Registry.Describe(r.Context(), r.PathValue("name"))
	if err == nil && len(descriptions) == 0 {
		err = kafka.Errorf(kafka.ResourceNotFound, "There is no plugin %s.", r.PathValue("name"))
	}
	return descriptions, err
}

func (a *pluginAPI) findVersion(r *http.Request) (*plugin.Description, error) {
	descriptions, err := a.find(r)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(descriptions, func(d plugin.Description) bool { return d.Ref.Version == r.PathValue("version") })
	if i < 0 {
		return nil, kafka.Errorf(kafka.ResourceNotFound, "There is no plugin %s@%s.", r.PathValue("name"), r.PathValue("version"))
	}
	return &descriptions[i], nil
}

func (a *pluginAPI) describe(r *http.Request) (any, error) {
	descriptions, err := a.find(r)
	if err != nil {
		return nil, err
	}
	return Plugin{Name: r.PathValue("name"), Versions: versionsOf(descriptions), Bindings: a.usesOf(descriptions)}, nil
}

func (a *pluginAPI) describeVersion(r *http.Request) (any, error) {
	d, err := a.findVersion(r)
	if err != nil {
		return nil, err
	}
	return versionOf(d), nil
}

func (a *pluginAPI) deploy(r *http.Request) (any, error) {
	ref, err := plugin.ParseRef(r.PathValue("name") + "@" + r.PathValue("version"))
	if err != nil {
		return nil, kafka.Errorf(kafka.InvalidRequest, "%s", err)
	}
	select {
	case a.uploading <- struct{}{}:
		defer func() { <-a.uploading }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	d, err := a.Registry.Deploy(r.Context(), plugin.Deployment{Ref: ref, Bytes: b, Deployer: auth.Anonymous.String()})
	if err != nil {
		return nil, err
	}
	return versionOf(&d), nil
}

func (a *pluginAPI) remove(r *http.Request) (any, error) {
	return nil, a.Registry.Remove(r.Context(), plugin.Ref{Name: r.PathValue("name"), Version: r.PathValue("version")})
}

// Released says what the release of a plugin from quarantine did.
type Released struct {
	Released bool `json:"released"` // false: it was not in quarantine
}

func (a *pluginAPI) release(r *http.Request) (any, error) {
	d, err := a.findVersion(r)
	if err != nil {
		return nil, err
	}
	return Released{a.Diagnostics.Revive(d.Info.Digest)}, nil
}

// LogLine is a line that a plugin logged, or how it failed.
type LogLine struct {
	Time    time.Time `json:"time"`
	Level   string    `json:"level"`
	Plugin  string    `json:"plugin"`  // name@ and the first 12 digits of the digest
	Binding string    `json:"binding"` // topic or group
	Text    string    `json:"text"`
}

func (a *pluginAPI) logs(r *http.Request) (any, error) {
	descriptions, err := a.find(r)
	if err != nil {
		return nil, err
	}
	lines := []LogLine{}
	seen := map[plugin.Digest]bool{}
	for i := range descriptions {
		digest := descriptions[i].Info.Digest
		if seen[digest] {
			continue
		}
		seen[digest] = true
		for _, l := range a.Diagnostics.Logs(digest) {
			lines = append(lines, LogLine{l.Time.UTC(), l.Level, l.Plugin, l.Binding, l.Text})
		}
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.Time.Compare(b.Time) })
	return lines, nil
}

// hostOf returns the address that a request comes from, without its port.
func hostOf(r *http.Request) string {
	host, _, _ := strings.Cut(r.RemoteAddr, "%")
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = strings.Trim(host[:i], "[]")
	}
	return host
}
