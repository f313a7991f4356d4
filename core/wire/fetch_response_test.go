package wire_test

import (
	"bytes"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

func TestFetchResponseWritesWhatKmsgWrites(t *testing.T) {
	for version := int16(wire.FetchMin); version <= wire.FetchMax; version++ {
		rapid.Check(t, func(t *rapid.T) {
			want := drawFetchResponse(t, version)
			body := []byte("before")
			writeFetchResponse(&body, version, want)
			if expect := want.AppendTo([]byte("before")); !bytes.Equal(body, expect) {
				t.Fatalf("got  %x\nwant %x", body, expect)
			}
		})
	}
}

func drawFetchResponse(t *rapid.T, version int16) *kmsg.FetchResponse {
	i32 := rapid.Int32()
	resp := &kmsg.FetchResponse{
		Version: version, ThrottleMillis: i32.Draw(t, "throttle"), ErrorCode: rapid.Int16().Draw(t, "error"),
		SessionID: i32.Draw(t, "session"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "topics") {
		topic := kmsg.FetchResponseTopic{Topic: rapid.StringN(0, 40, 249).Draw(t, "topic"), TopicID: drawUUID(t)}
		for range rapid.IntRange(0, 3).Draw(t, "partitions") {
			topic.Partitions = append(topic.Partitions, drawFetchResult(t, version))
		}
		resp.Topics = append(resp.Topics, topic)
	}
	if version >= 16 {
		for range rapid.IntRange(0, 3).Draw(t, "endpoints") {
			resp.Brokers = append(resp.Brokers, kmsg.FetchResponseBroker{
				NodeID: i32.Draw(t, "node"), Host: rapid.StringN(0, 200, 250).Draw(t, "host"), Port: i32.Draw(t, "port"),
				Rack: nullable(t, rapid.StringN(0, 200, 250), "rack"),
			})
		}
	}
	return resp
}

func drawFetchResult(t *rapid.T, version int16) kmsg.FetchResponseTopicPartition {
	i32, i64 := rapid.Int32(), rapid.Int64()
	p := kmsg.NewFetchResponseTopicPartition()
	p.Partition, p.ErrorCode = i32.Draw(t, "partition"), rapid.Int16().Draw(t, "error")
	p.HighWatermark, p.LastStableOffset = i64.Draw(t, "high watermark"), i64.Draw(t, "last stable offset")
	p.LogStartOffset, p.PreferredReadReplica = i64.Draw(t, "log start"), i32.Draw(t, "preferred")
	p.RecordBatches = append([]byte{}, rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "records")...)
	if rapid.Bool().Draw(t, "read committed") {
		p.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{}
		for range rapid.IntRange(0, 2).Draw(t, "aborted") {
			p.AbortedTransactions = append(p.AbortedTransactions, kmsg.FetchResponseTopicPartitionAbortedTransaction{
				ProducerID: i64.Draw(t, "producer"), FirstOffset: i64.Draw(t, "first offset"),
			})
		}
	}
	some := rapid.Int32Min(0)
	if version >= 12 && rapid.Bool().Draw(t, "diverging") {
		p.DivergingEpoch.Epoch, p.DivergingEpoch.EndOffset = some.Draw(t, "epoch"), i64.Draw(t, "end")
	}
	if version >= 12 && rapid.Bool().Draw(t, "leader") {
		p.CurrentLeader.LeaderID, p.CurrentLeader.LeaderEpoch = some.Draw(t, "leader id"), i32.Draw(t, "leader epoch")
	}
	if version >= 12 && rapid.Bool().Draw(t, "snapshot") {
		p.SnapshotID.Epoch, p.SnapshotID.EndOffset = some.Draw(t, "snapshot epoch"), i64.Draw(t, "snapshot end")
	}
	return p
}

func fetchResult(p *kmsg.FetchResponseTopicPartition) wire.FetchResult {
	r := wire.FetchResult{
		Partition: p.Partition, ErrorCode: kafka.ErrorCode(p.ErrorCode), HighWatermark: p.HighWatermark,
		LastStableOffset: p.LastStableOffset, LogStartOffset: p.LogStartOffset, PreferredReadReplica: kafka.NodeID(p.PreferredReadReplica),
	}
	if p.AbortedTransactions != nil {
		r.AbortedTransactions = []wire.AbortedTransaction{}
	}
	for _, a := range p.AbortedTransactions {
		r.AbortedTransactions = append(r.AbortedTransactions,
			wire.AbortedTransaction{ProducerID: kafka.ProducerID(a.ProducerID), FirstOffset: a.FirstOffset})
	}
	if p.DivergingEpoch.Epoch >= 0 {
		r.DivergingEpoch = &wire.EpochEndOffset{Epoch: kafka.LeaderEpoch(p.DivergingEpoch.Epoch), EndOffset: p.DivergingEpoch.EndOffset}
	}
	if p.CurrentLeader.LeaderID >= 0 {
		r.CurrentLeader = &wire.CurrentLeader{
			LeaderID: kafka.NodeID(p.CurrentLeader.LeaderID), LeaderEpoch: kafka.LeaderEpoch(p.CurrentLeader.LeaderEpoch),
		}
	}
	if p.SnapshotID.Epoch >= 0 {
		r.SnapshotID = &wire.EpochEndOffset{Epoch: kafka.LeaderEpoch(p.SnapshotID.Epoch), EndOffset: p.SnapshotID.EndOffset}
	}
	return r
}

func writeFetchResponse(body *[]byte, version int16, from *kmsg.FetchResponse) {
	w := wire.NewFetchResponse(body, version)
	w.Start(from.ThrottleMillis, kafka.ErrorCode(from.ErrorCode), from.SessionID, len(from.Topics))
	for _, topic := range from.Topics {
		w.Topic(topic.Topic, topic.TopicID, len(topic.Partitions))
		for i := range topic.Partitions {
			p := fetchResult(&topic.Partitions[i])
			w.Partition(&p, len(topic.Partitions[i].RecordBatches))
			*body = append(*body, topic.Partitions[i].RecordBatches...)
			w.EndPartition(&p)
		}
		w.EndTopic()
	}
	var endpoints []wire.NodeEndpoint
	for _, b := range from.Brokers {
		endpoints = append(endpoints, wire.NodeEndpoint{NodeID: kafka.NodeID(b.NodeID), Host: b.Host, Port: b.Port, Rack: b.Rack})
	}
	w.End(endpoints)
}
