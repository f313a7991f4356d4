package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Sources say where settings are read from. Later ones win: File, Environ, Set.
type Sources struct {
	File     string   // a YAML, TOML, JSON or properties file; "" for none
	Environ  []string // NAME=value, as os.Environ returns them
	Set      []string // key=value, from the command line
	Hostname string   // advertised for a listener on all interfaces
}

// The bounds of a config file, and of the mistakes that are worth reporting in one.
const (
	maxFileSize = 256 << 10
	maxProblems = 1000
)

// Load reads the sources. It returns settings even when there are problems: what was wrong then has its default.
func (s *Schema) Load(src Sources) (*Settings, []Problem) {
	l := loader{schema: s, settings: &Settings{values: map[string]Value{}}, ignored: map[string][]string{}}
	for name, setting := range s.settings {
		l.settings.values[name] = Value{Setting: setting, Text: setting.Default, Origin: "default"}
	}
	if src.File != "" {
		l.readFile(src.File)
	} else {
		l.settings.Override("group.initial.rebalance.delay.ms", "0", "no config file")
	}
	l.readEnvironment(src.Environ)
	l.readFlags(src.Set)
	l.finish(src)
	return l.settings, l.problems
}

type loader struct {
	schema   *Schema
	settings *Settings
	problems []Problem
	ignored  map[string][]string // where -> what Kafka knows and we do not use
}

func (l *loader) fail(where, key, text string) {
	l.problems = append(l.problems, Problem{where, key, text})
}

// assign sets one value. lenient is for what may have been written for Kafka.
func (l *loader) assign(where, key, text string, lenient bool) {
	if len(l.problems) >= maxProblems {
		return
	}
	setting := l.schema.settings[key]
	if setting == nil {
		reason, ignorable := l.schema.unknown(key)
		if lenient && ignorable {
			l.ignored[where] = append(l.ignored[where], key)
			return
		}
		l.fail(where, key, reason)
		return
	}
	text = strings.TrimSpace(text)
	if wrong := setting.check(text); wrong != "" {
		l.fail(where, key, wrong)
		return
	}
	l.settings.values[key] = Value{Setting: setting, Text: text, Origin: where, Set: true}
}

func (l *loader) readFile(file string) {
	content, err := readLimited(file)
	if err == nil {
		err = l.parse(file, content)
	}
	if err != nil {
		l.fail(file, "", err.Error())
	}
}

func (l *loader) parse(file string, content []byte) error {
	parser, err := parserOf(file)
	if err != nil {
		return err
	}
	values, problems, err := parseFile(content, parser)
	if err != nil {
		return err
	}
	lines := keyLines(file, content)
	slices.SortFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(lines[a.Key], lines[b.Key]), strings.Compare(a.Key, b.Key))
	})
	for _, p := range problems {
		l.fail(at(file, lines[p.Key]), p.Key, p.Text)
	}
	lenient := strings.EqualFold(filepath.Ext(file), ".properties")
	byLine := func(a, b string) int { return cmp.Or(cmp.Compare(lines[a], lines[b]), strings.Compare(a, b)) }
	for _, key := range slices.SortedFunc(maps.Keys(values), byLine) {
		where := at(file, lines[key])
		if lenient && l.schema.settings[key] == nil && l.schema.isKafka(key) {
			where = file // ignored ones make one note together
		}
		l.assign(where, key, values[key], lenient)
	}
	return nil
}

func readLimited(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, unwrapPath(err)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err := errors.Join(unwrapPath(err), f.Close()); err != nil {
		return nil, err
	}
	if len(content) > maxFileSize {
		return nil, fmt.Errorf("is larger than %d bytes: not a config file", maxFileSize)
	}
	return content, nil
}

// unwrapPath drops the path from an error of the file system: the problem names it already.
func unwrapPath(err error) error {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

func (l *loader) readEnvironment(environ []string) {
	var notSettings []string
	for _, v := range l.schema.readEnvironment(environ) {
		if l.schema.settings[v.key] == nil && v.kafka && !l.schema.isKafka(v.key) {
			text := v.name
			if near := l.schema.nearest(v.key); near != "" {
				text += " (did you mean KAFKA_" + environmentName(near) + "?)"
			}
			notSettings = append(notSettings, text)
			continue
		}
		where := "env " + v.name
		if l.schema.settings[v.key] == nil && v.kafka {
			where = "environment" // ignored ones make one note together
		}
		l.assign(where, v.key, v.value, v.kafka)
	}
	if len(notSettings) > 0 {
		l.settings.note("environment variables that are no settings are ignored: %s", strings.Join(notSettings, ", "))
	}
}

func (l *loader) readFlags(assignments []string) {
	for _, a := range assignments {
		key, value, ok := strings.Cut(a, "=")
		if !ok {
			l.fail("--set", "", fmt.Sprintf("%q is not key=value", a))
			continue
		}
		l.assign("--set", strings.TrimSpace(key), value, false)
	}
}

// finish derives what depends on several settings.
func (l *loader) finish(src Sources) {
	s := l.settings
	for _, where := range slices.Sorted(maps.Keys(l.ignored)) {
		s.note("%s: Kafka has these settings, Jackdaw has no use for them: %s", where, strings.Join(l.ignored[where], ", "))
	}
	l.problems = append(l.problems, s.resolveAliases()...)
	s.Broker = DefaultBroker()
	l.problems = append(l.problems, s.Decode(&s.Broker)...)
	var err error
	s.Listeners, err = s.Broker.ParseListeners(src.Hostname)
	l.problems = append(l.problems, s.Explain(err)...)
	if err != nil {
		return
	}
	if len(s.Listeners) < len(s.Broker.Listeners) {
		s.note("%s: the controller needs no listener on a single node, it is not opened",
			strings.Join(s.Broker.ControllerListeners, ", "))
	}
	for _, listener := range s.Listeners {
		if listener.Host == "" && len(s.Broker.AdvertisedListeners) == 0 {
			s.note("advertised.listeners is not set: clients are told to connect to %s:%d", src.Hostname, listener.Advertised.Port)
		}
	}
}
