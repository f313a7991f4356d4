package hostileplugins_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const canaryTopic = "canary"

// canary produces and fetches a topic without plugins.
type canary struct {
	tb       testing.TB
	producer *kgo.Client
	consumer *kgo.Client
	done     chan struct{} // closed when producing is to end
	running  sync.WaitGroup
	sent     int
}

func newCanary(tb testing.TB, addr string) *canary {
	tb.Helper()
	c := &canary{tb: tb, done: make(chan struct{})}
	c.producer = newClient(tb, addr, kgo.DefaultProduceTopic(canaryTopic), kgo.ProducerLinger(0))
	ctx, cancel := context.WithTimeout(tb.Context(), hang)
	defer cancel()
	if _, err := kadm.NewClient(c.producer).CreateTopic(ctx, 1, 1, nil, canaryTopic); err != nil {
		tb.Fatal(err)
	}
	c.consumer = newClient(tb, addr, kgo.ConsumeTopics(canaryTopic), kgo.FetchMaxWait(100*time.Millisecond))
	return c
}

// start produces and fetches until stop.
func (c *canary) start() {
	fetched := make(chan int, 1)
	c.running.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-c.done:
				fetched <- c.sent
				return
			case <-tick.C:
				if !c.send() {
					fetched <- c.sent
					return
				}
			}
		}
	})
	c.running.Go(func() { c.fetch(fetched) })
}

// send produces the next record and reports whether it was taken.
func (c *canary) send() bool {
	ctx, cancel := context.WithTimeout(context.Background(), hang)
	defer cancel()
	if err := c.producer.ProduceSync(ctx, &kgo.Record{Value: strconv.AppendInt(nil, int64(c.sent), 10)}).FirstErr(); err != nil {
		c.tb.Errorf("canary: produce: %v", err)
		return false
	}
	c.sent++
	return true
}

// fetch reads along until it has as many records as were sent, which it is told at the end.
func (c *canary) fetch(sent <-chan int) {
	got, want := 0, -1
	for want < 0 || got < want {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		fetches := c.consumer.PollFetches(ctx)
		cancel()
		for _, err := range fetches.Errors() {
			if ctx.Err() == nil {
				c.tb.Errorf("canary: fetch: %v", err.Err)
				return
			}
		}
		for it := fetches.RecordIter(); !it.Done(); got++ {
			if r := it.Next(); string(r.Value) != strconv.Itoa(got) || r.Offset != int64(got) {
				c.tb.Errorf("canary: offset %d holds %s, want offset and record %d", r.Offset, r.Value, got)
				return
			}
		}
		select {
		case want = <-sent:
		default:
		}
	}
}

// stop ends the producer and waits until everything was fetched.
func (c *canary) stop() {
	close(c.done)
	c.running.Wait()
	c.tb.Logf("canary: %d records", c.sent)
}
