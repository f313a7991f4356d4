package config

import (
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Resolver answers what configs are in force: it knows the broker's static settings and the definitions, and is given the
// metadata image for everything dynamic; a nil image has nothing dynamic. It is immutable and safe for all goroutines.
type Resolver struct {
	static                           map[string]string
	self                             string // node.id: the name of this broker's config resource
	topics, groups, brokers, metrics table
}

// NewResolver returns a Resolver. static holds the broker configs that were set before the start, by Kafka name, in
// Kafka's text form; Settings.Static makes it.
func NewResolver(static map[string]string) *Resolver {
	r := &Resolver{
		static:  maps.Clone(static),
		topics:  newTable(topicDefinitions()),
		groups:  newTable(groupDefinitions()),
		brokers: newTable(brokerDefinitions()),
		metrics: newTable(clientMetricsDefinitions()),
	}
	if r.static == nil {
		r.static = map[string]string{}
	}
	r.self, _ = r.Value(nil, "node.id")
	r.static["broker.id"] = r.self // Kafka fills in the old name
	return r
}

// table holds the definitions of one resource type.
type table struct {
	list   []Definition
	byName map[string]*Definition
}

func newTable(list []Definition) table {
	t := table{list: list, byName: make(map[string]*Definition, len(list))}
	for i := range list {
		t.byName[list[i].Name] = &list[i]
	}
	return t
}

// Definition returns the definition of a config of a resource type, or nil when the name is unknown.
func (r *Resolver) Definition(t metadata.ResourceType, name string) *Definition {
	switch t {
	case metadata.TopicResource:
		return r.topics.byName[name]
	case metadata.GroupResource:
		return r.groups.byName[name]
	case metadata.BrokerResource:
		return r.brokers.byName[name]
	case metadata.ClientMetricsResource:
		return r.metrics.byName[name]
	default:
		return nil
	}
}

// Value returns a broker config in force, by its Kafka name: dynamic per broker, dynamic default, static, default.
func (r *Resolver) Value(image *metadata.Image, name string) (string, bool) {
	for _, layer := range r.layers(image, r.self) {
		if v, ok := layer.get(name); ok {
			return v, true
		}
	}
	return "", false
}

// layer is one place that broker configs come from.
type layer struct {
	source   Source
	values   map[string]string
	defaults table // used by the last layer instead of values
}

func (l layer) get(name string) (string, bool) {
	if l.source != SourceDefault {
		v, ok := l.values[name]
		return v, ok
	}
	if d := l.defaults.byName[name]; d != nil && d.Default != nil {
		return *d.Default, true
	}
	return "", false
}

// layers lists where the configs of a broker come from, highest precedence first. Without an image there are no dynamic
// ones.
func (r *Resolver) layers(image *metadata.Image, broker string) [4]layer {
	l := [4]layer{
		{source: SourceDynamicBroker},
		{source: SourceDynamicDefaultBroker},
		{source: SourceStaticBroker, values: r.static},
		{source: SourceDefault, defaults: r.brokers},
	}
	if image != nil {
		l[0].values = image.Configs[metadata.Resource{Type: metadata.BrokerResource, Name: broker}]
		l[1].values = image.Configs[metadata.Resource{Type: metadata.BrokerResource}]
	}
	return l
}

// inherited returns what a topic or group config is when it was not set there: the first of its broker synonyms that has
// a value, in the config's own unit, else its default. Kafka prefers ...ms over ...minutes over ...hours wherever each was
// set.
func (r *Resolver) inherited(image *metadata.Image, d *Definition) (string, bool) {
	for _, synonym := range d.Synonyms {
		if v, ok := r.Value(image, synonym); ok {
			return inMillis(synonym, v), true
		}
	}
	if d.Default == nil {
		return "", false
	}
	return *d.Default, true
}

// inMillis converts the value of a broker config that counts minutes or hours; others stay as they are. A negative time
// means for ever in each unit.
func inMillis(name, v string) string {
	var unit int64
	switch {
	case strings.HasSuffix(name, ".hours"):
		unit = time.Hour.Milliseconds()
	case strings.HasSuffix(name, ".minutes"):
		unit = time.Minute.Milliseconds()
	default:
		return v
	}
	n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
	switch {
	case err != nil:
		return v
	case n < 0:
		return "-1"
	}
	return strconv.FormatInt(n*unit, 10)
}
