package main

import (
	"github.com/jedib0t/go-pretty/v6/table"
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
func newModulesCommand(modules []module.Module) *cobra.Command {
	var format string
	var flags configFlags
	c := &cobra.Command{
		Use:     "modules",
		Short:   "List the modules that are compiled in, and which of them the settings select",
		Example: "  broker modules -c broker.yaml\n  broker modules --set modules.log=memory",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			sel, err := loadSettings(c, modules, flags)
			if err != nil {
				return err
			}
			var list []listedModule
			var rows []table.Row
			for _, kind := range module.Kinds() {
				for _, m := range modules {
					if m.Kind != kind {
						continue
					}
					l := listedModule{string(m.Kind), m.Name, sel.Has(m.Kind, m.Name), m.Doc}
					list = append(list, l)
					rows = append(rows, table.Row{l.Kind, l.Name, yesOrNo(l.Selected), l.Doc})
				}
			}
			return renderSettings(c.OutOrStdout(), format, list, table.Row{"KIND", "NAME", "SELECTED", "WHAT IT IS"}, rows)
		},
	}
	flags.register(c)
	addFormatFlag(c, &format, "table", "json")
	return c
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
