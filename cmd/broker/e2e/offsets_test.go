package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// listed returns the only partition's offset that an answer to ListOffsets holds.
func listed(t *testing.T, topic string, list func() (kadm.ListedOffsets, error)) int64 {
	t.Helper()
	offsets, err := list()
	if err != nil {
		t.Fatal(err)
	}
	found, ok := offsets.Lookup(topic, 0)
	if !ok || found.Err != nil {
		t.Fatalf("topic %s: %+v", topic, found)
	}
	return found.Offset
}

// TestRecordsComeBackAsTheyWent: a record is found at the offset that its producer was told, whole, also after a crash.
func TestRecordsComeBackAsTheyWent(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "whole", 1, nil)
	producer := newClient(t, b.Addr)
	began := time.UnixMilli(time.Now().Add(-time.Hour).UnixMilli())
	var sent []*kgo.Record
	for i := range 30 {
		batch := numbered("whole", 3*i, 3)
		batch[1].Key, batch[2].Value = nil, nil
		for j, r := range batch {
			r.Timestamp = began.Add(time.Duration(3*i+j) * time.Second)
			r.Headers = []kgo.RecordHeader{{Key: "n", Value: fmt.Append(nil, i)}, {Key: "none"}}
		}
		produce(t, producer, batch)
		sent = append(sent, batch...)
	}
	b.Kill()
	b.Restart()
	got := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("whole")), len(sent))
	for i, r := range got {
		want := sent[i]
		if want.Offset != int64(i) || r.Offset != want.Offset {
			t.Errorf("record %d: its producer was told offset %d, it is at %d", i, want.Offset, r.Offset)
		}
		if string(r.Key) != string(want.Key) || string(r.Value) != string(want.Value) || (r.Key == nil) != (want.Key == nil) || (r.Value == nil) != (want.Value == nil) {
			t.Errorf("record %d is %q=%q, was %q=%q", i, r.Key, r.Value, want.Key, want.Value)
		}
		if !r.Timestamp.Equal(want.Timestamp) || fmt.Sprint(r.Headers) != fmt.Sprint(want.Headers) {
			t.Errorf("record %d has %v and %v, had %v and %v", i, r.Timestamp, r.Headers, want.Timestamp, want.Headers)
		}
	}
	admin := kadm.NewClient(producer)
	for _, n := range []int{0, 1, 44, 89} {
		at := listed(t, "whole", func() (kadm.ListedOffsets, error) {
			return admin.ListOffsetsAfterMilli(deadline(t), sent[n].Timestamp.UnixMilli(), "whole")
		})
		if at != int64(n) {
			t.Errorf("the first record from %v on is said to be at %d, is at %d", sent[n].Timestamp, at, n)
		}
	}
}

// TestBatchSentTwiceIsStoredOnce: an idempotent producer that missed an answer sends its batch again, here after a crash too, and is
// told where the batch went. The Go clients would hide it: the requests are made by hand.
func TestBatchSentTwiceIsStoredOnce(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "twice", 1, nil)
	client := newClient(t, b.Addr)
	metadata, err := kadm.NewClient(client).Metadata(deadline(t), "twice")
	if err != nil {
		t.Fatal(err)
	}
	init, err := kmsg.NewPtrInitProducerIDRequest().RequestWith(deadline(t), client)
	if err != nil {
		t.Fatal(err)
	}
	send := func(sequence int32) kmsg.ProduceResponseTopicPartition {
		t.Helper()
		header := record.NewHeader()
		header.ProducerID, header.ProducerEpoch, header.BaseSequence = kafka.ProducerID(init.ProducerID), kafka.ProducerEpoch(init.ProducerEpoch), sequence
		var builder record.Builder
		builder.Reset(nil, header)
		builder.Append(time.Now().UnixMilli(), nil, fmt.Append(nil, "sequence ", sequence))
		batch, err := builder.Finish()
		if err != nil {
			t.Fatal(err)
		}
		req := kmsg.NewPtrProduceRequest()
		req.Acks, req.TimeoutMillis = -1, 10_000
		req.Topics = []kmsg.ProduceRequestTopic{{Topic: "twice", TopicID: metadata.Topics["twice"].ID,
			Partitions: []kmsg.ProduceRequestTopicPartition{{Records: batch}}}}
		resp, err := req.RequestWith(deadline(t), client)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Topics[0].Partitions[0]
	}
	for sequence := range int32(3) {
		send(sequence)
	}
	for _, crash := range []bool{false, true} {
		if crash {
			b.Kill()
			b.Restart()
		}
		if again := send(1); again.ErrorCode != 0 || again.BaseOffset != 1 {
			t.Errorf("after a crash: %v: a batch at offset 1 that came again was answered with %d and offset %d", crash, again.ErrorCode, again.BaseOffset)
		}
	}
	if end := listed(t, "twice", func() (kadm.ListedOffsets, error) { return kadm.NewClient(client).ListEndOffsets(deadline(t), "twice") }); end != 3 {
		t.Errorf("the log ends at %d, want 3", end)
	}
	if gap := send(7); gap.ErrorCode == 0 {
		t.Error("a batch was taken although four before it are missing")
	}
}

// TestDeletedRecordsStayDeleted: DeleteRecords moves the start of the log, for good. (After a crash within a minute they may be back, as
// in Kafka: log.flush.start.offset.checkpoint.interval.ms.)
func TestDeletedRecordsStayDeleted(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "cut", 1, nil)
	client := newClient(t, b.Addr)
	produce(t, client, numbered("cut", 0, 50))
	admin := kadm.NewClient(client)
	deleted, err := admin.DeleteRecords(deadline(t), kadm.Offsets{"cut": {0: {Topic: "cut", At: 20}}})
	if err != nil || deleted.Error() != nil {
		t.Fatal(err, deleted.Error())
	}
	for _, restart := range []bool{false, true} {
		if restart {
			b.Stop()
			b.Restart()
		}
		if start := listed(t, "cut", func() (kadm.ListedOffsets, error) { return admin.ListStartOffsets(deadline(t), "cut") }); start != 20 {
			t.Errorf("after a restart: %v: the log starts at %d, want 20", restart, start)
		}
		got := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("cut")), 30)
		if got[0].Offset != 20 || string(got[0].Value) != "value-000020" {
			t.Errorf("after a restart: %v: the first record is %s at %d", restart, got[0].Value, got[0].Offset)
		}
	}
}
