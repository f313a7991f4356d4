package faults_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// hang is when a test gives up on something that has to happen. Nothing is expected to come near it.
const hang = 60 * time.Second

// full reports whether the full form of the tests was asked for.
func full() bool { return os.Getenv("E2E_FULL") == "1" }

// scale returns how much of a test is run.
func scale(small, large int) int {
	if full() {
		return large
	}
	return small
}

// newRand returns the source of what is random in a test.
func newRand(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(1)
	if s := os.Getenv("E2E_SEED"); s != "" {
		var err error
		if seed, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("E2E_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// pause waits until a time has passed: a fault has to last for a while.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func newClient(t *testing.T, addr string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(addr), kgo.MetadataMinAge(10 * time.Millisecond), kgo.MetadataMaxAge(time.Second),
		kgo.RetryBackoffFn(func(int) time.Duration { return 10 * time.Millisecond }), kgo.RetryTimeout(hang),
		kgo.DialTimeout(time.Second),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// createTopic makes a topic and returns its partitions.
func createTopic(t *testing.T, addr, topic string, partitions int32, configs map[string]*string) []kafka.TopicPartition {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	if _, err := kadm.NewClient(newClient(t, addr)).CreateTopic(ctx, partitions, 1, configs, topic); err != nil {
		t.Fatal(err)
	}
	var list []kafka.TopicPartition
	for p := range partitions {
		list = append(list, kafka.TopicPartition{Topic: topic, Partition: p})
	}
	return list
}

// load is idempotent producers and a consumer group that run beside a fault and tell the ledger what happens.
type load struct {
	t       *testing.T
	addr    string
	ledger  *ledger
	places  []kafka.TopicPartition
	sending context.Context // ends when producing is to end
	enough  context.CancelFunc

	producers sync.WaitGroup
	consuming context.Context
	silence   context.CancelFunc
	consumer  sync.WaitGroup
}

// startLoad starts producers for all partitions of some topics, and a group that consumes them.
func startLoad(t *testing.T, addr string, producers int, places []kafka.TopicPartition) *load {
	t.Helper()
	l := &load{t: t, addr: addr, ledger: newLedger(t.Errorf), places: places}
	l.sending, l.enough = context.WithCancel(t.Context())
	l.consuming, l.silence = context.WithCancel(t.Context())
	for i := range producers {
		name := fmt.Sprintf("producer-%d", i)
		client := newClient(t, addr, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedRecords(400),
			kgo.ProducerLinger(time.Millisecond), kgo.StopProducerOnDataLossDetected(), kgo.ClientID(name),
			kgo.ProducerBatchCompression([]kgo.CompressionCodec{kgo.NoCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}[i%3]))
		l.producers.Go(func() { l.produce(client, name) })
	}
	topics := map[string]bool{}
	for _, tp := range places {
		topics[tp.Topic] = true
	}
	opts := []kgo.Opt{kgo.ConsumerGroup("faults"), kgo.ConsumeTopics(slices.Collect(maps.Keys(topics))...), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(),
		kgo.FetchMaxWait(50 * time.Millisecond), kgo.HeartbeatInterval(100 * time.Millisecond), kgo.SessionTimeout(10 * time.Second)}
	client := newClient(t, addr, opts...)
	l.consumer.Go(func() { l.consume(client) })
	return l
}

// produce sends a few records to every partition, again and again. A record that fails for good is an error: nothing that
// the tests do justifies it.
func (l *load) produce(client *kgo.Client, name string) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for l.sending.Err() == nil {
		for _, tp := range l.places {
			client.Produce(context.WithoutCancel(l.sending), l.ledger.send(name, tp), func(r *kgo.Record, err error) {
				if err != nil {
					l.t.Errorf("%s: producing %q: %v", place(r), r.Value, err)
					l.enough()
					return
				}
				l.ledger.ack(r)
			})
		}
		select {
		case <-tick.C:
		case <-l.sending.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.sending), hang)
	defer cancel()
	if err := client.Flush(ctx); err != nil {
		l.t.Errorf("%s: flush: %v", name, err)
	}
}

// consume polls and commits what it got, until the load ends. Errors of a fetch or a commit are what a fault looks like to
// a consumer; whatever it gets must be right.
func (l *load) consume(client *kgo.Client) {
	for l.consuming.Err() == nil {
		fetches := client.PollFetches(l.consuming)
		for it := fetches.RecordIter(); !it.Done(); {
			l.ledger.consume(it.Next())
		}
		ctx, cancel := context.WithTimeout(l.consuming, time.Second)
		client.CommitOffsetsSync(ctx, client.UncommittedOffsets(), l.committed)
		cancel()
	}
}

// committed tells the ledger what the answer to a commit acknowledges.
func (l *load) committed(_ *kgo.Client, request *kmsg.OffsetCommitRequest, response *kmsg.OffsetCommitResponse, err error) {
	if err != nil {
		return
	}
	for i, topic := range request.Topics { // the response may name topics by their ids only
		for k, p := range topic.Partitions {
			if response.Topics[i].Partitions[k].ErrorCode == 0 {
				l.ledger.commit(kafka.TopicPartition{Topic: topic.Topic, Partition: p.Partition}, p.Offset)
			}
		}
	}
}

// end ends the producers, waits until all that they sent is acknowledged and consumed, and checks the ledger against all
// that the broker holds.
func (l *load) end() {
	l.t.Helper()
	l.enough()
	l.producers.Wait()
	ctx, cancel := context.WithTimeout(l.t.Context(), hang)
	defer cancel()
	stored := readAll(ctx, l.t, l.addr, l.places)
	if err := l.ledger.awaitConsumed(ctx, stored); err != nil {
		l.t.Error(err)
	}
	l.silence()
	l.consumer.Wait()
	l.ledger.check(stored)
	total := 0
	for _, records := range stored {
		total += len(records)
	}
	l.t.Logf("%d records in %d partitions", total, len(stored))
}

// readAll reads partitions from offset 0 to their ends.
func readAll(ctx context.Context, t *testing.T, addr string, places []kafka.TopicPartition) map[kafka.TopicPartition][]*kgo.Record {
	t.Helper()
	admin := kadm.NewClient(newClient(t, addr))
	stored := map[kafka.TopicPartition][]*kgo.Record{}
	wanted, left := map[string]map[int32]kgo.Offset{}, map[kafka.TopicPartition]int64{}
	for _, tp := range places {
		ends, err := admin.ListEndOffsets(ctx, tp.Topic)
		if err != nil || ends.Error() != nil {
			t.Fatal(err, ends.Error())
		}
		if end, _ := ends.Lookup(tp.Topic, tp.Partition); end.Offset > 0 {
			left[tp] = end.Offset
			if wanted[tp.Topic] == nil {
				wanted[tp.Topic] = map[int32]kgo.Offset{}
			}
			wanted[tp.Topic][tp.Partition] = kgo.NewOffset().At(0)
		}
	}
	client := newClient(t, addr, kgo.ConsumePartitions(wanted), kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(50*time.Millisecond))
	defer client.Close()
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("reading back: %v; missing the rest of %v", err, left)
		}
		for it := fetches.RecordIter(); !it.Done(); {
			r := it.Next()
			stored[place(r)] = append(stored[place(r)], r)
			if r.Offset+1 >= left[place(r)] {
				delete(left, place(r))
			}
		}
	}
	return stored
}
