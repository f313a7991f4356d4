// Package bench measures a Kafka cluster with records of the user's own kind: how fast they can be produced and fetched, how long one
// of them takes, and which producer settings suit them.
//
// The files by subject: payload.go the records, settings.go the producer's settings and their combinations, topic.go where the records
// go, produce.go, consume.go and latency.go one run each, sweep.go many runs, verdict.go and plot.go what they mean.
package bench

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Bench is what all runs share. Its methods may not be called side by side: they would measure each other.
type Bench struct {
	// Client opens a client of the cluster with options added to those that every client needs.
	Client func(...kgo.Opt) (*kgo.Client, error)
	// Topic is where the records go.
	Topic Topic
	// Payload are the values of the records.
	Payload *Payload
	// Duration is how long a run measures, Warmup how long the same work is done before, uncounted.
	Duration, Warmup time.Duration
	// Records ends a run that has moved so many records before Duration is over; 0 for no such end. Warming up does not count.
	Records int64
	// Rounds is how often a sweep measures each combination, at least once.
	Rounds int
	// Timeout bounds administrative requests, and the wait for what is still outstanding at the end of a run.
	Timeout time.Duration
	// Progress begins to show how far a run is. Nil shows nothing.
	Progress func(message string) Progress
}

// Progress shows how far a run is. Its methods are safe for use by several goroutines.
type Progress struct {
	Add  func(records int64)
	Stop func() // ends the display
}

// Result is what a run measured.
type Result struct {
	// Settings are the producer's; nil for a run that only consumed.
	Settings *Settings `json:"settings,omitempty"`
	Topic    string    `json:"topic"`
	// Payload says what the records were; "" where they were there before.
	Payload string  `json:"payload,omitempty"`
	Records int64   `json:"records"`
	Bytes   int64   `json:"bytes"` // of keys and values, before compression
	Seconds float64 `json:"seconds"`
	// RecordsPerSecond and MBPerSecond are Records and Bytes over Seconds; a MB is 10^6 bytes.
	RecordsPerSecond float64 `json:"records_per_second"`
	MBPerSecond      float64 `json:"mb_per_second"`
	Batches
	// Rate is the fixed rate, in records a second, at which an open loop produced; 0 for as fast as possible.
	Rate int `json:"rate,omitempty"`
	// Acknowledged are the times from when a record was handed to the producer, or at a fixed rate was due, to its acknowledgement.
	Acknowledged *Percentiles `json:"acknowledged_ms,omitempty"`
	// Consumed are the times from when a record was due until a consumer had it.
	Consumed *Percentiles `json:"consumed_ms,omitempty"`
	// Fetches are the times that fetch requests took.
	Fetches *Percentiles `json:"fetches_ms,omitempty"`
}

// setVolume fills in the sums of a run and what follows from them.
func (r *Result) setVolume(records, bytes int64, taken time.Duration) {
	r.Records, r.Bytes, r.Seconds = records, bytes, taken.Seconds()
	if r.Seconds > 0 {
		r.RecordsPerSecond = float64(records) / r.Seconds
		r.MBPerSecond = float64(bytes) / 1e6 / r.Seconds
	}
}

// begin starts the display of a run.
func (b *Bench) begin(message string) Progress {
	if b.Progress == nil {
		return Progress{Add: func(int64) {}, Stop: func() {}}
	}
	return b.Progress(message)
}

// settle returns a context for what remains to be done at the end of a run, which an interruption does not cut short.
func (b *Bench) settle(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), b.Timeout)
}
