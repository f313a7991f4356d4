package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Schema knows every static key of a build: those of the core, of every module that is compiled in whether selected or
// not, and the broker configs that are the defaults of topic and group configs.
type Schema struct {
	settings map[string]*Setting
	kafka    map[string]*Definition // all broker configs that Kafka describes
}

// NewSchema joins the declared settings with the core's own. Several modules may declare the same key if they agree on
// its type and default.
func NewSchema(declared ...[]Setting) (*Schema, error) {
	own, err := Declare("core", DefaultBroker())
	if err != nil {
		return nil, err
	}
	s := &Schema{settings: map[string]*Setting{}, kafka: newTable(brokerDefinitions()).byName}
	errs := []error{s.add(own)}
	for _, list := range declared {
		errs = append(errs, s.add(list))
	}
	errs = append(errs, s.addInherited("topics", topicDefinitions()), s.addInherited("groups", groupDefinitions()))
	return s, errors.Join(errs...)
}

// Settings lists all settings by name.
func (s *Schema) Settings() []Setting {
	list := make([]Setting, 0, len(s.settings))
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		list = append(list, *s.settings[name])
	}
	return list
}

func (s *Schema) add(list []Setting) error {
	var errs []error
	for _, n := range list {
		have := s.settings[n.Name]
		if have == nil {
			s.settings[n.Name] = &n
			continue
		}
		if have.Type != n.Type || canonical(n.Type, have.Default) != canonical(n.Type, n.Default) {
			errs = append(errs, fmt.Errorf("BUG: %s and %s declare %s with another type or default: %s %q, %s %q",
				have.Owners[0], n.Owners[0], n.Name, have.Type, have.Default, n.Type, n.Default))
		}
		have.Owners = append(have.Owners, n.Owners...)
		if have.Doc == "" {
			have.Doc = n.Doc
		}
	}
	return errors.Join(errs...)
}

// addInherited declares the broker configs that topics or groups inherit, and the bounds of group configs. The range of a
// topic config holds for its broker config too when both count in the same unit.
func (s *Schema) addInherited(owner string, list []Definition) error {
	var errs []error
	declare := func(name string, check func(string) error) {
		d := s.kafka[name]
		if d == nil {
			return
		}
		n := Setting{Name: name, Type: d.Type, Doc: d.Doc, Owners: []string{owner}}
		if d.Default != nil {
			n.Default = *d.Default
		}
		errs = append(errs, s.add([]Setting{n}))
		s.settings[name].Check = check
	}
	for _, d := range list {
		for i, synonym := range d.Synonyms {
			check := d.Check
			if inMillis(synonym, "1") != "1" || i > 0 {
				check = nil
			}
			declare(synonym, check)
		}
		if kind, rest, ok := strings.Cut(d.Name, "."); ok && owner == "groups" {
			declare("group."+kind+".min."+rest, nil)
			declare("group."+kind+".max."+rest, nil)
		}
	}
	return errors.Join(errs...)
}

// check returns what is wrong with a value, or "".
func (s *Setting) check(v string) string {
	v = strings.TrimSpace(v)
	err := checkType(s.Type, v)
	if err == nil && s.Check != nil {
		err = s.Check(v)
	}
	if err == nil {
		return ""
	}
	if bad, ok := errors.AsType[badValue](err); ok {
		v = bad.value
	}
	return fmt.Sprintf("invalid value %q: %s", v, err)
}

// unknown explains a key that nothing declares. ignorable is true when Kafka has, or had, that key: what was written for
// Kafka may carry it.
func (s *Schema) unknown(key string) (text string, ignorable bool) {
	if s.isKafka(key) {
		return "Kafka has this setting, Jackdaw has no use for it", true
	}
	if text := topicConfigHint(key); text != "" {
		return text, false
	}
	if near := s.nearest(key); near != "" {
		return fmt.Sprintf("unknown setting; did you mean %s?", near), false
	}
	return "unknown setting; broker config reference lists them all", false
}

// topicConfigHint names the setting that a broker has in place of a topic config, or returns "" for a key that is none.
func topicConfigHint(key string) string {
	i := slices.IndexFunc(topicDefinitions(), func(d Definition) bool { return d.Name == key })
	if i < 0 {
		return ""
	}
	if synonyms := topicDefinitions()[i].Synonyms; len(synonyms) > 0 {
		return fmt.Sprintf("unknown setting; it is the config of a topic, whose default for all topics is %s", synonyms[0])
	}
	return "unknown setting; it is the config of a topic, for which a broker has no default"
}

// isKafka also knows what Kafka defines without describing it, what its authorizer reads, and what older releases had.
func (s *Schema) isKafka(key string) bool {
	if s.kafka[key] != nil {
		return true
	}
	for _, prefix := range []string{"zookeeper.", "listener.name.", "confluent.", "metric.reporters.", "config.providers.",
		"rlmm.config.", "rsm.config.", "controller.performance.", "internal.", "unstable.", "plugin.path"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return slices.Contains(strings.Fields(`super.users allow.everyone.if.no.acl.found inter.broker.protocol.version
		log.message.format.version log.message.downconversion.enable broker.id.generation.enable reserved.broker.max.id
		control.plane.listener.name controlled.shutdown.max.retries controlled.shutdown.retry.backoff.ms host.name port
		advertised.host.name advertised.port offsets.commit.required.acks password.encoder.secret
		log.message.timestamp.difference.max.ms group.coordinator.new.enable eligible.leader.replicas.enable
		group.consumer.regex.refresh.interval.ms group.share.enable group.share.initialize.retry.interval.ms
		group.share.persister.class.name log.initial.task.delay.ms producer.id.expiration.check.interval.ms
		remote.log.index.file.cache.ttl.ms remote.log.manager.task.retry.backoff.max.ms
		remote.log.manager.task.retry.backoff.ms remote.log.manager.task.retry.jitter server.max.startup.time.ms
		share.coordinator.cold.partition.snapshot.interval.ms share.coordinator.state.topic.prune.interval.ms
		unclean.leader.election.interval.ms follower.replication.throttled.rate leader.replication.throttled.rate
		replica.alter.log.dirs.io.max.bytes.per.second`), key)
}

// nearest returns the declared key that a key was most likely meant to be, or "".
func (s *Schema) nearest(key string) string {
	best, distance := "", max(2, len(key)/5)+1
	for _, name := range slices.Sorted(maps.Keys(s.settings)) {
		if d := editDistance(strings.ToLower(key), name, distance); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements between a and b (Levenshtein), or returns limit when
// there are as many or more.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return min(row[len(b)], limit)
}
