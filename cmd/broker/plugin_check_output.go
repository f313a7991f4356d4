package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

func (a *app) printCheck(c *checkReport) error {
	if err := a.showCheck(c); err != nil {
		return err
	}
	if n := len(c.Problems); n > 0 {
		return fmt.Errorf("%s has %d problems:\n%s", c.File, n, list(c.Problems))
	}
	return nil
}

func vectorsText(n int) string {
	if n == 0 {
		return "none; tried with records of our own"
	}
	return strconv.Itoa(n)
}

func (a *app) showCheck(c *checkReport) error {
	if a.global.format == formatJSON {
		return a.printJSON(c)
	}
	a.printFields(field{"File", c.File}, field{"Digest", c.Digest}, field{"Bytes", strconv.Itoa(c.Size)},
		field{"Kinds", strings.Join(c.Kinds, ", ")}, field{"Imports", cmp.Or(strings.Join(c.Imports, ", "), "none")},
		field{"Compiled in", fmt.Sprintf("%.1f ms", c.CompileMs)}, field{"Memory", strconv.FormatInt(c.Memory/1024, 10) + " KiB an instance"},
		field{"Test vectors", vectorsText(c.Vectors)})
	fmt.Fprintln(a.std.Out)
	err := printRows(a, c.Limits,
		column[checkedLimit]{title: "limit", value: func(l checkedLimit) string { return l.Name }},
		column[checkedLimit]{title: "used", value: func(l checkedLimit) string { return strconv.FormatUint(l.Used, 10) }, number: true},
		column[checkedLimit]{title: "allowed", value: func(l checkedLimit) string { return strconv.FormatUint(l.Allowed, 10) }, number: true})
	if err != nil {
		return err
	}
	fmt.Fprintln(a.std.Out)
	type row = checkedFunction
	err = printRows(a, c.Functions,
		column[row]{title: "function", value: func(f row) string { return f.Function }},
		column[row]{title: "records", value: func(f row) string { return strconv.Itoa(f.Records) }, number: true},
		column[row]{title: "fuel/record", value: func(f row) string { return strconv.FormatFloat(f.FuelPerRecord, 'f', 0, 64) }, number: true},
		column[row]{title: "ns/record", value: func(f row) string { return strconv.FormatInt(f.NsPerRecord, 10) }, number: true},
		column[row]{title: "deterministic", value: func(f row) string { return yesOrNo(f.Deterministic) }})
	for i := range c.Functions {
		for _, failure := range c.Functions[i].Failures {
			fmt.Fprintf(a.std.Out, "\n%s failed: %s\n", c.Functions[i].Function, failure)
		}
	}
	return err
}
