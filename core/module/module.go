package module

import (
	"slices"
	"strings"

	"go.uber.org/fx"

	"github.com/jackdawmq/jackdaw/core/config"
)

// Kind is the seam that a module fills.
type Kind string

// The kinds. Of Network and Coordinator a broker has several, of the others one.
const (
	Log         Kind = "log"
	Network     Kind = "network"
	Metadata    Kind = "metadata"
	Replication Kind = "replication"
	Coordinator Kind = "coordinator"
	// Plugin is the registry of plugins. A broker has it when it is compiled in: there is nothing to select.
	Plugin Kind = "plugin"
)

// Kinds lists the kinds that settings select, in the order in which they are printed.
func Kinds() []Kind { return []Kind{Log, Network, Metadata, Replication, Coordinator} }

// Key returns the setting that selects the modules of a kind.
func (k Kind) Key() string { return "modules." + string(k) }

// Several reports whether more than one module of the kind can be selected.
func (k Kind) Several() bool { return k == Network || k == Coordinator }

// preferred lists what is selected when nothing is said, as far as it is compiled in.
func (k Kind) preferred() []string {
	switch k {
	case Log:
		return []string{"segment"}
	case Network:
		return []string{"tcp", "rest"}
	case Metadata:
		return []string{"file"}
	case Replication:
		return []string{"none"}
	case Coordinator:
		return []string{"group", "transaction"}
	default:
		return nil
	}
}

// Module is one way to fill a seam.
type Module struct {
	Kind Kind
	Name string
	Doc  string // one line

	settings []config.Setting
	err      error // a mistake in the declaration
	wire     func(*config.Settings) (fx.Option, []config.Problem)
}

// New declares a module. C is a struct whose fields carry the tags config (the key) and doc; defaults returns it as it is
// when nothing is set. If C has a method Validate() error, that checks what the types do not: its error joins all
// mistakes, each beginning with "key: ". wire returns what the module provides; it must not do I/O or start anything.
func New[C any](kind Kind, name, doc string, defaults func() C, wire func(C) fx.Option) Module {
	m := Module{Kind: kind, Name: name, Doc: doc}
	m.settings, m.err = config.Declare(m.String(), defaults())
	m.wire = func(s *config.Settings) (fx.Option, []config.Problem) {
		c := defaults()
		if problems := s.Decode(&c); len(problems) > 0 {
			return nil, problems
		}
		return wire(c), nil
	}
	return m
}

// String returns kind/name.
func (m Module) String() string { return string(m.Kind) + "/" + m.Name }

// Settings lists the settings that the module declares.
func (m Module) Settings() []config.Setting { return slices.Clone(m.settings) }

// namesOf lists the modules of a kind.
func namesOf(modules []Module, kind Kind) []string {
	var names []string
	for _, m := range modules {
		if m.Kind == kind {
			names = append(names, m.Name)
		}
	}
	return names
}

// defaultSelection returns the value of Kind.Key when nothing sets it: the preferred modules that are compiled in, or the
// first of the kind.
func defaultSelection(modules []Module, kind Kind) string {
	names := namesOf(modules, kind)
	var chosen []string
	for _, name := range kind.preferred() {
		if slices.Contains(names, name) {
			chosen = append(chosen, name)
		}
	}
	if len(chosen) == 0 && len(names) > 0 {
		chosen = names[:1]
	}
	return strings.Join(chosen, ",")
}
