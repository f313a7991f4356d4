package wire_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

func walkProduce(tb testing.TB, version int16, body []byte) {
	tb.Helper()
	var req wire.ProduceRequest
	if err := req.Decode(version, body); err != nil {
		tb.Fatal(err)
	}
	for req.NextTopic() {
		for req.NextPartition() {
		}
	}
}

func writeFetch(body *[]byte, version int16, partitions int) {
	*body = (*body)[:0]
	w := wire.NewFetchResponse(body, version)
	w.Start(0, kafka.NoError, 0, 1)
	w.Topic("a-topic-with-a-name-longer-than-32-bytes", kafka.TopicID{1}, partitions)
	for i := range partitions {
		p := wire.FetchResult{Partition: int32(i), HighWatermark: 100, LastStableOffset: 100, PreferredReadReplica: kafka.NoNode}
		w.Partition(&p, 16<<10)
		w.EndPartition(&p)
	}
	w.EndTopic()
	w.End(nil)
}

func writeProduce(body *[]byte, version int16, partitions int) {
	*body = (*body)[:0]
	w := wire.NewProduceResponse(body, version)
	w.Start(1)
	w.Topic("a-topic-with-a-name-longer-than-32-bytes", kafka.TopicID{1}, partitions)
	for i := range partitions {
		w.Partition(&wire.ProduceResult{Partition: int32(i), BaseOffset: 100, LogAppendTimeMs: -1})
	}
	w.EndTopic()
	w.End(0, nil)
}

// TestHotPathsDoNotAllocate fixes the allocations of everything that runs for each Produce and Fetch.
func TestHotPathsDoNotAllocate(t *testing.T) {
	produce, fetch := produceBody(12, 3, 10, 100), fetchBody(17, 3, 10)
	body := make([]byte, 0, 1<<16)
	var req wire.FetchRequest
	for name, f := range map[string]func(){
		"produce request":  func() { walkProduce(t, 12, produce) },
		"produce response": func() { writeProduce(&body, 12, 10) },
		"fetch request": func() {
			if err := req.Decode(17, fetch); err != nil {
				t.Fatal(err)
			}
		},
		"fetch response": func() { writeFetch(&body, 17, 10) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkProduceRequest(b *testing.B) {
	body := produceBody(12, 1, 10, 16<<10)
	for b.Loop() {
		walkProduce(b, 12, body)
	}
}

func BenchmarkProduceResponse(b *testing.B) {
	body := make([]byte, 0, 1<<16)
	for b.Loop() {
		writeProduce(&body, 12, 10)
	}
}

func BenchmarkFetchRequest(b *testing.B) {
	body := fetchBody(17, 1, 10)
	var req wire.FetchRequest
	for b.Loop() {
		_ = req.Decode(17, body)
	}
}

func BenchmarkFetchResponse(b *testing.B) {
	body := make([]byte, 0, 1<<16)
	for b.Loop() {
		writeFetch(&body, 17, 10)
	}
}
