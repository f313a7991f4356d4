package bench

import (
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
	Rate    int     `json:"rate"`
	Rows    []Row   `json:"rows"`
	Verdict Verdict `json:"verdict"`
}

// SweepProduce measures every combination at full speed and then at a fixed rate, which must be the same for all to compare them:
// with rate 0 it is a quarter of what the slowest combination reached.
func (b *Bench) SweepProduce(ctx context.Context, all []Settings, swept []string, rate int) (Sweep, error) {
	sweep := Sweep{Swept: swept, Rate: rate}
	slowest := math.Inf(1)
	for i, s := range all {
		result, err := b.Produce(ctx, s, fmt.Sprintf("full speed %d/%d: %s", i+1, len(all), s.describe(swept)))
		if err != nil {
			return Sweep{}, fmt.Errorf("%s: %w", s.describe(swept), err)
		}
		slowest = min(slowest, result.RecordsPerSecond)
		sweep.Rows = append(sweep.Rows, Row{Settings: s, Throughput: &result})
	}
	if rate == 0 {
		sweep.Rate = fixedRate(slowest)
	}
	return b.addLatencies(ctx, sweep)
}

// SweepLatency measures every combination at a fixed rate.
func (b *Bench) SweepLatency(ctx context.Context, all []Settings, swept []string, rate int) (Sweep, error) {
	sweep := Sweep{Swept: swept, Rate: rate}
	for _, s := range all {
		sweep.Rows = append(sweep.Rows, Row{Settings: s})
	}
	return b.addLatencies(ctx, sweep)
}

func (b *Bench) addLatencies(ctx context.Context, sweep Sweep) (Sweep, error) {
	for i := range sweep.Rows {
		row := &sweep.Rows[i]
		words := row.Settings.describe(sweep.Swept)
		result, err := b.Latency(ctx, row.Settings, sweep.Rate, fmt.Sprintf("fixed rate %d/%d: %s", i+1, len(sweep.Rows), words))
		if err != nil {
			return Sweep{}, fmt.Errorf("%s: %w", words, err)
		}
		row.Latency = &result
	}
	sweep.Verdict = Judge(sweep)
	return sweep, nil
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

// median returns the middle of values, which it sorts; the lower one of two.
func median(values []float64) float64 {
	slices.Sort(values)
	return values[(len(values)-1)/2]
}
