package handler_test

import (
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

func TestProduceAndFetchEveryVersion(t *testing.T) {
	b := newBroker(t)
	id := b.createTopic("t", 1)
	offset := int64(0)
	for version := int16(3); version <= 13; version++ {
		for _, acks := range []int16{-1, 1} {
			resp := b.do(produceRequest(version, acks, "t", id, 0, batch(t, nil, "a", "b"))).(*kmsg.ProduceResponse)
			a := resp.Topics[0].Partitions[0]
			if a.ErrorCode != 0 || a.BaseOffset != offset || a.LogAppendTime != -1 || version >= 5 && a.LogStartOffset != 0 {
				t.Fatalf("version %d acks %d: %+v", version, acks, a)
			}
			if version >= 13 && resp.Topics[0].TopicID != [16]byte(id) || version < 13 && resp.Topics[0].Topic != "t" {
				t.Errorf("version %d names the topic %q %v", version, resp.Topics[0].Topic, resp.Topics[0].TopicID)
			}
			offset += 2
		}
	}
	for version := int16(4); version <= 18; version++ {
		a := b.fetchOne(fetchRequest(version, "t", id, 0, offset-2))
		if a.ErrorCode != 0 || a.HighWatermark != offset || a.LastStableOffset != offset || version >= 5 && a.LogStartOffset != 0 {
			t.Fatalf("version %d: %+v", version, a)
		}
		if got := values(t, a.RecordBatches); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("version %d returned %q", version, got)
		}
		if a.AbortedTransactions != nil {
			t.Errorf("version %d: a read-uncommitted answer must carry null aborted transactions", version)
		}
	}
}

func TestProduceErrors(t *testing.T) {
	b := newBroker(t)
	b.createTopic("t", 1)
	if a := b.produce("t", 1, batch(t, nil, "x")); a.ErrorCode != int16(kafka.UnknownTopicOrPartition) || a.BaseOffset != -1 || a.LogStartOffset != -1 {
		t.Errorf("unknown partition: %+v", a)
	}
}
