package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Values of --format.
const (
	formatTable = "table"
	formatJSON  = "json"
)

// checkFormat refuses a --format that is none. Commands with formats of their own check those.
func (a *app) checkFormat() error {
	if a.global.format != formatTable && a.global.format != formatJSON {
		return misusef("--format %q is neither %s nor %s", a.global.format, formatTable, formatJSON)
	}
	return nil
}

// column is one column of a table of T. Numbers are aligned to the right.
type column[T any] struct {
	title  string
	value  func(T) string
	number bool
}

// printRows writes rows as a table, or as a JSON array of T.
func printRows[T any](a *app, rows []T, columns ...column[T]) error {
	if err := a.checkFormat(); err != nil {
		return err
	}
	if a.global.format == formatJSON {
		if rows == nil {
			rows = []T{}
		}
		return a.printJSON(rows)
	}
	header := make(table.Row, len(columns))
	var configs []table.ColumnConfig
	for i, c := range columns {
		header[i] = strings.ToUpper(c.title)
		if c.number {
			configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
	}
	writer := table.NewWriter()
	writer.SetStyle(a.tableStyle())
	writer.SetColumnConfigs(configs)
	writer.AppendHeader(header)
	for _, row := range rows {
		cells := make(table.Row, len(columns))
		for i, c := range columns {
			cells[i] = c.value(row)
		}
		writer.AppendRow(cells)
	}
	for line := range strings.Lines(writer.Render()) {
		fmt.Fprintln(a.std.Out, strings.TrimRight(line, " \n"))
	}
	return nil
}

// tableStyle has no lines, so that a table can be cut and grepped; on a terminal the header is bold.
func (a *app) tableStyle() table.Style {
	style := table.StyleDefault
	style.Options = table.OptionsNoBordersAndSeparators
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	style.Format.Header = text.FormatDefault
	if isTerminal(a.std.Out) {
		style.Color.Header = text.Colors{text.Bold}
	}
	return style
}

// printEach writes values as a JSON array, or one after the other with an empty line between them.
func printEach[T any](a *app, values []T, print func(T) error) error {
	if a.global.format == formatJSON {
		return a.printJSON(values)
	}
	for i, value := range values {
		if i > 0 {
			fmt.Fprintln(a.std.Out)
		}
		if err := print(value); err != nil {
			return err
		}
	}
	return nil
}

// printJSON writes one value, indented.
func (a *app) printJSON(value any) error {
	encoder := json.NewEncoder(a.std.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// printJSONLine writes one value in a line of its own.
func (a *app) printJSONLine(value any) error {
	encoder := json.NewEncoder(a.std.Out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// field is a line "name: value" above a table.
type field struct{ name, value string }

func (a *app) printFields(fields ...field) {
	width := 0
	for _, f := range fields {
		width = max(width, len(f.name))
	}
	for _, f := range fields {
		fmt.Fprintf(a.std.Out, "%-*s  %s\n", width+1, f.name+":", f.value)
	}
}

// report says what was done: a sentence, or with --format json the value.
func (a *app) report(value any, format string, args ...any) error {
	if a.global.format == formatJSON {
		return a.printJSON(value)
	}
	_, err := fmt.Fprintf(a.std.Out, format+"\n", args...)
	return err
}

// joined renders a list of numbers, separated by commas.
func joined[T any](list []T) string {
	words := make([]string, len(list))
	for i, item := range list {
		words[i] = fmt.Sprint(item)
	}
	return strings.Join(words, ",")
}
