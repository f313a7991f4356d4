package bench

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Percentiles are of times in milliseconds.
type Percentiles struct {
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
}

// longest is the longest time that is told from longer ones.
const longest = 10 * time.Minute

// times collects times, in microseconds with three digits, in memory that does not grow with their number. It is safe for use by
// several goroutines.
type times struct {
	mu        sync.Mutex
	histogram *hdrhistogram.Histogram
}

func newTimes() *times {
	return &times{histogram: hdrhistogram.New(1, longest.Microseconds(), 3)}
}

func (t *times) add(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	_ = t.histogram.RecordValue(max(0, min(d, longest)).Microseconds()) // in range by the line itself
}

func (t *times) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.histogram.Reset()
}

// percentiles returns nil when there is nothing to tell.
func (t *times) percentiles() *Percentiles {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.histogram.TotalCount() == 0 {
		return nil
	}
	at := func(percent float64) float64 { return float64(t.histogram.ValueAtPercentile(percent)) / 1000 }
	return &Percentiles{P50: at(50), P90: at(90), P99: at(99), P999: at(99.9), Max: float64(t.histogram.Max()) / 1000}
}

// Batches are the record batches that went over the network.
type Batches struct {
	Count int64 `json:"batches"`
	// BatchBytes is the mean size of a batch before compression: what of batch.size was reached.
	BatchBytes float64 `json:"batch_bytes"`
	// CompressionRatio is the size of the records before compression over that after it; 1 without compression.
	CompressionRatio float64 `json:"compression_ratio"`
}

// batchHeader is the size of a record batch's header, which the Go client's figures leave out.
const batchHeader = 61

// traffic counts batches and the times of fetches. It is a hook of the Go client and safe for use by several goroutines.
type traffic struct {
	mu                         sync.Mutex
	batches, plain, compressed int64
	progress                   func(int64)
	fetches                    *times
}

var (
	_ kgo.HookProduceBatchWritten = (*traffic)(nil)
	_ kgo.HookFetchBatchRead      = (*traffic)(nil)
	_ kgo.HookBrokerE2E           = (*traffic)(nil)
)

func newTraffic(progress func(int64)) *traffic {
	return &traffic{progress: progress, fetches: newTimes()}
}

// OnProduceBatchWritten implements kgo.HookProduceBatchWritten.
func (t *traffic) OnProduceBatchWritten(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.ProduceBatchMetrics) {
	t.count(m.NumRecords, m.UncompressedBytes, m.CompressedBytes)
}

// OnFetchBatchRead implements kgo.HookFetchBatchRead.
func (t *traffic) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, m kgo.FetchBatchMetrics) {
	t.count(m.NumRecords, m.UncompressedBytes, m.CompressedBytes)
}

// fetchKey is the API key of Fetch.
const fetchKey = 1

// OnBrokerE2E implements kgo.HookBrokerE2E.
func (t *traffic) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if key == fetchKey && e2e.Err() == nil {
		t.fetches.add(e2e.DurationE2E())
	}
}

func (t *traffic) count(records, plain, compressed int) {
	t.progress(int64(records))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batches++
	t.plain += int64(plain)
	t.compressed += int64(compressed)
}

func (t *traffic) reset() {
	t.fetches.reset()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.batches, t.plain, t.compressed = 0, 0, 0
}

func (t *traffic) figures() Batches {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := Batches{Count: t.batches}
	if t.batches > 0 && t.compressed > 0 {
		f.BatchBytes = batchHeader + float64(t.plain)/float64(t.batches)
		f.CompressionRatio = float64(t.plain) / float64(t.compressed)
	}
	return f
}
