package e2e_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// limit bounds what a test waits for; it is never what is measured.
const limit = 60 * time.Second

// deadline returns a context that ends with the test or after limit.
func deadline(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func newClient(t *testing.T, addr string, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(addr), kgo.RetryTimeout(limit)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func createTopic(t *testing.T, addr, topic string, partitions int32, configs map[string]string) {
	t.Helper()
	values := map[string]*string{}
	for k, v := range configs {
		values[k] = &v
	}
	admin := kadm.NewClient(newClient(t, addr))
	if _, err := admin.CreateTopic(deadline(t), partitions, 1, values, topic); err != nil {
		t.Fatalf("creating %s: %v", topic, err)
	}
}

// numbered makes n records whose values tell their place.
func numbered(topic string, from, n int) []*kgo.Record {
	records := make([]*kgo.Record, n)
	for i := range records {
		records[i] = &kgo.Record{
			Topic: topic,
			Key:   fmt.Appendf(nil, "key-%d", (from+i)%17),
			Value: fmt.Appendf(nil, "value-%06d", from+i),
		}
	}
	return records
}

func produce(t *testing.T, client *kgo.Client, records []*kgo.Record) {
	t.Helper()
	if err := client.ProduceSync(deadline(t), records...).FirstErr(); err != nil {
		t.Fatalf("producing: %v", err)
	}
}

// consume polls until it has n records.
func consume(t *testing.T, client *kgo.Client, n int) []*kgo.Record {
	t.Helper()
	ctx := deadline(t)
	var records []*kgo.Record
	for len(records) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("got %d of %d records before the deadline", len(records), n)
		}
		fetches.EachRecord(func(r *kgo.Record) { records = append(records, r) })
	}
	return records
}

// expectEach fails unless every value numbered made for 0..n-1 came exactly once.
func expectEach(t *testing.T, records []*kgo.Record, n int) {
	t.Helper()
	seen := map[string]int{}
	for _, r := range records {
		seen[string(r.Value)]++
	}
	for i := range n {
		if value := fmt.Sprintf("value-%06d", i); seen[value] != 1 {
			t.Errorf("%s came %d times, want once", value, seen[value])
		}
	}
	if len(records) != n {
		t.Errorf("got %d records, want %d", len(records), n)
	}
}
