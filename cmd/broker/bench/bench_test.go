package bench_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/bench"
	"github.com/jackdawmq/jackdaw/sdk/brokertest"
)

// newBench is a bench of the broker at addr whose runs end by their number of records.
func newBench(t *testing.T, addr string, records int64, recordSize int, opts ...kgo.Opt) *bench.Bench {
	t.Helper()
	payload, err := bench.Synthetic(recordSize)
	if err != nil {
		t.Fatal(err)
	}
	return &bench.Bench{
		Client: func(more ...kgo.Opt) (*kgo.Client, error) {
			shared := []kgo.Opt{kgo.SeedBrokers(addr), kgo.MetadataMinAge(10 * time.Millisecond)}
			return kgo.NewClient(append(append(shared, opts...), more...)...)
		},
		Topic: bench.Topic{Partitions: 2, Replicas: 1}, Payload: payload,
		Duration: time.Minute, Records: records, Rounds: 1, Timeout: 20 * time.Second,
	}
}

func topics(t *testing.T, b *bench.Bench) []string {
	t.Helper()
	client, err := b.Client()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	all, err := kadm.NewClient(client).ListTopics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all.Names()
}

// rising reports whether percentiles are those of something that was measured.
func rising(p *bench.Percentiles) bool {
	return p != nil && 0 < p.P50 && p.P50 <= p.P90 && p.P90 <= p.P99 && p.P99 <= p.P999 && p.P999 <= p.Max
}

func TestRuns(t *testing.T) {
	b := newBench(t, brokertest.New(t).Addr(), 500, 200)
	settings := bench.DefaultSettings()
	settings.Compression = "lz4"

	produced, err := b.Produce(t.Context(), settings, "sent")
	if err != nil {
		t.Fatal(err)
	}
	if produced.Records != 500 || produced.Bytes != 500*200 || !rising(produced.Acknowledged) || produced.MBPerSecond <= 0 {
		t.Errorf("produce: %+v", produced)
	}
	if produced.Count == 0 || produced.BatchBytes < 200 || produced.BatchBytes > 16384 || produced.CompressionRatio <= 1 {
		t.Errorf("produce: %+v", produced.Batches)
	}
	consumed, err := b.Consume(t.Context(), settings, bench.DefaultFetching())
	if err != nil {
		t.Fatal(err)
	}
	if consumed.Records != 500 || consumed.Bytes != 500*200 || consumed.CompressionRatio <= 1 || !rising(consumed.Fetches) {
		t.Errorf("consume: %+v", consumed)
	}
	latency, err := b.Latency(t.Context(), settings, 10_000, "sent")
	if err != nil {
		t.Fatal(err)
	}
	if latency.Records != 500 || latency.Rate != 10_000 || !rising(latency.Acknowledged) || !rising(latency.Consumed) {
		t.Errorf("latency: %+v", latency)
	}
	if left := topics(t, b); len(left) != 0 {
		t.Errorf("topics %v were left", left)
	}
}

// A topic of the user's stays, and records of others in it are not taken for those of a run.
func TestNamedTopic(t *testing.T) {
	b := newBench(t, brokertest.New(t).Addr(), 50, 100)
	client, err := b.Client(kgo.DefaultProduceTopic("own"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, "own"); err != nil {
		t.Fatal(err)
	}
	b.Topic.Name = "own"
	if _, err := b.Consume(t.Context(), bench.DefaultSettings(), bench.DefaultFetching()); err == nil || !strings.Contains(err.Error(), "has no records") {
		t.Errorf("an empty topic: %v", err)
	}
	for range 30 {
		if err := client.ProduceSync(t.Context(), kgo.StringRecord("before")).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := b.Latency(t.Context(), bench.DefaultSettings(), 10_000, "sent"); err != nil || r.Records != 50 {
		t.Errorf("%+v %v", r, err)
	}
	b.Records = 0
	if r, err := b.Consume(t.Context(), bench.DefaultSettings(), bench.DefaultFetching()); err != nil || r.Records != 80 {
		t.Errorf("%+v %v", r, err)
	}
	if left := topics(t, b); len(left) != 1 {
		t.Errorf("topics %v", left)
	}
}

// A record that is bigger than batch.size goes alone; one that the broker refuses ends the run, and the topic goes all the same.
func TestLargeRecords(t *testing.T) {
	addr := brokertest.New(t).Addr()
	small := bench.DefaultSettings()
	small.BatchSize, small.BufferMemory = 100, 1000
	b := newBench(t, addr, 10, 5000)
	if r, err := b.Produce(t.Context(), small, "sent"); err != nil || r.Count != 10 {
		t.Errorf("%+v %v", r, err)
	}
	b = newBench(t, addr, 10, 2<<20)
	if _, err := b.Produce(t.Context(), small, "sent"); err == nil || !strings.Contains(err.Error(), "MESSAGE_TOO_LARGE") {
		t.Errorf("records that are too large: %v", err)
	}
	if left := topics(t, b); len(left) != 0 {
		t.Errorf("topics %v were left", left)
	}
}

func TestSweep(t *testing.T) {
	b := newBench(t, brokertest.New(t).Addr(), 100, 100)
	b.Rounds = 2
	all, swept, err := bench.Combinations(bench.DefaultSettings(), []string{"batch.size=1000,10000", "acks=1,all"})
	if err != nil {
		t.Fatal(err)
	}
	sweep, err := b.SweepProduce(t.Context(), all, swept, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	if len(sweep.Rows) != 4 || sweep.Rate != 10_000 || sweep.Verdict.Fastest < 0 || sweep.Verdict.Compromise < 0 || sweep.Verdict.Text == "" {
		t.Errorf("%+v", sweep)
	}
	for i, row := range sweep.Rows {
		if row.Settings != all[i] || *row.Throughput.Settings != all[i] || *row.Latency.Settings != all[i] || row.Latency.Records != 100 {
			t.Errorf("row %d: %+v", i, row)
		}
	}
	if sweep, err = b.SweepLatency(t.Context(), all[:1], nil, 10_000); err != nil || sweep.Verdict.Fastest != -1 || sweep.Verdict.LowestLatency != 0 {
		t.Errorf("%+v %v", sweep, err)
	}
}

// A cluster says that a topic is created before all of its brokers know it; a topic of the user's that is unknown does not exist.
func TestNewTopicThatBrokersDoNotKnowYet(t *testing.T) {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	var unknown atomic.Int64
	unknown.Store(3)
	cluster.ControlKey(kmsg.ListOffsets.Int16(), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		if unknown.Add(-1) < 0 {
			return nil, nil, false
		}
		resp := req.ResponseKind().(*kmsg.ListOffsetsResponse)
		for _, topic := range req.(*kmsg.ListOffsetsRequest).Topics {
			answered := kmsg.ListOffsetsResponseTopic{Topic: topic.Topic}
			for _, p := range topic.Partitions {
				answered.Partitions = append(answered.Partitions, kmsg.ListOffsetsResponseTopicPartition{
					Partition: p.Partition, Offset: -1, ErrorCode: kerr.UnknownTopicOrPartition.Code})
			}
			resp.Topics = append(resp.Topics, answered)
		}
		return resp, nil, true
	})
	b := newBench(t, cluster.ListenAddrs()[0], 20, 100)
	if r, err := b.Latency(t.Context(), bench.DefaultSettings(), 10_000, "sent"); err != nil || r.Records != 20 {
		t.Errorf("%+v %v", r, err)
	}
	b.Topic.Name = "nowhere"
	if _, err := b.Latency(t.Context(), bench.DefaultSettings(), 10_000, "sent"); !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("a topic that does not exist: %v", err)
	}
}

// buffered counts the records that were handed to a client and tells when there are enough.
type buffered struct {
	count, enough atomic.Int64
	reached       chan struct{}
}

func (b *buffered) OnProduceRecordBuffered(*kgo.Record) {
	if b.count.Add(1) == b.enough.Load() {
		close(b.reached)
	}
}

// A cluster that answers nothing until the last record was sent: an open loop goes on sending, and every record is charged from when
// it was due.
func TestLatencyCountsStalls(t *testing.T) {
	const records, rate = 100, 1000
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.Close()
	sent := &buffered{reached: make(chan struct{})}
	sent.enough.Store(records)
	cluster.ControlKey(kmsg.Produce.Int16(), func(kmsg.Request) (kmsg.Response, error, bool) {
		<-sent.reached
		return nil, nil, false
	})
	b := newBench(t, cluster.ListenAddrs()[0], records, 100, kgo.WithHooks(sent))
	got, err := b.Latency(t.Context(), bench.DefaultSettings(), rate, "sent")
	if err != nil {
		t.Fatal(err)
	}
	// The first record was acknowledged after the last was due, 99 ms later; half of them waited for half of that.
	if got.Records != records || got.Acknowledged.Max < 98 || got.Acknowledged.P50 < 48 || got.Consumed.Max < 98 {
		t.Errorf("%+v %+v %+v", got, got.Acknowledged, got.Consumed)
	}
}
