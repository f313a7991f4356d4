package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/jackdawmq/jackdaw/cmd/broker/bench"
)

// verdictWidth is where the lines of a sweep's verdict are broken.
const verdictWidth = 110

// timesRow is a row of percentiles.
type timesRow struct {
	name string
	p    *bench.Percentiles
}

// printBench writes the figures of a single run.
func (a *app) printBench(r bench.Result) error {
	if a.global.format == formatJSON {
		return a.printJSON(r)
	}
	var fields []field
	if r.Payload != "" {
		fields = append(fields, field{"payload", r.Payload})
	}
	fields = append(fields,
		field{"records", fmt.Sprintf("%d, %s MB in %.1f s", r.Records, decimals(float64(r.Bytes)/1e6, 1), r.Seconds)},
		field{"throughput", fmt.Sprintf("%s records/s, %s MB/s", decimals(r.RecordsPerSecond, 0), decimals(r.MBPerSecond, 1))})
	if r.Rate > 0 {
		fields = append(fields, field{"fixed rate", fmt.Sprintf("%d records/s", r.Rate)})
	}
	if s := r.Settings; s != nil {
		fields = append(fields, field{"batches", fmt.Sprintf("%d of %s bytes on average (batch.size %d)", r.Count, decimals(r.BatchBytes, 0), s.BatchSize)},
			field{"compression", fmt.Sprintf("%s : 1 (%s)", decimals(r.CompressionRatio, 2), s.Compression)})
	} else {
		fields = append(fields, field{"batches", fmt.Sprintf("%d of %s bytes on average", r.Count, decimals(r.BatchBytes, 0))},
			field{"compression", decimals(r.CompressionRatio, 2) + " : 1"})
	}
	a.printFields(fields...)
	var rows []timesRow
	for _, row := range []timesRow{{"acknowledged", r.Acknowledged}, {"consumed", r.Consumed}, {"fetch", r.Fetches}} {
		if row.p != nil {
			rows = append(rows, row)
		}
	}
	fmt.Fprintln(a.std.Out)
	ms := func(title string, of func(*bench.Percentiles) float64) column[timesRow] {
		return column[timesRow]{title: title, number: true, value: func(r timesRow) string { return decimals(of(r.p), 2) }}
	}
	return printRows(a, rows,
		column[timesRow]{title: "latency in ms", value: func(r timesRow) string { return r.name }},
		ms("p50", func(p *bench.Percentiles) float64 { return p.P50 }),
		ms("p90", func(p *bench.Percentiles) float64 { return p.P90 }),
		ms("p99", func(p *bench.Percentiles) float64 { return p.P99 }),
		ms("p999", func(p *bench.Percentiles) float64 { return p.P999 }),
		ms("max", func(p *bench.Percentiles) float64 { return p.Max }))
}

// sweepRow is a row of the table of a sweep: what was measured, and why it stands out.
type sweepRow struct {
	bench.Row
	mark string
}

// printSweep writes the table of a sweep and its verdict.
func (a *app) printSweep(sweep bench.Sweep) error {
	if a.global.format == formatJSON {
		return a.printJSON(sweep)
	}
	rows := make([]sweepRow, len(sweep.Rows))
	for i, row := range sweep.Rows {
		rows[i] = sweepRow{row, sweep.Verdict.Mark(i)}
	}
	if err := printRows(a, rows, sweepColumns(sweep)...); err != nil {
		return err
	}
	fmt.Fprintf(a.std.Out, "\nLatency in ms at %d records/s; batch: mean bytes before compression", sweep.Rate)
	if sweep.Rounds > 1 {
		fmt.Fprintf(a.std.Out, "; the median of %d rounds", sweep.Rounds)
	}
	fmt.Fprint(a.std.Out, ".\n\n")
	for line := range strings.Lines(text.WrapSoft(sweep.Verdict.Text, verdictWidth)) {
		fmt.Fprintln(a.std.Out, strings.TrimRight(line, " \n"))
	}
	fmt.Fprintln(a.std.Out)
	for _, sentence := range sweep.Verdict.Effects {
		fmt.Fprintln(a.std.Out, sentence)
	}
	return nil
}

// sweepColumns are those of the table of a sweep: what was swept, then throughput where it was measured, then latency.
func sweepColumns(sweep bench.Sweep) (columns []column[sweepRow]) {
	fast := sweep.Verdict.Fastest >= 0
	number := func(title string, of func(sweepRow) string) {
		columns = append(columns, column[sweepRow]{title: title, number: true, value: of})
	}
	for _, name := range sweep.Swept {
		number(name, func(r sweepRow) string { return r.Settings.Value(name) })
	}
	if fast {
		number("records/s", func(r sweepRow) string { return decimals(r.Throughput.RecordsPerSecond, 0) })
		number("MB/s", func(r sweepRow) string { return decimals(r.Throughput.MBPerSecond, 1) })
	}
	volume := func(r sweepRow) *bench.Result { // the run whose batches are told
		if fast {
			return r.Throughput
		}
		return r.Latency
	}
	number("batch", func(r sweepRow) string { return decimals(volume(r).BatchBytes, 0) })
	number("ratio", func(r sweepRow) string { return decimals(volume(r).CompressionRatio, 2) })
	times := func(prefix string, of func(sweepRow) *bench.Percentiles) {
		number(prefix+" p50", func(r sweepRow) string { return decimals(of(r).P50, 2) })
		number(prefix+" p99", func(r sweepRow) string { return decimals(of(r).P99, 2) })
		number(prefix+" p999", func(r sweepRow) string { return decimals(of(r).P999, 2) })
	}
	times("acked", func(r sweepRow) *bench.Percentiles { return r.Latency.Acknowledged })
	times("consumed", func(r sweepRow) *bench.Percentiles { return r.Latency.Consumed })
	return append(columns, column[sweepRow]{title: "", value: func(r sweepRow) string { return r.mark }})
}

// decimals renders a number with so many digits after the point.
func decimals(x float64, digits int) string { return strconv.FormatFloat(x, 'f', digits, 64) }
