package file

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// AlterPlugins deploys and removes versions of plugins, all of them or none.
func (c *Controller) AlterPlugins(ctx context.Context, changes []metadata.PluginChange) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.ready(ctx); err != nil {
		return err
	}
	after := maps.Clone(c.state.plugins)
	var records []record
	for i := range changes {
		p := changes[i].Plugin
		was := after[p.Ref()]
		switch {
		case changes[i].Remove && was == nil:
			return kafka.Errorf(kafka.ResourceNotFound, "There is no plugin %s.", p.Ref())
		case changes[i].Remove:
			delete(after, p.Ref())
			records = append(records, record{kind: removePlugin, plugin: p})
		case was != nil && was.Digest == p.Digest:
		case was != nil:
			return kafka.Errorf(kafka.DuplicateResource, "Plugin %s exists with the digest %s. A version never changes: deploy these bytes under another version.",
				p.Ref(), plugin.Digest(was.Digest).Short())
		default:
			if err := deployable(&p); err != nil {
				return err
			}
			after[p.Ref()] = &p
			records = append(records, record{kind: deployPlugin, plugin: p})
		}
	}
	if err := c.unbound(after); err != nil {
		return err
	}
	return c.commit(records)
}

// deployable refuses names that configs could not name, or that mean something else there.
func deployable(p *metadata.Plugin) error {
	if _, err := plugin.ParseRef(p.Ref()); err != nil {
		return kafka.Errorf(kafka.InvalidRequest, "%s", err)
	}
	if plugin.ReservedName(p.Name) {
		return kafka.Errorf(kafka.InvalidRequest, "The name %s is that of a plugin of the broker itself: choose another one.", p.Name)
	}
	return nil
}

// unbound refuses to leave only some plugins when the configs of a topic or group name others.
func (c *Controller) unbound(plugins map[string]*metadata.Plugin) error {
	for _, res := range slices.SortedFunc(maps.Keys(c.state.configs), compareResources) {
		for _, ref := range config.PluginRefs(c.state.configs[res]) {
			if known(plugins, ref) || !known(c.state.plugins, ref) {
				continue
			}
			return kafka.Errorf(kafka.PolicyViolation, "Plugin %s is bound to %s. Bind another one there, or none, first.", ref, describe(res))
		}
	}
	return nil
}

func describe(res metadata.Resource) string {
	kind := "topic"
	if res.Type == metadata.GroupResource {
		kind = "group"
	}
	return fmt.Sprintf("the %s '%s'", kind, res.Name)
}

// checkPluginRefs refuses configs that name a plugin which nobody has deployed, or one that can't do what its slot asks for.
func (c *Controller) checkPluginRefs(configs map[string]string) error {
	for _, ref := range config.PluginRefs(configs) {
		if known(c.state.plugins, ref) {
			continue
		}
		hint := "there is none of that name; deploy it first"
		if versions := versionsOf(c.state.plugins, ref.Name); len(versions) > 0 {
			hint = "there is " + strings.Join(versions, ", ")
		}
		return kafka.Errorf(kafka.InvalidConfig, "Unknown plugin %s: %s", ref, hint)
	}
	if assignor, ok := config.AssignorOf(configs); ok {
		return c.checkFunctions(assignor.Ref, plugin.CanAssign, "assignor")
	}
	bound := config.PluginsOf("", configs)
	if bound == nil {
		return nil
	}
	return cmp.Or(
		c.checkSlot(&bound.Partitioner, plugin.KindPartitioner),
		c.checkSlot(&bound.Key, plugin.KindKeySerializer),
		c.checkSlot(&bound.Value, plugin.KindValueSerializer),
	)
}

func (c *Controller) checkSlot(s *config.PluginSlot, kind plugin.Kind) error {
	needs := plugin.CanValidate
	switch {
	case kind == plugin.KindPartitioner:
		needs = plugin.CanPartition
	case s.Policy.Mode == plugin.Transform:
		needs = plugin.CanSerialize
	}
	as := fmt.Sprintf("%s in mode %s", kind, s.Policy.Mode)
	return cmp.Or(c.checkFunctions(s.Ref, needs, as), c.checkFunctions(s.Shadow, needs, as))
}

// checkFunctions refuses a plugin that lacks a function; the zero reference is good.
func (c *Controller) checkFunctions(ref plugin.Ref, needs plugin.Functions, as string) error {
	has := plugin.BuiltinFunctions(ref.Name)
	for _, p := range c.state.plugins {
		if p.Ref() == ref.String() || !ref.Digest.IsZero() && p.Digest == ref.Digest {
			has = plugin.Functions(p.Functions)
		}
	}
	if ref == (plugin.Ref{}) || has.Has(needs) {
		return nil
	}
	return kafka.Errorf(kafka.InvalidConfig, "Plugin %s can't be bound as %s: its functions are %s, and %s is needed", ref, as, has, needs)
}

// known reports whether a plugin is part of the broker or deployed.
func known(plugins map[string]*metadata.Plugin, ref plugin.Ref) bool {
	if ref.Digest.IsZero() {
		return plugin.IsBuiltin(ref) || plugins[ref.String()] != nil
	}
	for _, p := range plugins {
		if p.Digest == ref.Digest {
			return true
		}
	}
	return false
}

func versionsOf(plugins map[string]*metadata.Plugin, name string) []string {
	var versions []string
	for ref, p := range plugins {
		if p.Name == name {
			versions = append(versions, ref)
		}
	}
	slices.Sort(versions)
	return versions
}
