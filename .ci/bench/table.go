package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// table collects figures by row and target.
type table struct {
	order []string
	units map[string]string
	rows  map[string]map[string][]float64
}

func newTable() *table {
	return &table{units: map[string]string{}, rows: map[string]map[string][]float64{}}
}

func (t *table) add(row, unit, target string, figure float64) {
	if t.rows[row] == nil {
		t.order = append(t.order, row)
		t.rows[row] = map[string][]float64{}
		t.units[row] = unit
	}
	t.rows[row][target] = append(t.rows[row][target], figure)
}

// header names what row returns after the row's name and unit.
func (t *table) header() []string {
	return []string{"what", "unit", "jackdaw min / median", "before min / median", "kafka min / median", "floor min / median",
		"to before", "to kafka", "to floor"}
}

// row returns minimum and median of each target's figures, and Jackdaw's median against the others.
func (t *table) row(name string) []string {
	f := t.rows[name]
	return []string{name, t.units[name], cell(f["jackdaw"]), cell(f["before"]), cell(f["kafka"]), cell(f["floor"]),
		ratio(f["jackdaw"], f["before"]), ratio(f["jackdaw"], f["kafka"]), ratio(f["jackdaw"], f["floor"])}
}

func (t *table) print(w io.Writer) {
	out := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(out, strings.Join(t.header(), "\t"))
	for _, name := range t.order {
		fmt.Fprintln(out, strings.Join(t.row(name), "\t"))
	}
	_ = out.Flush()
}

// markdown writes the same, without the columns that no row fills.
func (t *table) markdown(w io.Writer) {
	fmt.Fprintln(w, "What `make bench-kafka` measured. How, and why so: ARCHITECTURE.md, \"How speed is measured\".")
	fmt.Fprintln(w)
	lines := [][]string{t.header()}
	for _, name := range t.order {
		lines = append(lines, t.row(name))
	}
	filled := make([]bool, len(lines[0]))
	for _, line := range lines[1:] {
		for i, text := range line {
			filled[i] = filled[i] || text != empty
		}
	}
	for n, line := range lines {
		for i, text := range line {
			if filled[i] {
				fmt.Fprintf(w, "| %s ", text)
			}
		}
		fmt.Fprintln(w, "|")
		if n == 0 {
			for _, ok := range filled {
				if ok {
					fmt.Fprint(w, "|---")
				}
			}
			fmt.Fprintln(w, "|")
		}
	}
}

const empty = "-"

func cell(figures []float64) string {
	if len(figures) == 0 {
		return empty
	}
	return fmt.Sprintf("%.2f / %.2f", slices.Min(figures), median(figures))
}

func ratio(a, b []float64) string {
	if len(a) == 0 || len(b) == 0 || median(b) == 0 {
		return empty
	}
	return times(median(a) / median(b))
}

// times words a ratio; one far below 1 reads better as a fraction.
func times(share float64) string {
	switch {
	case share == 0:
		return "0"
	case share < 0.2:
		return fmt.Sprintf("1/%.0f", 1/share)
	}
	return fmt.Sprintf("%.2fx", share)
}

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
