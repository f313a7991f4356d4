package registry

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/builtin"
)

// List returns every version of every plugin.
func (r *Registry) List(ctx context.Context) ([]plugin.Description, error) {
	return r.descriptions(ctx, func(string) bool { return true }), ctx.Err()
}

// Describe returns the versions of one name.
func (r *Registry) Describe(ctx context.Context, name string) ([]plugin.Description, error) {
	return r.descriptions(ctx, func(n string) bool { return n == name }), ctx.Err()
}

func (r *Registry) descriptions(ctx context.Context, wanted func(name string) bool) []plugin.Description {
	image := r.settings.Metadata.Image()
	var list []plugin.Description
	for _, p := range image.Plugins {
		if wanted(p.Name) {
			list = append(list, r.describe(ctx, image, p))
		}
	}
	for _, name := range plugin.BuiltinNames() {
		ref := plugin.Ref{Name: name, Version: plugin.BuiltinVersion}
		if program, ok := builtin.Program(ref); ok && wanted(name) {
			list = append(list, plugin.Description{Ref: ref, Info: program.Info(), Builtin: true, BoundTo: boundTo(image, ref)})
		}
	}
	slices.SortFunc(list, func(a, b plugin.Description) int {
		return cmp.Or(strings.Compare(a.Ref.Name, b.Ref.Name), a.Deployed.Compare(b.Deployed), strings.Compare(a.Ref.Version, b.Ref.Version))
	})
	return list
}

func (r *Registry) describe(ctx context.Context, image *metadata.Image, p *metadata.Plugin) plugin.Description {
	ref := plugin.Ref{Name: p.Name, Version: p.Version}
	e := r.examine(ctx, p)
	return plugin.Description{
		Ref: ref, Info: e.info, Deployed: time.UnixMilli(p.DeployedAt), Deployer: p.Deployer,
		BoundTo: append(boundTo(image, ref), boundTo(image, plugin.Ref{Digest: p.Digest})...), LoadFailed: e.refused,
	}
}

// examine says what this broker's engine thinks of a deployed plugin.
func (r *Registry) examine(ctx context.Context, p *metadata.Plugin) examined {
	r.mu.Lock()
	e, ok := r.known[p.Digest]
	r.mu.Unlock()
	if ok {
		return e
	}
	b, err := r.store.get(ctx, p.Digest)
	if err != nil {
		return examined{plugin.Info{Digest: p.Digest, Size: int(p.Size)}, err.Error()}
	}
	return r.check(ctx, p.Digest, b)
}

// check asks the engine about bytes and remembers what it says.
func (r *Registry) check(ctx context.Context, d plugin.Digest, b []byte) examined {
	e := examined{info: plugin.Info{Digest: d, Size: len(b)}}
	engine := r.engine.Load()
	if engine == nil {
		e.refused = "the broker is starting or stopping"
		return e
	}
	info, err := (*engine).Check(ctx, b)
	if err == nil {
		e.info = info
	} else {
		e.refused = err.Error()
	}
	if _, refused := errors.AsType[*plugin.Refusal](err); err == nil || refused {
		r.remember(d, e)
	}
	return e
}

// boundTo lists what is bound to a reference: "topic NAME slot" and "group NAME".
func boundTo(image *metadata.Image, ref plugin.Ref) []string {
	var bound []string
	for res := range maps.Keys(image.Configs) {
		set := image.Configs[res]
		switch {
		case !slices.Contains(config.PluginRefs(set), ref):
		case res.Type == metadata.GroupResource:
			bound = append(bound, "group "+res.Name)
		default:
			for _, slot := range slotsOf(set, ref) {
				bound = append(bound, "topic "+res.Name+" "+slot)
			}
		}
	}
	slices.Sort(bound)
	return bound
}

// slotsOf lists the slots of a topic that name a reference.
func slotsOf(set map[string]string, ref plugin.Ref) []string {
	var slots []string
	for _, kind := range config.SlotKinds() {
		names := config.SlotConfigs(kind)
		for name, slot := range map[string]string{names[0]: kind.String(), names[len(names)-1]: kind.String() + ".shadow"} {
			if named, err := plugin.ParseRef(strings.TrimSpace(set[name])); err == nil && named == ref {
				slots = append(slots, slot)
			}
		}
	}
	return slots
}
