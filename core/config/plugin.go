package config

import (
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

// DeadLetterTopic is the config of a topic that all its slots share.
const DeadLetterTopic = "jackdaw.dlq.topic"

const (
	assignorName   = "jackdaw.assignor"
	assignorConfig = "jackdaw.assignor.config"
)

// Plugins are the plugin configs of a topic. Two of them are equal when == says so.
type Plugins struct {
	Partitioner, Key, Value PluginSlot
	// DeadLetters is jackdaw.dlq.topic, or what it is when it is not set: the topic's name and ".dlq".
	DeadLetters string
}

// PluginSlot says which plugin runs in one place and how. A slot whose Ref is zero has no plugin.
type PluginSlot struct {
	Ref    plugin.Ref
	Shadow plugin.Ref // zero: none
	Policy plugin.Policy
	Config string // "" for none
}

// Bound reports whether the slot has a plugin.
func (s *PluginSlot) Bound() bool { return s.Ref != plugin.Ref{} }

// AssignorBinding is the plugin that assigns partitions in a group.
type AssignorBinding struct {
	Ref    plugin.Ref
	Config string // "" for none
}

// slotName returns the config that names the plugin of a slot; the slot's other configs begin with it.
func slotName(k plugin.Kind) string { return "jackdaw." + k.String() }

// SlotKinds are the kinds that can be bound to a topic, in the order in which they run.
func SlotKinds() [3]plugin.Kind {
	return [3]plugin.Kind{plugin.KindPartitioner, plugin.KindKeySerializer, plugin.KindValueSerializer}
}

// SlotConfigs lists the configs of the slot for plugins of a kind: plugin, mode, config, on.reject, on.error, shadow. The slot
// of a group has only plugin and config.
func SlotConfigs(k plugin.Kind) []string {
	if k == plugin.KindAssignor {
		return []string{assignorName, assignorConfig}
	}
	name := slotName(k)
	return []string{name, name + ".mode", name + ".config", name + ".on.reject", name + ".on.error", name + ".shadow"}
}

// PluginsOf reads the plugin configs out of the configs that were set on a topic. It returns nil when no slot has a
// plugin. Values that Check would refuse count as not set.
func PluginsOf(topic string, set map[string]string) *Plugins {
	var p Plugins
	bound := false
	for _, kind := range SlotKinds() {
		slot, err := slotOf(kind, set)
		if err != nil || slot.Ref == (plugin.Ref{}) {
			continue
		}
		*p.slot(kind), bound = slot, true
	}
	if !bound {
		return nil
	}
	p.DeadLetters = deadLetters(topic, set)
	return &p
}

// AssignorOf reads the plugin configs out of the configs that were set on a group; ok is false when no plugin is bound.
func AssignorOf(set map[string]string) (b AssignorBinding, ok bool) {
	ref, err := refOf(set, assignorName)
	return AssignorBinding{ref, strings.TrimSpace(set[assignorConfig])}, err == nil && ref != plugin.Ref{}
}

// PluginRefs lists the plugins that the configs set on a topic or group name, so that unknown ones can be refused.
func PluginRefs(set map[string]string) []plugin.Ref {
	var refs []plugin.Ref
	names := []string{assignorName}
	for _, kind := range SlotKinds() {
		names = append(names, slotName(kind), slotName(kind)+".shadow")
	}
	for _, name := range names {
		if ref, err := refOf(set, name); err == nil && ref != (plugin.Ref{}) {
			refs = append(refs, ref)
		}
	}
	return refs
}

func (p *Plugins) slot(k plugin.Kind) *PluginSlot {
	switch k {
	case plugin.KindPartitioner:
		return &p.Partitioner
	case plugin.KindKeySerializer:
		return &p.Key
	default:
		return &p.Value
	}
}

// slotOf reads the configs of one slot.
func slotOf(k plugin.Kind, set map[string]string) (PluginSlot, error) {
	name := slotName(k)
	s := PluginSlot{Policy: plugin.DefaultPolicy(k), Config: strings.TrimSpace(set[name+".config"])}
	var err error
	if s.Ref, err = refOf(set, name); err != nil {
		return s, err
	}
	if s.Shadow, err = refOf(set, name+".shadow"); err != nil {
		return s, err
	}
	if v, ok := set[name+".mode"]; ok {
		if s.Policy.Mode, err = plugin.ParseMode(strings.TrimSpace(v)); err != nil {
			return s, err
		}
	}
	if v, ok := set[name+".on.reject"]; ok {
		if s.Policy.OnReject, err = plugin.ParseOnReject(strings.TrimSpace(v)); err != nil {
			return s, err
		}
	}
	if v, ok := set[name+".on.error"]; ok {
		if s.Policy.OnError, err = plugin.ParseOnError(strings.TrimSpace(v)); err != nil {
			return s, err
		}
	}
	return s, s.Policy.Check(k)
}

// refOf returns the plugin that a config names; the zero Ref when it is not set.
func refOf(set map[string]string, name string) (plugin.Ref, error) {
	v, ok := set[name]
	if !ok {
		return plugin.Ref{}, nil
	}
	return plugin.ParseRef(strings.TrimSpace(v))
}

func deadLetters(topic string, set map[string]string) string {
	if v := strings.TrimSpace(set[DeadLetterTopic]); v != "" {
		return v
	}
	return topic + ".dlq"
}

// checkPlugins checks what no single value shows: each has been checked on its own.
func checkPlugins(topic string, set map[string]string) error {
	if kafka.IsInternal(topic) {
		for name := range set {
			if strings.HasPrefix(name, "jackdaw.") {
				return kafka.Errorf(kafka.InvalidConfig, "%s is for topics that clients write to: %s is internal", name, topic)
			}
		}
		return nil
	}
	sends := false
	for _, kind := range SlotKinds() {
		s, err := slotOf(kind, set)
		if err != nil {
			return kafka.Errorf(kafka.InvalidConfig, "%s: %s", slotName(kind), err)
		}
		sends = sends || s.Policy.OnReject == plugin.DeadLetter
	}
	letters := deadLetters(topic, set)
	_, named := set[DeadLetterTopic]
	if !named && !sends {
		return nil
	}
	switch err := kafka.CheckTopicName(letters); {
	case err != nil:
		return kafka.Errorf(kafka.InvalidConfig, "%s: %s", DeadLetterTopic, *kafka.MessageOf(err))
	case letters == topic, kafka.IsInternal(letters):
		return kafka.Errorf(kafka.InvalidConfig, "%s: %s can't hold what %s refuses", DeadLetterTopic, letters, topic)
	}
	return nil
}
