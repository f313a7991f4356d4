package config

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Settings are the static settings in force, each with where it came from.
type Settings struct {
	Broker    Broker
	Listeners []Listener
	// Notes are what an operator should read at the start: settings and variables that were ignored, and why.
	Notes  []string
	values map[string]Value
}

// Value is a setting in force.
type Value struct {
	Setting *Setting
	Text    string // in Kafka's text form
	Origin  string // "default", a file's name, "env NAME", "--set", or why the default is another one
	Set     bool   // a file, variable or flag set it
}

// Problem is one mistake in the configuration.
type Problem struct {
	Where string // the file, variable or flag; "" when nothing in particular
	Key   string // "" when it is about the whole file
	Text  string
}

// String returns where: key: text.
func (p Problem) String() string {
	parts := []string{p.Where, p.Key, p.Text}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ": ")
}

// Problems is the error that reports all mistakes of a configuration, one per line.
type Problems []Problem

// Error returns one line per problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].String()
	}
	return strings.Join(lines, "\n")
}

// Values lists every setting by name.
func (s *Settings) Values() []Value {
	list := make([]Value, 0, len(s.values))
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		list = append(list, s.values[name])
	}
	return list
}

// Value returns one setting; the zero Value when nothing declares it.
func (s *Settings) Value(name string) Value { return s.values[name] }

// Static returns what was set to something else than the schema's default, for NewResolver.
func (s *Settings) Static() map[string]string {
	static := map[string]string{}
	for name, v := range s.values {
		if v.Set || v.Text != v.Setting.Default {
			static[name] = v.Text
		}
	}
	static["node.id"] = s.values["node.id"].Text // Kafka requires it to be set
	return static
}

// Override replaces a setting because of something else that was chosen: why says what.
func (s *Settings) Override(name, text, why string) {
	if v, ok := s.values[name]; ok {
		v.Text, v.Origin, v.Set = text, why, false
		s.values[name] = v
	}
}

// Decode fills the fields of the struct that into points to, and calls its Validate method if it has one.
func (s *Settings) Decode(into any) []Problem {
	v := reflect.ValueOf(into).Elem()
	var problems []Problem
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("config")
		value, ok := s.values[key]
		if key == "" || !ok {
			continue
		}
		if err := decode(key, value.Text, v.Field(i)); err != nil {
			problems = append(problems, s.Explain(err)...)
		}
	}
	if c, ok := into.(interface{ Validate() error }); ok && len(problems) == 0 {
		problems = s.Explain(c.Validate())
	}
	return problems
}

// Explain turns a joined error whose parts begin with "key: " into problems that say where the key was set.
func (s *Settings) Explain(err error) []Problem {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []Problem
		for _, e := range joined.Unwrap() {
			all = append(all, s.Explain(e)...)
		}
		return all
	}
	p := Problem{Text: err.Error()}
	if key, text, ok := strings.Cut(p.Text, ": "); ok {
		if v, known := s.values[key]; known {
			p = Problem{Key: key, Text: text}
			if v.Set {
				p.Where = v.Origin
			}
		}
	}
	return []Problem{p}
}

// note adds a line for the operator.
func (s *Settings) note(format string, args ...any) {
	s.Notes = append(s.Notes, fmt.Sprintf(format, args...))
}

// resolveAliases gives node.id and log.dirs the values of their older names.
func (s *Settings) resolveAliases() []Problem {
	id, old := s.values["node.id"], s.values["broker.id"]
	var problems []Problem
	switch {
	case old.Set && !id.Set:
		s.values["node.id"] = Value{id.Setting, old.Text, old.Origin, true}
	case old.Set && canonical(Int, old.Text) != canonical(Int, id.Text):
		problems = s.Explain(errors.New("broker.id: is " + old.Text + ", but node.id is " + id.Text + "; they are the same setting"))
	}
	if dir, dirs := s.values["log.dir"], s.values["log.dirs"]; dir.Set && !dirs.Set {
		s.values["log.dirs"] = Value{dirs.Setting, dir.Text, dir.Origin, true}
	}
	return problems
}
