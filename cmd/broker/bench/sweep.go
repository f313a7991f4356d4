package bench

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
)

// Row is what was measured with one combination of settings.
type Row struct {
	Settings Settings `json:"settings"`
	// Throughput is the run at full speed; nil for a sweep of latency alone.
	Throughput *Result `json:"throughput,omitempty"`
	// Latency is the run at a fixed rate.
	Latency *Result `json:"latency"`
}

// p99 is the time from produced to consumed that 99 of 100 records stayed below, in ms.
func (r Row) p99() float64 {
	if r.Latency == nil || r.Latency.Consumed == nil {
		return math.Inf(1)
	}
	return r.Latency.Consumed.P99
}

// Sweep is the measurement of several combinations of settings.
type Sweep struct {
	// Swept are the names of the settings that differ.
	Swept []string `json:"swept"`
	// Rate is that of the runs at a fixed rate, in records a second: the same for all.
	Rate int `json:"rate"`
	// Rounds is how often each combination was measured; the rows have the median run.
	Rounds  int     `json:"rounds"`
	Rows    []Row   `json:"rows"`
	Verdict Verdict `json:"verdict"`
}

// SweepProduce measures every combination at full speed and then at a fixed rate, which must be the same for all to compare them:
// with rate 0 it is a quarter of what the slowest combination reached.
func (b *Bench) SweepProduce(ctx context.Context, all []Settings, swept []string, rate int) (Sweep, error) {
	fastest, err := b.rounds(ctx, all, swept, "full speed", b.Produce, func(r Result) float64 { return r.RecordsPerSecond })
	if err != nil {
		return Sweep{}, err
	}
	if rate == 0 {
		slowest := math.Inf(1)
		for _, r := range fastest {
			slowest = min(slowest, r.RecordsPerSecond)
		}
		rate = fixedRate(slowest)
	}
	sweep, err := b.SweepLatency(ctx, all, swept, rate)
	if err != nil {
		return Sweep{}, err
	}
	for i := range sweep.Rows {
		sweep.Rows[i].Throughput = &fastest[i]
	}
	sweep.Verdict = Judge(sweep)
	return sweep, nil
}

// SweepLatency measures every combination at a fixed rate.
func (b *Bench) SweepLatency(ctx context.Context, all []Settings, swept []string, rate int) (Sweep, error) {
	measure := func(ctx context.Context, s Settings, message string) (Result, error) {
		return b.Latency(ctx, s, rate, message)
	}
	results, err := b.rounds(ctx, all, swept, "fixed rate", measure, func(r Result) float64 { return Row{Latency: &r}.p99() })
	if err != nil {
		return Sweep{}, err
	}
	sweep := Sweep{Swept: swept, Rate: rate, Rounds: b.Rounds}
	for i, s := range all {
		sweep.Rows = append(sweep.Rows, Row{Settings: s, Latency: &results[i]})
	}
	sweep.Verdict = Judge(sweep)
	return sweep, nil
}

// rounds measures all combinations one after the other, and that Rounds times, so that what else the machines do in the meantime meets
// all of them. It returns the result of each whose figure is the median.
func (b *Bench) rounds(ctx context.Context, all []Settings, swept []string, what string,
	measure func(context.Context, Settings, string) (Result, error), figure func(Result) float64) ([]Result, error) {
	runs := make([][]Result, len(all))
	for round := range b.Rounds {
		for i, s := range all {
			words := s.describe(swept)
			message := fmt.Sprintf("%s %d/%d: %s", what, round*len(all)+i+1, b.Rounds*len(all), words)
			result, err := measure(ctx, s, message)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", words, err)
			}
			runs[i] = append(runs[i], result)
		}
	}
	middle := make([]Result, len(all))
	for i, results := range runs {
		slices.SortFunc(results, func(a, b Result) int { return cmp.Compare(figure(a), figure(b)) })
		middle[i] = results[(len(results)-1)/2]
	}
	return middle, nil
}

// fixedRate is a quarter of the records a second that the slowest run reached, in two digits.
func fixedRate(slowest float64) int {
	rate := max(1, int(slowest/4))
	unit := 1
	for rate/unit >= 100 {
		unit *= 10
	}
	return rate / unit * unit
}

// median returns the middle of values, which it sorts; of an even number the mean of the two in the middle.
func median(values []float64) float64 {
	slices.Sort(values)
	return (values[(len(values)-1)/2] + values[len(values)/2]) / 2
}
