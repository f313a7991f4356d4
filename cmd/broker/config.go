package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/module"
)

// newConfigCommand returns "broker config" for a build that has these modules.
func newConfigCommand(modules []module.Module) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check, show and explain settings",
		Long: "Check, show and explain settings.\n\n" +
			"Settings come from a file (-c), then from environment variables (JACKDAW_ or KAFKA_, upper case, '.' as '_',\n" +
			"'_' as '__', '-' as '___'), then from --set; later ones win. Names are Kafka's, nested or with dots alike.",
		Args: cobra.NoArgs,
	}
	c.AddCommand(newConfigValidateCommand(modules), newConfigPrintCommand(modules), newConfigReferenceCommand(modules))
	return c
}

func newConfigValidateCommand(modules []module.Module) *cobra.Command {
	var flags configFlags
	c := &cobra.Command{
		Use:     "validate",
		Short:   "Report every mistake in the settings; exit 2 when there are any",
		Example: "  broker config validate -c broker.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			sel, err := loadSettings(c, modules, flags)
			if err != nil {
				return err
			}
			for _, note := range sel.Settings.Notes {
				if _, err := fmt.Fprintln(c.OutOrStdout(), "note:", note); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "The settings are valid.")
			return err
		},
	}
	flags.register(c)
	return c
}

// loadSettings prints all mistakes, one per line, and turns them into exit code 2.
func loadSettings(c *cobra.Command, modules []module.Module, flags configFlags) (*module.Selection, error) {
	sel, err := module.Load(modules, flags.sources())
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		return sel, err
	}
	c.PrintErrln(problems)
	c.PrintErrf("%s in the settings; nothing was started or created.\n", countOf(len(problems), "mistake"))
	return nil, exitCodeError(exitMisuse)
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// shownSetting is a setting in force, as "config print" shows it.
type shownSetting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	From  string `json:"from"`
}

func newConfigPrintCommand(modules []module.Module) *cobra.Command {
	var flags configFlags
	var format string
	var changed bool
	c := &cobra.Command{
		Use:     "print",
		Short:   "Show the settings in force, and where each came from",
		Example: "  broker config print -c broker.yaml --changed\n  KAFKA_NUM_PARTITIONS=3 broker config print --format json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			sel, err := loadSettings(c, modules, flags)
			if err != nil {
				return err
			}
			list := []shownSetting{}
			for _, v := range sel.Settings.Values() {
				if changed && v.Text == v.Setting.Default && !v.Set {
					continue
				}
				if v.Setting.Type == config.Password && v.Text != "" {
					v.Text = "[hidden]"
				}
				list = append(list, shownSetting{v.Setting.Name, v.Text, v.Origin})
			}
			rows := make([]table.Row, len(list))
			for i, s := range list {
				rows[i] = table.Row{s.Key, s.Value, s.From}
			}
			return renderSettings(c.OutOrStdout(), format, list, table.Row{"KEY", "VALUE", "FROM"}, rows)
		},
	}
	flags.register(c)
	addFormatFlag(c, &format, "table", "json")
	c.Flags().BoolVar(&changed, "changed", false, "only settings that differ from their defaults")
	return c
}

// explainedSetting is a setting as "config reference" explains it.
type explainedSetting struct {
	Key     string   `json:"key"`
	Type    string   `json:"type"`
	Default string   `json:"default"`
	Modules []string `json:"modules"`
	Doc     string   `json:"doc"`
}

func newConfigReferenceCommand(modules []module.Module) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "reference",
		Short:   "List every setting with its type, default and meaning",
		Example: "  broker config reference --format markdown > settings.md",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			schema, err := module.Schema(modules)
			if err != nil {
				return err
			}
			var list []explainedSetting
			var rows []table.Row
			for _, s := range schema.Settings() {
				e := explainedSetting{s.Name, strings.ToLower(s.Type.String()), s.Default, s.Owners, s.Doc}
				list = append(list, e)
				rows = append(rows, table.Row{e.Key, e.Type, e.Default, strings.Join(e.Modules, ", "), e.Doc})
			}
			return renderSettings(c.OutOrStdout(), format, list, table.Row{"KEY", "TYPE", "DEFAULT", "OF", "MEANING"}, rows)
		},
	}
	addFormatFlag(c, &format, "table", "markdown", "json")
	return c
}

// addFormatFlag adds --format with the formats that a command has, the first one being the default.
func addFormatFlag(c *cobra.Command, format *string, formats ...string) {
	c.Flags().StringVar(format, "format", formats[0], strings.Join(formats, ", "))
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
	run := c.RunE
	c.RunE = func(c *cobra.Command, args []string) error {
		for _, f := range formats {
			if f == *format {
				return run(c, args)
			}
		}
		return misusef("--format %s: must be one of %s", *format, strings.Join(formats, ", "))
	}
}

// renderSettings writes list as JSON, or the rows as a table.
func renderSettings(w io.Writer, format string, list any, header table.Row, rows []table.Row) error {
	if format == "json" {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(list)
	}
	t := table.NewWriter()
	t.AppendHeader(header)
	t.AppendRows(rows)
	text := ""
	if format == "markdown" {
		text = t.RenderMarkdown()
	} else {
		style := table.StyleDefault
		style.Options = table.OptionsNoBordersAndSeparators
		style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
		t.SetStyle(style)
		t.SuppressTrailingSpaces()
		t.SetColumnConfigs([]table.ColumnConfig{
			{Name: "VALUE", WidthMax: 60}, {Name: "DEFAULT", WidthMax: 40}, {Name: "OF", WidthMax: 24}, {Name: "MEANING", WidthMax: 70},
		})
		text = t.Render()
	}
	_, err := fmt.Fprintln(w, text)
	return err
}
