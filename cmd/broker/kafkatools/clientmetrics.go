package kafkatools

import (
	"maps"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// clientMetrics counts what a client does, by hooks of the Go client, for --print-metrics. Names, tags and layout are those of a Java
// client's metrics; rates, lags and times of Java's own threads are missing, because the Go client does not tell them.
type clientMetrics struct {
	role string // producer or consumer
	tags string // as Java prints them: client-id=...

	mu        sync.Mutex
	totals    map[string]float64 // by group and name
	samples   map[string]sample  // by group and name
	latencies int16              // key of the API whose latency counts
}

// sample is a value that Java reports as average and maximum.
type sample struct{ count, sum, largest float64 }

func newClientMetrics(role string, props Properties) *clientMetrics {
	m := &clientMetrics{role: role, tags: "client-id=" + props["client.id"], totals: map[string]float64{}, samples: map[string]sample{}}
	m.latencies = int16(kmsg.Produce)
	if role == "consumer" {
		m.latencies = int16(kmsg.Fetch)
	}
	return m
}

func (m *clientMetrics) total(name string, by float64) {
	m.totals[m.role+"-metrics:"+name+":{"+m.tags+"}"] += by
}

// topic counts by topic, in the group that Java keeps for it.
func (m *clientMetrics) topic(name, topic string, by float64) {
	m.totals["producer-topic-metrics:"+name+":{"+m.tags+", topic="+topic+"}"] += by
}

func (m *clientMetrics) fetched(name string, by float64) {
	m.totals["consumer-fetch-manager-metrics:"+name+":{"+m.tags+"}"] += by
}

func (m *clientMetrics) sample(group, name string, value float64) {
	key := group + ":" + name
	s := m.samples[key]
	m.samples[key] = sample{s.count + 1, s.sum + value, max(s.largest, value)}
}

// OnBrokerConnect implements kgo.HookBrokerConnect.
func (m *clientMetrics) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total("connection-creation-total", 1)
}

// OnBrokerE2E implements kgo.HookBrokerE2E.
func (m *clientMetrics) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e kgo.BrokerE2E) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total("request-total", 1)
	m.total("outgoing-byte-total", float64(e.BytesWritten))
	m.sample(m.role+"-metrics", "request-size", float64(e.BytesWritten))
	if e.BytesRead > 0 {
		m.total("response-total", 1)
		m.total("incoming-byte-total", float64(e.BytesRead))
	}
	if key != m.latencies || e.Err() != nil {
		return
	}
	millis := float64(e.DurationE2E().Milliseconds())
	if m.role == "producer" {
		m.sample("producer-metrics", "request-latency", millis)
		return
	}
	m.fetched("fetch-total", 1)
	m.sample("consumer-fetch-manager-metrics", "fetch-latency", millis)
	m.sample("consumer-fetch-manager-metrics", "fetch-size", float64(e.BytesRead))
}

// OnProduceBatchWritten implements kgo.HookProduceBatchWritten.
func (m *clientMetrics) OnProduceBatchWritten(_ kgo.BrokerMetadata, topic string, _ int32, b kgo.ProduceBatchMetrics) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sample("producer-metrics", "batch-size", float64(b.CompressedBytes))
	m.topic("byte-total", topic, float64(b.CompressedBytes))
}

// OnProduceRecordUnbuffered implements kgo.HookProduceRecordUnbuffered: a record was acknowledged, or given up.
func (m *clientMetrics) OnProduceRecordUnbuffered(r *kgo.Record, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	failed := 0.0
	if err != nil {
		failed = 1
	}
	m.total("record-send-total", 1)
	m.total("record-error-total", failed)
	m.topic("record-send-total", r.Topic, 1)
	m.topic("record-error-total", r.Topic, failed)
}

// OnFetchBatchRead implements kgo.HookFetchBatchRead.
func (m *clientMetrics) OnFetchBatchRead(_ kgo.BrokerMetadata, _ string, _ int32, b kgo.FetchBatchMetrics) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fetched("records-consumed-total", float64(b.NumRecords))
	m.fetched("bytes-consumed-total", float64(b.UncompressedBytes))
}

// print writes the metrics as Java's tools do: sorted by name, values behind the longest.
func (m *clientMetrics) print(std Streams) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := maps.Clone(m.totals)
	for key, s := range m.samples {
		all[key+"-avg:{"+m.tags+"}"], all[key+"-max:{"+m.tags+"}"] = s.sum/s.count, s.largest
	}
	width := 0
	for name := range all {
		width = max(width, len(name))
	}
	std.printf("\n%-*s   Value\n", width, "Metric Name")
	for _, name := range slices.Sorted(maps.Keys(all)) {
		std.printf("%-*s : %.3f\n", width, name, all[name])
	}
}
