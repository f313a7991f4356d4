package main

import (
	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/module"
)

// listedModule is a module as "broker modules" lists it.
type listedModule struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Selected bool   `json:"selected"`
	Doc      string `json:"doc"`
}

// newModulesCommand returns "broker modules" for a build that has these modules.
func newModulesCommand(a *app, modules []module.Module) *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:     "modules",
		Short:   "List the modules that are compiled in, and which of them the settings select",
		Example: "  broker modules -c broker.yaml\n  broker modules --set modules.log=memory",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sel, err := loadSettings(a, modules, flags)
			if err != nil {
				return err
			}
			var list []listedModule
			for _, kind := range append(module.Kinds(), module.Plugin) {
				for _, m := range modules {
					if m.Kind == kind {
						list = append(list, listedModule{string(m.Kind), m.Name, sel.Has(m.Kind, m.Name), m.Doc})
					}
				}
			}
			return printRows(a, list,
				column[listedModule]{title: "kind", value: func(m listedModule) string { return m.Kind }},
				column[listedModule]{title: "name", value: func(m listedModule) string { return m.Name }},
				column[listedModule]{title: "selected", value: func(m listedModule) string { return yesOrNo(m.Selected) }},
				column[listedModule]{title: "what it is", value: func(m listedModule) string { return m.Doc }})
		},
	}
	flags.register(c)
	return c
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
