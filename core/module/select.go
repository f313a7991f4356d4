package module

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.uber.org/fx"

	"github.com/jackdawmq/jackdaw/core/config"
)

// Selection is a configuration that can start: the settings in force and the modules that they select.
type Selection struct {
	Settings *config.Settings
	Modules  []Module // selected, in the order of the list that Load was given
	options  []fx.Option
}

// Options returns what the selected modules provide, each with its decoded config.
func (s *Selection) Options() fx.Option { return fx.Options(s.options...) }

// Has reports whether a module is selected.
func (s *Selection) Has(kind Kind, name string) bool {
	return slices.ContainsFunc(s.Modules, func(m Module) bool { return m.Kind == kind && m.Name == name })
}

// Schema returns all settings of a build: the core's, the modules' and those that select modules.
func Schema(modules []Module) (*config.Schema, error) {
	var errs []error
	var declared [][]config.Setting
	seen := map[string]bool{}
	for _, m := range modules {
		errs = append(errs, m.err)
		if seen[m.String()] {
			errs = append(errs, fmt.Errorf("BUG: the module %s is listed twice", m))
		}
		seen[m.String()] = true
		declared = append(declared, m.settings)
	}
	for _, kind := range Kinds() {
		s := config.Setting{Name: kind.Key(), Type: config.String, Owners: []string{"core"}, Default: defaultSelection(modules, kind),
			Doc: "Module of this kind: " + strings.Join(namesOf(modules, kind), ", ") + "."}
		if kind.Several() {
			s.Type = config.List
			s.Doc = "Modules of this kind: " + strings.Join(namesOf(modules, kind), ", ") + "."
		}
		declared = append(declared, []config.Setting{s})
	}
	schema, err := config.NewSchema(declared...)
	return schema, errors.Join(append(errs, err)...)
}

// Load reads the settings and selects modules. The error is a config.Problems with every mistake there is, or says what
// is wrong with the module list itself. Nothing has been started or created by then.
func Load(modules []Module, src config.Sources) (*Selection, error) {
	schema, err := Schema(modules)
	if err != nil {
		return nil, err
	}
	settings, problems := schema.Load(src)
	sel := &Selection{Settings: settings}
	for _, kind := range Kinds() {
		problems = append(problems, sel.pick(modules, kind)...)
	}
	for _, m := range modules {
		if m.Kind == Plugin {
			sel.Modules = append(sel.Modules, m)
		}
	}
	slices.SortStableFunc(sel.Modules, func(a, b Module) int { return position(modules, a) - position(modules, b) })
	problems = append(problems, sel.conflicts()...)
	sel.singleReplica()
	for _, m := range sel.Modules {
		option, wrong := m.wire(settings)
		problems = append(problems, wrong...)
		if option != nil {
			sel.options = append(sel.options, option)
		}
	}
	if len(problems) > 0 {
		return nil, config.Problems(distinct(problems))
	}
	sel.noteUnused()
	if sel.Has(Metadata, "memory") && !sel.Has(Log, "memory") {
		settings.Notes = append(settings.Notes, "modules.metadata: memory forgets all topics when the broker stops, and with them what is in their logs")
	}
	return sel, nil
}

// pick selects the modules of one kind.
func (s *Selection) pick(modules []Module, kind Kind) []config.Problem {
	value := s.Settings.Value(kind.Key())
	fail := func(format string, args ...any) []config.Problem {
		return s.Settings.Explain(fmt.Errorf(kind.Key()+": "+format, args...))
	}
	chosen := strings.FieldsFunc(value.Text, func(r rune) bool { return r == ',' || r == ' ' })
	switch {
	case len(chosen) == 0 && value.Set && kind != Coordinator:
		return fail("names no module; there is %s", strings.Join(namesOf(modules, kind), ", "))
	case len(chosen) > 1 && !kind.Several():
		return fail("takes one module, not %d", len(chosen))
	}
	var problems []config.Problem
	for i, name := range chosen {
		at := slices.IndexFunc(modules, func(m Module) bool { return m.Kind == kind && m.Name == name })
		switch {
		case at < 0:
			problems = append(problems, fail("unknown module %q; there is %s", name, strings.Join(namesOf(modules, kind), ", "))...)
		case slices.Contains(chosen[:i], name):
			problems = append(problems, fail("%s stands twice", name)...)
		default:
			s.Modules = append(s.Modules, modules[at])
		}
	}
	return problems
}

// conflicts refuses modules that cannot work together.
func (s *Selection) conflicts() []config.Problem {
	var problems []config.Problem
	refuse := func(impossible bool, key Kind, why string) {
		if impossible {
			problems = append(problems, s.Settings.Explain(fmt.Errorf("%s: %s", key.Key(), why))...)
		}
	}
	isr, raft := s.Has(Replication, "isr"), s.Has(Metadata, "raft")
	refuse(isr && !raft, Replication, "isr needs modules.metadata: raft")
	refuse(isr && s.Has(Log, "object"), Replication, "isr and modules.log: object exclude each other: the object store replicates")
	refuse(raft && s.Has(Log, "memory"), Metadata, "raft and modules.log: memory exclude each other: a restarted broker would claim records that it lost")
	return problems
}

// singleReplica gives internal topics one replica where there is no replication: Kafka's default is three, and Kafka cannot
// create them on one node then.
func (s *Selection) singleReplica() {
	if !s.Has(Replication, "none") {
		return
	}
	for _, name := range []string{"offsets.topic.replication.factor", "transaction.state.log.replication.factor",
		"transaction.state.log.min.isr", "share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr"} {
		if v := s.Settings.Value(name); v.Setting == nil || v.Text == "1" {
			continue
		} else if v.Set {
			s.Settings.Notes = append(s.Settings.Notes, fmt.Sprintf("%s: %s=%s is not possible with modules.replication: none; it is 1",
				v.Origin, name, v.Text))
		}
		s.Settings.Override(name, "1", "modules.replication: none")
	}
}

// noteUnused tells which settings do nothing because their modules are not selected.
func (s *Selection) noteUnused() {
	for _, v := range s.Settings.Values() {
		used := slices.ContainsFunc(v.Setting.Owners, func(owner string) bool {
			return !strings.Contains(owner, "/") || slices.ContainsFunc(s.Modules, func(m Module) bool { return m.String() == owner })
		})
		if v.Set && !used {
			s.Settings.Notes = append(s.Settings.Notes, fmt.Sprintf("%s: %s does nothing: it belongs to %s, which is not selected",
				v.Origin, v.Setting.Name, strings.Join(v.Setting.Owners, ", ")))
		}
	}
}

func position(modules []Module, m Module) int {
	return slices.IndexFunc(modules, func(o Module) bool { return o.String() == m.String() })
}

// distinct drops problems that several modules found alike.
func distinct(problems []config.Problem) []config.Problem {
	var list []config.Problem
	for _, p := range problems {
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
