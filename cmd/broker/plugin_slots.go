package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// slotWords are the slots that a topic has.
func slotWords() []string {
	var words []string
	for _, kind := range config.SlotKinds() {
		words = append(words, kind.String())
	}
	return words
}

// slotConfigs returns the names of a slot's configs.
func slotConfigs(slot string) ([]string, error) {
	i := slices.Index(slotWords(), slot)
	if i < 0 {
		return nil, misusef("--slot %q is not one of %s", slot, strings.Join(slotWords(), ", "))
	}
	return config.SlotConfigs(config.SlotKinds()[i]), nil
}

// setConfigs returns the plugin configs that are set on a topic.
func setConfigs(ctx context.Context, admin *kadm.Client, topic string) (map[string]string, error) {
	resources, err := admin.DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return nil, err
	}
	set := map[string]string{}
	for _, r := range resources {
		if r.Err != nil {
			return nil, withMessage("topic "+topic, r.Err, r.ErrMessage)
		}
		maps.Copy(set, pluginConfigs(r.Configs))
	}
	return set, nil
}

// pluginConfigs are the configs that have to do with plugins.
func pluginConfigs(configs []kadm.Config) map[string]string {
	set := map[string]string{}
	for _, c := range configs {
		if strings.HasPrefix(c.Key, "jackdaw.") && c.Value != nil {
			set[c.Key] = *c.Value
		}
	}
	return set
}

// pathNative is the path of topics without plugins.
const pathNative = "native"

// pathOf says which way the records of a topic take, as its configs tell: natively, or through plugins.
func pathOf(topic string, set map[string]string) (path, why string) {
	plugins := config.PluginsOf(topic, set)
	if plugins == nil {
		return pathNative, "no plugin is bound"
	}
	var slots []string
	for i, slot := range []config.PluginSlot{plugins.Partitioner, plugins.Key, plugins.Value} {
		if slot.Ref == (plugin.Ref{}) {
			continue
		}
		p := slot.Policy
		slots = append(slots, fmt.Sprintf("%s is %s (%s, on.reject=%s, on.error=%s)", slotWords()[i], slot.Ref, p.Mode, p.OnReject, p.OnError))
	}
	return "plugins", strings.Join(slots, "; ")
}

// slotOf returns the slot that has a version of a plugin, or value.serializer.
func slotOf(set map[string]string, ref plugin.Ref) string {
	for _, kind := range config.SlotKinds() {
		bound, err := plugin.ParseRef(set[config.SlotConfigs(kind)[0]])
		if err == nil && ref.Name != "" && bound.Name == ref.Name {
			return kind.String()
		}
	}
	return plugin.KindValueSerializer.String()
}
