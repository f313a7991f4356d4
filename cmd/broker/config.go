package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
)

// newConfigCommand returns "broker config" for a build that has these modules.
func newConfigCommand(a *app, modules []module.Module) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check, show and explain settings",
		Long: "Check, show and explain settings.\n\n" +
			"Settings come from a file (-c), then from environment variables (JACKDAW_ or KAFKA_, upper case, '.' as '_',\n" +
			"'_' as '__', '-' as '___'), then from --set; later ones win. Names are Kafka's, nested or with dots alike.",
		Args: cobra.NoArgs,
	}
	c.AddCommand(newConfigValidateCommand(a, modules), newConfigPrintCommand(a, modules), newConfigReferenceCommand(a, modules))
	return c
}

func newConfigValidateCommand(a *app, modules []module.Module) *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:     "validate",
		Short:   "Report every mistake in the settings; exit 2 when there are any",
		Example: "  broker config validate -c broker.yaml",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sel, err := loadSettings(a, modules, flags)
			if err != nil {
				return err
			}
			text := "The settings are valid."
			for _, note := range sel.Settings.Notes {
				text += "\nnote: " + note
			}
			return a.report(validSettings{Valid: true, Notes: sel.Settings.Notes}, "%s", text)
		},
	}
	flags.register(c)
	return c
}

// validSettings is what "config validate --format json" says when there is no mistake.
type validSettings struct {
	Valid bool     `json:"valid"`
	Notes []string `json:"notes,omitempty"`
}

// loadSettings prints all mistakes, one per line, and turns them into exit code 2.
func loadSettings(a *app, modules []module.Module, flags configFlags) (*module.Selection, error) {
	sel, err := module.Load(modules, flags.sources())
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		return sel, err
	}
	fmt.Fprintf(a.std.Err, "%s\n%s\n", problems, countMistakes(problems))
	return nil, exitCodeError(exitMisuse)
}

// shownSetting is a setting in force, as "config print" shows it.
type shownSetting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

func newConfigPrintCommand(a *app, modules []module.Module) *cobra.Command {
	var flags configFlags
	var changed bool
	c := &cobra.Command{
		Use:     "print",
		Short:   "Show the settings in force, and where each came from",
		Example: "  broker config print -c broker.yaml --changed\n  KAFKA_NUM_PARTITIONS=3 broker config print --format json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			sel, err := loadSettings(a, modules, flags)
			if err != nil {
				return err
			}
			return printRows(a, shownSettings(sel.Settings, changed),
				column[shownSetting]{title: "key", value: func(s shownSetting) string { return s.Key }},
				column[shownSetting]{title: "value", value: func(s shownSetting) string { return s.Value }},
				column[shownSetting]{title: "from", value: func(s shownSetting) string { return s.From }})
		},
	}
	flags.register(c)
	c.Flags().BoolVar(&changed, "changed", false, "only settings that differ from their defaults")
	return c
}

// shownSettings lists settings without the values of passwords.
func shownSettings(settings *config.Settings, changed bool) []shownSetting {
	var list []shownSetting
	for _, v := range settings.Values() {
		if changed && v.Text == v.Setting.Default && !v.Set {
			continue
		}
		if v.Setting.Type == config.Password && v.Text != "" {
			v.Text = "[hidden]"
		}
		list = append(list, shownSetting{v.Setting.Name, v.Text, v.Origin})
	}
	return list
}

// explainedSetting is a setting as "config reference" explains it.
type explainedSetting struct {
	Key     string   `json:"key"`
	Type    string   `json:"type"`
	Default string   `json:"default"`
	Of      []string `json:"of"` // core, topics, groups, or the modules that declare it
	Meaning string   `json:"meaning"`
}

func newConfigReferenceCommand(a *app, modules []module.Module) *cobra.Command {
	return &cobra.Command{
		Use:     "reference",
		Short:   "List every setting with its type, default and meaning; --format can also be markdown",
		Example: "  broker config reference --format markdown > settings.md",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := module.Schema(modules)
			if err != nil {
				return err
			}
			var list []explainedSetting
			for _, s := range schema.Settings() {
				list = append(list, explainedSetting{s.Name, strings.ToLower(s.Type.String()), s.Default, s.Owners, s.Doc})
			}
			if a.global.format == "markdown" {
				return printReferenceMarkdown(a, list)
			}
			return printRows(a, list,
				column[explainedSetting]{title: "key", value: func(s explainedSetting) string { return s.Key }},
				column[explainedSetting]{title: "type", value: func(s explainedSetting) string { return s.Type }},
				column[explainedSetting]{title: "default", value: func(s explainedSetting) string { return s.Default }},
				column[explainedSetting]{title: "of", value: func(s explainedSetting) string { return strings.Join(s.Of, ",") }},
				column[explainedSetting]{title: "meaning", value: func(s explainedSetting) string { return s.Meaning }})
		},
	}
}

func printReferenceMarkdown(a *app, list []explainedSetting) error {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"Key", "Type", "Default", "Of", "Meaning"})
	for _, s := range list {
		t.AppendRow(table.Row{s.Key, s.Type, s.Default, strings.Join(s.Of, ", "), s.Meaning})
	}
	_, err := fmt.Fprintln(a.std.Out, t.RenderMarkdown())
	return err
}
