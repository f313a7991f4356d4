package config

import (
	"maps"
	"slices"

	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Describe lists the configs of a resource with sources and synonyms: topics and groups all of theirs, the broker named by
// its id every broker config, the broker resource "" only what is set dynamically.
func (r *Resolver) Describe(image *metadata.Image, res metadata.Resource) []Entry {
	var set map[string]string
	if image != nil {
		set = image.Configs[res]
	}
	switch res.Type {
	case metadata.TopicResource:
		return r.describeInheriting(image, &r.topics, SourceTopic, set)
	case metadata.GroupResource:
		return r.describeInheriting(image, &r.groups, SourceGroup, set)
	case metadata.ClientMetricsResource:
		return r.describeInheriting(image, &r.metrics, SourceClientMetrics, set)
	case metadata.BrokerResource:
		if res.Name == "" {
			return r.describeClusterDefault(set)
		}
		return r.describeBroker(image, res.Name, set)
	default:
		return nil
	}
}

// describeInheriting lists the configs of a resource whose defaults are broker configs.
func (r *Resolver) describeInheriting(image *metadata.Image, t *table, own Source, set map[string]string) []Entry {
	entries := make([]Entry, 0, len(t.list))
	for i := range t.list {
		d := &t.list[i]
		v, isSet := set[d.Name]
		if d.OnlyWhenSet && !isSet {
			continue
		}
		e := Entry{Definition: d, Name: d.Name, Type: d.Type, Source: SourceDefault}
		if isSet {
			e.Synonyms = append(e.Synonyms, Synonym{d.Name, &v, own})
		} else if inherited, ok := r.inherited(image, d); ok {
			v = inherited
		}
		e.Value = &v
		e.Synonyms = append(e.Synonyms, r.synonyms(image, r.self, d.Synonyms, false)...)
		if len(e.Synonyms) > 0 {
			e.Source = e.Synonyms[0].Source
		}
		entries = append(entries, e)
	}
	return entries
}

// synonyms lists where the first of the given broker configs can come from: by source, and within a source by name. As in
// Kafka, what stands before the first entry of that first name is dropped, and with it, when that one has no value
// anywhere, all of them: retention.ms lists no log.retention.hours.
func (r *Resolver) synonyms(image *metadata.Image, broker string, names []string, sensitive bool) []Synonym {
	var all []Synonym
	for _, layer := range r.layers(image, broker) {
		for _, name := range names {
			v, ok := layer.get(name)
			if !ok || len(all) == 0 && name != names[0] {
				continue
			}
			s := Synonym{name, &v, layer.source}
			if sensitive {
				s.Value = nil
			}
			all = append(all, s)
		}
	}
	return all
}

func (r *Resolver) describeBroker(image *metadata.Image, broker string, set map[string]string) []Entry {
	entries := make([]Entry, 0, len(r.brokers.list)+len(set))
	for i := range r.brokers.list {
		entries = append(entries, r.brokerEntry(image, broker, r.brokers.list[i].Name))
	}
	unknown := maps.Clone(set)
	if unknown == nil {
		unknown = map[string]string{}
	}
	if image != nil {
		maps.Copy(unknown, image.Configs[metadata.Resource{Type: metadata.BrokerResource}])
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		if r.brokers.byName[name] == nil {
			entries = append(entries, r.brokerEntry(image, broker, name))
		}
	}
	return entries
}

// describeClusterDefault lists only what is set dynamically for all brokers.
func (r *Resolver) describeClusterDefault(set map[string]string) []Entry {
	entries := make([]Entry, 0, len(set))
	for _, name := range slices.Sorted(maps.Keys(set)) {
		e := r.newBrokerEntry(name)
		v := set[name]
		e.Source = SourceDynamicDefaultBroker
		e.Synonyms = []Synonym{{Name: name, Source: e.Source}}
		if !e.Sensitive {
			e.Value, e.Synonyms[0].Value = &v, &v
		}
		entries = append(entries, e)
	}
	return entries
}

func (r *Resolver) brokerEntry(image *metadata.Image, broker, name string) Entry {
	e := r.newBrokerEntry(name)
	e.Synonyms = r.synonyms(image, broker, brokerSynonyms(name), e.Sensitive)
	if len(e.Synonyms) > 0 {
		e.Value, e.Source = e.Synonyms[0].Value, e.Synonyms[0].Source
	}
	return e
}

// newBrokerEntry returns an entry without a value. A broker config that nobody defined counts as sensitive, since nobody
// knows what it is.
func (r *Resolver) newBrokerEntry(name string) Entry {
	d := r.brokers.byName[name]
	if d == nil {
		return Entry{Name: name, Source: SourceDefault, ReadOnly: true, Sensitive: true}
	}
	return Entry{Definition: d, Name: name, Type: d.Type, Source: SourceDefault, ReadOnly: d.mode == readOnly,
		Sensitive: d.Sensitive}
}

// brokerSynonyms lists the broker configs that say the same in another unit, as Kafka reports them: after the config
// itself come only those that it goes before.
func brokerSynonyms(name string) []string {
	for _, family := range [][]string{
		{"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
		{"log.roll.ms", "log.roll.hours"},
		{"log.roll.jitter.ms", "log.roll.jitter.hours"},
		{"log.flush.interval.ms", "log.flush.scheduler.interval.ms"},
	} {
		if i := slices.Index(family, name); i >= 0 {
			return family[i:]
		}
	}
	return []string{name}
}
