package bench

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// compromiseShare is the share of the best throughput that a compromise must reach.
const compromiseShare = 0.8

// muchDifference is the ratio from which on two figures differ by more than two runs of the same thing may.
const muchDifference = 1.1

// Verdict says which of a sweep's combinations suit the records. The numbers are indexes of Sweep.Rows, -1 for none.
type Verdict struct {
	Fastest       int `json:"fastest"`
	LowestLatency int `json:"lowest_latency"`
	// Compromise has the lowest p99 of all that reach 80 % of the best throughput.
	Compromise int `json:"compromise"`
	// Text says it in words, with the figures.
	Text string `json:"text"`
	// Effects are sentences on what each setting does alone.
	Effects []string `json:"effects"`
}

// Judge compares the rows of a sweep: throughput by the runs at full speed, latency by p99 from produced to consumed at the fixed rate.
func Judge(sweep Sweep) Verdict {
	v := Verdict{Fastest: -1, LowestLatency: -1, Compromise: -1}
	for i, row := range sweep.Rows {
		if row.Throughput != nil && (v.Fastest < 0 || row.mbps() > sweep.Rows[v.Fastest].mbps()) {
			v.Fastest = i
		}
		if v.LowestLatency < 0 || row.p99() < sweep.Rows[v.LowestLatency].p99() {
			v.LowestLatency = i
		}
	}
	if v.Fastest >= 0 {
		enough := compromiseShare * sweep.Rows[v.Fastest].mbps()
		for i, row := range sweep.Rows {
			if row.mbps() >= enough && (v.Compromise < 0 || row.p99() < sweep.Rows[v.Compromise].p99()) {
				v.Compromise = i
			}
		}
	}
	v.Text, v.Effects = v.words(sweep), effects(sweep, v.Fastest >= 0)
	return v
}

// mbps is the throughput at full speed, 0 where it was not measured.
func (r Row) mbps() float64 {
	if r.Throughput == nil {
		return 0
	}
	return r.Throughput.MBPerSecond
}

func (v Verdict) words(sweep Sweep) string {
	if v.LowestLatency < 0 {
		return "Nothing was measured."
	}
	var sentences []string
	say := func(format string, args ...any) { sentences = append(sentences, fmt.Sprintf(format, args...)) }
	name := func(i int) string { return sweep.Rows[i].Settings.describe(sweep.Swept) }
	if v.Fastest == v.LowestLatency { // then it is the best compromise as well
		best := sweep.Rows[v.Fastest]
		say("%s is the fastest with %s MB/s and has the lowest latency: at %d records/s 99%% of the records were consumed within %s ms of being due.",
			name(v.Fastest), figure(best.mbps()), sweep.Rate, figure(best.p99()))
		return sentences[0]
	}
	if v.Fastest >= 0 {
		fastest := sweep.Rows[v.Fastest]
		say("Fastest is %s with %s MB/s (p99 %s ms).", name(v.Fastest), figure(fastest.mbps()), figure(fastest.p99()))
	}
	lowest := sweep.Rows[v.LowestLatency]
	share := ""
	if v.Fastest >= 0 {
		share = fmt.Sprintf(" (%s MB/s)", figure(lowest.mbps()))
	}
	if n := v.asGood(sweep); n > 0 {
		share += fmt.Sprintf("; so close that runs of the same settings may differ as much: %d other", n)
	}
	say("Lowest latency has %s: at %d records/s 99%% of the records were consumed within %s ms of being due%s.",
		name(v.LowestLatency), sweep.Rate, figure(lowest.p99()), share)
	switch {
	case v.Compromise < 0:
	case v.Compromise == v.Fastest:
		say("The fastest is the best compromise as well: none that reaches %.0f%% of its throughput has a lower p99.", 100*compromiseShare)
	default:
		best := sweep.Rows[v.Compromise]
		say("The best compromise is %s: the lowest p99, %s ms, of all that reach %.0f%% of the best throughput; it reaches %.0f%%, %s MB/s.",
			name(v.Compromise), figure(best.p99()), 100*compromiseShare, 100*best.mbps()/sweep.Rows[v.Fastest].mbps(), figure(best.mbps()))
	}
	return strings.Join(sentences, " ")
}

// asGood counts the other rows whose p99 differs from the lowest by no more than two runs of the same thing may.
func (v Verdict) asGood(sweep Sweep) (n int) {
	for i, row := range sweep.Rows {
		if i != v.LowestLatency && row.p99() <= muchDifference*sweep.Rows[v.LowestLatency].p99() {
			n++
		}
	}
	return n
}

// effects says what each setting does to throughput, where that was measured, and to p99.
func effects(sweep Sweep, throughput bool) []string {
	all := []string{}
	for _, setting := range sweep.Swept {
		if throughput {
			all = append(all, effect(sweep, setting, "throughput", "MB/s", Row.mbps, true))
		}
		all = append(all, effect(sweep, setting, "p99", "ms", Row.p99, false))
	}
	return slices.DeleteFunc(all, func(sentence string) bool { return sentence == "" })
}

// effect says what a setting alone does to a figure: it compares the medians of the runs that share a value. It returns "" for a
// setting with one value.
func effect(sweep Sweep, setting, what, unit string, of func(Row) float64, more bool) string {
	var order []string
	runs := map[string][]float64{}
	for _, row := range sweep.Rows {
		value := row.Settings.Value(setting)
		if runs[value] == nil {
			order = append(order, value)
		}
		runs[value] = append(runs[value], of(row))
	}
	if len(order) < 2 {
		return ""
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(median(runs[a]), median(runs[b])) })
	if more {
		slices.Reverse(order)
	}
	best, worst := order[0], order[len(order)-1]
	good, bad := median(runs[best]), median(runs[worst])
	if max(good, bad) <= muchDifference*min(good, bad) {
		return fmt.Sprintf("%s makes little difference to %s.", setting, what)
	}
	return fmt.Sprintf("For %s %s=%s is best (median %s %s, with %s %s).", what, setting, best, figure(good), unit, worst, figure(bad))
}

// figure shows three digits of a number.
func figure(x float64) string {
	switch {
	case x >= 100:
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}
