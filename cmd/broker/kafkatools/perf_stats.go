package kafkatools

import (
	"slices"
	"sync"
	"time"
)

const mebibyte = 1 << 20

// perfStats collects what kafka-producer-perf-test reports, in whole milliseconds as Kafka's tool measures.
type perfStats struct {
	std      Streams
	interval time.Duration // between reports; 0 for none
	name     string        // between the number and "records sent"
	start    time.Time

	mu          sync.Mutex
	latencies   []int32 // in ms
	bytes, sum  int64
	windowStart time.Time
	window      perfWindow
}

// perfWindow is what came since the last report.
type perfWindow struct {
	count, bytes, sum int64
	longest           int64 // ms
}

func newPerfStats(std Streams, interval time.Duration, name string) *perfStats {
	now := time.Now()
	return &perfStats{std: std, interval: interval, name: name, start: now, windowStart: now}
}

// add counts an acknowledged record and prints a report when one is due.
func (s *perfStats) add(latency time.Duration, size int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	millis := latency.Milliseconds()
	s.latencies = append(s.latencies, int32(millis))
	s.bytes += int64(size)
	s.sum += millis
	w := &s.window
	w.count, w.bytes, w.sum, w.longest = w.count+1, w.bytes+int64(size), w.sum+millis, max(w.longest, millis)
	if elapsed := time.Since(s.windowStart); s.interval > 0 && elapsed >= s.interval {
		seconds := elapsed.Seconds()
		s.std.printf("%d records sent, %.1f records/sec (%.2f MB/sec), %.1f ms avg latency, %.1f ms max latency.\n",
			w.count, float64(w.count)/seconds, float64(w.bytes)/seconds/mebibyte, float64(w.sum)/float64(w.count), float64(w.longest))
		s.window, s.windowStart = perfWindow{}, time.Now()
	}
}

// fail reports a record that was not acknowledged.
func (s *perfStats) fail(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.std.errorf("%s\n", reason)
}

func (s *perfStats) printTotal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.Sort(s.latencies)
	n := len(s.latencies)
	at := func(share float64) int32 {
		if n == 0 {
			return 0
		}
		return s.latencies[min(int(share*float64(n)), n-1)]
	}
	seconds := max(time.Since(s.start).Seconds(), 0.001)
	s.std.printf("%d%s records sent, %f records/sec (%.2f MB/sec), %.2f ms avg latency, %.2f ms max latency, %d ms 50th, %d ms 95th, %d ms 99th, %d ms 99.9th.\n",
		n, s.name, float64(n)/seconds, float64(s.bytes)/seconds/mebibyte, float64(s.sum)/float64(max(n, 1)), float64(at(1)),
		at(0.5), at(0.95), at(0.99), at(0.999))
}
