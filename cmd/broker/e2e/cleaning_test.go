package e2e_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// awaitTrue waits until a condition holds.
func awaitTrue(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := deadline(t)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}

// TestOldRecordsGo: retention by time takes whole segments of old records, and leaves what is younger.
func TestOldRecordsGo(t *testing.T) {
	b := process.Start(t, "log.retention.check.interval.ms=100")
	createTopic(t, b.Addr, "aging", 1, map[string]string{"retention.ms": "3600000", "segment.bytes": "1048576", "file.delete.delay.ms": "0"})
	client := newClient(t, b.Addr, kgo.ProducerBatchCompression(kgo.NoCompression()))
	old := numbered("aging", 0, 20)
	for _, r := range old {
		r.Timestamp, r.Value = time.Now().Add(-2*time.Hour), make([]byte, 100<<10)
	}
	produce(t, client, old)
	produce(t, client, numbered("aging", 20, 10))
	admin := kadm.NewClient(client)
	start := func() int64 {
		return listed(t, "aging", func() (kadm.ListedOffsets, error) { return admin.ListStartOffsets(deadline(t), "aging") })
	}
	awaitTrue(t, "retention", func() bool { return start() > 0 })
	got := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("aging")), 10)
	if last := got[len(got)-1]; start() > 20 || string(last.Value) != "value-000029" {
		t.Errorf("the log starts at %d and ends with %q: younger records went too", start(), last.Value)
	}
}

// TestCompactionKeepsTheLast: of each key the last value stays, at its offset, and a deleted key goes.
func TestCompactionKeepsTheLast(t *testing.T) {
	b := process.Start(t, "log.cleaner.backoff.ms=100")
	createTopic(t, b.Addr, "compact", 1, map[string]string{"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01",
		"segment.bytes": "1048576", "delete.retention.ms": "0"})
	client := newClient(t, b.Addr, kgo.ProducerBatchCompression(kgo.NoCompression()))
	const n = 170 // each of the 17 keys ten times
	records := numbered("compact", 0, n)
	for _, r := range records {
		r.Value = append(r.Value, make([]byte, 20<<10)...)
	}
	produce(t, client, records)
	produce(t, client, []*kgo.Record{{Topic: "compact", Key: []byte("key-0")}, {Topic: "compact", Key: []byte("end"), Value: []byte("end")}})
	var kept []*kgo.Record
	awaitTrue(t, "compaction", func() bool {
		kept = nil
		for reader := newClient(t, b.Addr, kgo.ConsumeTopics("compact")); len(kept) == 0 || string(kept[len(kept)-1].Key) != "end"; {
			kept = append(kept, consume(t, reader, 1)...)
		}
		return len(kept) < n/2
	})
	if !slices.IsSortedFunc(kept, func(a, b *kgo.Record) int { return int(a.Offset - b.Offset) }) {
		t.Error("the records are not in the order of their offsets")
	}
	last := map[string]int64{}
	for _, r := range kept {
		if r.Offset < n && string(r.Value[:12]) != fmt.Sprintf("value-%06d", r.Offset) {
			t.Errorf("at offset %d is %s", r.Offset, r.Value[:12])
		}
		last[string(r.Key)] = r.Offset
	}
	for _, r := range records[n-17:] {
		if at := last[string(r.Key)]; string(r.Key) != "key-0" && at != r.Offset {
			t.Errorf("the last record of %s is at %d, want %d", r.Key, at, r.Offset)
		}
	}
}
