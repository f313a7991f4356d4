package main

import (
	"fmt"
	"io"
	"slices"
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

// print writes minimum and median of each figure, and Jackdaw's median against the others.
func (t *table) print(w io.Writer) {
	out := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(out, "what\tunit\tjackdaw min / median\tbefore min / median\tkafka min / median\tfloor min / median\tto before\tto kafka\tto floor")
	for _, row := range t.order {
		figures := t.rows[row]
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", row, t.units[row], cell(figures["jackdaw"]), cell(figures["before"]),
			cell(figures["kafka"]), cell(figures["floor"]), ratio(figures["jackdaw"], figures["before"]),
			ratio(figures["jackdaw"], figures["kafka"]), ratio(figures["jackdaw"], figures["floor"]))
	}
	_ = out.Flush()
}

func cell(figures []float64) string {
	if len(figures) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f / %.2f", slices.Min(figures), median(figures))
}

func ratio(a, b []float64) string {
	if len(a) == 0 || len(b) == 0 || median(b) == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", median(a)/median(b))
}

func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return sorted[len(sorted)/2]
}
