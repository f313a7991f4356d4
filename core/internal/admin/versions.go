package admin

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

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
		err = kafka.Errorf(kafka.ResourceNotFound, "There is no plugin %s. GET /plugins ('broker plugin list') shows what there is.", r.PathValue("name"))
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
		var versions []string
		for i := range descriptions {
			versions = append(versions, descriptions[i].Ref.String())
		}
		return nil, kafka.Errorf(kafka.ResourceNotFound, "There is no plugin %s@%s, but %s.", r.PathValue("name"), r.PathValue("version"), strings.Join(versions, ", "))
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

// deploy stores a version, or with validate_only=true says what would become of that.
func (a *pluginAPI) deploy(r *http.Request) (any, error) {
	ref, err := plugin.ParseRef(r.PathValue("name") + "@" + r.PathValue("version"))
	if err != nil {
		return nil, kafka.Errorf(kafka.InvalidRequest, "%s", err)
	}
	validateOnly, err := flag(r, "validate_only")
	if err != nil {
		return nil, err
	}
	b, err := a.upload(r)
	if err != nil {
		return nil, err
	}
	defer a.uploaded()
	d, err := a.Registry.Deploy(r.Context(), plugin.Deployment{Ref: ref, Bytes: b, Deployer: auth.Anonymous.String(), ValidateOnly: validateOnly})
	if err != nil {
		return nil, err
	}
	return versionOf(&d), nil
}

// flag reads a parameter of the query that is true or false.
func flag(r *http.Request, name string) (bool, error) {
	switch v := r.URL.Query().Get(name); v {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, kafka.Errorf(kafka.InvalidRequest, "%s is true or false, not %q.", name, v)
	}
}

// upload reads a large body when nobody else's is in memory; the caller ends with uploaded.
func (a *pluginAPI) upload(r *http.Request) ([]byte, error) {
	select {
	case a.uploading <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	b, err := io.ReadAll(r.Body)
	if err != nil {
		a.uploaded()
	}
	return b, err
}

func (a *pluginAPI) uploaded() { <-a.uploading }

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
