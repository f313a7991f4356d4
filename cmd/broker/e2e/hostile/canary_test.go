package hostile_test

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	canaryTopic      = "canary"
	canaryPartitions = 3
)

// canary is a producer and a consumer group that run beside an attack and must not notice it: no error, no connection that
// the broker closed, every record back once and in order. How long things take is not looked at.
type canary struct {
	t        *testing.T
	producer *kgo.Client
	consumer *kgo.Client
	idle     time.Duration // its connections that are idle for so long end
	done     chan struct{} // closed when producing is to end
	running  sync.WaitGroup
	produced atomic.Int64
	consumed [canaryPartitions]int64 // by partition
	got      int64
	stopping atomic.Bool
}

func startCanary(t *testing.T, addr string, idle time.Duration) *canary {
	t.Helper()
	c := &canary{t: t, idle: idle, done: make(chan struct{})}
	c.producer = c.client(addr, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	if _, err := kadm.NewClient(c.producer).CreateTopic(ctx, canaryPartitions, 1, nil, canaryTopic); err != nil {
		t.Fatal(err)
	}
	c.consumer = c.client(addr, kgo.ConsumerGroup("canary"), kgo.ConsumeTopics(canaryTopic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.AutoCommitInterval(100*time.Millisecond),
		kgo.FetchMaxWait(100*time.Millisecond))
	c.running.Go(c.produce)
	c.got = c.consume(ctx) // the attack begins when the group is stable and has read something
	return c
}

func (c *canary) client(addr string, opts ...kgo.Opt) *kgo.Client {
	c.t.Helper()
	client, err := kgo.NewClient(append(opts, kgo.SeedBrokers(addr), kgo.WithHooks(c), kgo.ConnIdleTimeout(c.idle),
		kgo.RequestTimeoutOverhead(hang), kgo.MetadataMinAge(10*time.Millisecond), kgo.MetadataMaxAge(500*time.Millisecond))...)
	if err != nil {
		c.t.Fatal(err)
	}
	return client
}

// OnBrokerE2E is told of every request that got no answer.
func (c *canary) OnBrokerE2E(_ kgo.BrokerMetadata, key int16, e2e kgo.BrokerE2E) {
	if err := e2e.Err(); err != nil && !c.stopping.Load() {
		c.t.Errorf("canary: a request with API key %d: %v", key, err)
	}
}

// OnBrokerDisconnect is told of every connection that ended. A canary that ends idle connections itself cannot tell whose
// doing it was; that a request got no answer still shows.
func (c *canary) OnBrokerDisconnect(kgo.BrokerMetadata, net.Conn) {
	if !c.stopping.Load() && c.idle >= hang {
		c.t.Error("canary: a connection ended")
	}
}

// produce sends numbered records, a few at a time, until done.
func (c *canary) produce() {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-tick.C:
		}
		for range 3 {
			n := c.produced.Load()
			r := &kgo.Record{Topic: canaryTopic, Partition: int32(n % canaryPartitions), Value: strconv.AppendInt(nil, n, 10)}
			ctx, cancel := context.WithTimeout(context.Background(), hang)
			err := c.producer.ProduceSync(ctx, r).FirstErr()
			cancel()
			if err != nil {
				c.t.Errorf("canary: produce: %v", err)
				return
			}
			c.produced.Add(1)
		}
	}
}

// stop ends the producer and consumes all that it sent.
func (c *canary) stop() {
	c.t.Helper()
	close(c.done)
	c.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	want := c.produced.Load()
	for c.got < want {
		n := c.consume(ctx)
		if n == 0 {
			c.t.Errorf("canary: %d of %d records consumed", c.got, want)
			break
		}
		c.got += n
	}
	c.stopping.Store(true)
	c.consumer.CloseAllowingRebalance()
	c.producer.Close()
	c.t.Logf("canary: %d records", want)
}

// consume waits for some records, checks them, and returns how many they are: none after an error.
func (c *canary) consume(ctx context.Context) (n int64) {
	c.t.Helper()
	fetches := c.consumer.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		c.t.Errorf("canary: consume: %v", err)
		return 0
	}
	for it := fetches.RecordIter(); !it.Done(); n++ {
		c.expect(it.Next())
	}
	return n
}

// expect checks that a record is the next one of its partition.
func (c *canary) expect(r *kgo.Record) {
	i := c.consumed[r.Partition]
	c.consumed[r.Partition]++
	if want := fmt.Sprint(i*canaryPartitions + int64(r.Partition)); string(r.Value) != want || r.Offset != i {
		c.t.Errorf("canary: partition %d offset %d holds %s, want offset %d with %s", r.Partition, r.Offset, r.Value, i, want)
	}
}
