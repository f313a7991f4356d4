package wire_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// nullable draws null or a value.
func nullable[T any](t *rapid.T, g *rapid.Generator[T], label string) *T {
	if rapid.Bool().Draw(t, label+" null") {
		return nil
	}
	v := g.Draw(t, label)
	return &v
}

func drawUUID(t *rapid.T) [16]byte {
	return [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
}

func drawTags(t *rapid.T) (tags kmsg.Tags) {
	if rapid.Bool().Draw(t, "unknown tag") {
		tags.Set(rapid.Uint32Range(10, 1<<20).Draw(t, "tag"), rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "tag value"))
	}
	return tags
}

func drawProduceRequest(t *rapid.T, version int16) *kmsg.ProduceRequest {
	req := &kmsg.ProduceRequest{
		Version:       version,
		TransactionID: nullable(t, rapid.StringN(0, 40, 200), "transactional id"),
		Acks:          rapid.Int16().Draw(t, "acks"),
		TimeoutMillis: rapid.Int32().Draw(t, "timeout"),
		UnknownTags:   drawTags(t),
	}
	for range rapid.IntRange(0, 3).Draw(t, "topics") {
		topic := kmsg.ProduceRequestTopic{UnknownTags: drawTags(t)}
		if version >= 13 {
			topic.TopicID = drawUUID(t)
		} else {
			topic.Topic = rapid.StringN(0, 40, 249).Draw(t, "topic")
		}
		for range rapid.IntRange(0, 3).Draw(t, "partitions") {
			p := kmsg.ProduceRequestTopicPartition{Partition: rapid.Int32().Draw(t, "partition"), UnknownTags: drawTags(t)}
			if records := nullable(t, rapid.SliceOfN(rapid.Byte(), 0, 300), "records"); records != nil {
				p.Records = append([]byte{}, *records...)
			}
			topic.Partitions = append(topic.Partitions, p)
		}
		req.Topics = append(req.Topics, topic)
	}
	return req
}

func TestProduceRequestReadsWhatKmsgWrites(t *testing.T) {
	for version := int16(wire.ProduceMin); version <= wire.ProduceMax; version++ {
		rapid.Check(t, func(t *rapid.T) {
			want := drawProduceRequest(t, version)
			body := want.AppendTo(nil)
			if rapid.Bool().Draw(t, "trailing bytes") {
				body = append(body, 1, 2, 3)
			}
			var req wire.ProduceRequest
			if err := req.Decode(version, body); err != nil {
				t.Fatal(err)
			}
			compareProduce(t, want, &req)
			req.Rewind()
			compareProduce(t, want, &req)
		})
	}
}

func compareProduce(t *rapid.T, want *kmsg.ProduceRequest, got *wire.ProduceRequest) {
	if (want.TransactionID == nil) != (got.TransactionalID == nil) ||
		want.TransactionID != nil && *want.TransactionID != string(got.TransactionalID) {
		t.Fatalf("transactional id %q", got.TransactionalID)
	}
	if got.Acks != want.Acks || got.TimeoutMs != want.TimeoutMillis || got.TopicCount != len(want.Topics) {
		t.Fatalf("got %+v", got)
	}
	partitions := 0
	for _, topic := range want.Topics {
		if !got.NextTopic() || string(got.Topic) != topic.Topic || got.TopicID != kafka.TopicID(topic.TopicID) ||
			got.TopicPartitions != len(topic.Partitions) {
			t.Fatalf("got %+v, want %+v", got, topic)
		}
		for _, p := range topic.Partitions {
			if !got.NextPartition() || got.Partition != p.Partition || !bytes.Equal(got.Records, p.Records) ||
				(got.Records == nil) != (p.Records == nil) {
				t.Fatalf("got %+v, want %+v", got, p)
			}
			partitions++
		}
		if got.NextPartition() {
			t.Fatal("a partition too many")
		}
	}
	if got.NextTopic() {
		t.Fatal("a topic too many")
	}
	if got.PartitionCount != partitions {
		t.Fatalf("PartitionCount = %d, want %d", got.PartitionCount, partitions)
	}
}

func TestProduceRequestSkipsPartitionsNotVisited(t *testing.T) {
	for _, version := range []int16{3, 9, 12} {
		var req wire.ProduceRequest
		if err := req.Decode(version, produceBody(version, 3, 4, 10)); err != nil {
			t.Fatal(err)
		}
		topics := 0
		for req.NextTopic() {
			topics++
			req.NextPartition()
		}
		if topics != 3 {
			t.Errorf("version %d: %d topics", version, topics)
		}
	}
}

func TestProduceRequestRefusesEveryTruncation(t *testing.T) {
	for version := int16(wire.ProduceMin); version <= wire.ProduceMax; version++ {
		body := produceBody(version, 2, 2, 30)
		for n := range body {
			var req wire.ProduceRequest
			if err := req.Decode(version, body[:n]); !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("version %d, %d of %d bytes: error %v", version, n, len(body), err)
			}
		}
	}
}

func TestProduceRequestRefusesLyingLengths(t *testing.T) {
	for name, body := range map[string][]byte{
		"topics":      {0xff, 0xff, 0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff},
		"null topics": {0xff, 0xff, 0, 1, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff},
		"partitions":  {0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 'a', 0x7f, 0xff, 0xff, 0xff},
		"null topic":  {0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 0, 0, 0, 0},
		"records": {
			0xff, 0xff, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 'a', 0, 0, 0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff,
		},
	} {
		var req wire.ProduceRequest
		if err := req.Decode(3, body); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// produceBody builds a request of topics x partitions with records of the given size.
func produceBody(version int16, topics, partitions, records int) []byte {
	req := kmsg.ProduceRequest{Version: version, Acks: -1, TimeoutMillis: 30000}
	for range topics {
		topic := kmsg.ProduceRequestTopic{Topic: "a-topic-with-a-name-longer-than-32-bytes"}
		for p := range partitions {
			topic.Partitions = append(topic.Partitions,
				kmsg.ProduceRequestTopicPartition{Partition: int32(p), Records: make([]byte, records)})
		}
		req.Topics = append(req.Topics, topic)
	}
	return req.AppendTo(nil)
}

func FuzzProduceRequest(f *testing.F) {
	for version := int16(wire.ProduceMin); version <= wire.ProduceMax; version++ {
		f.Add(version, produceBody(version, 2, 2, 20))
	}
	f.Fuzz(func(t *testing.T, version int16, body []byte) {
		if version < wire.ProduceMin || version > wire.ProduceMax {
			return
		}
		var req wire.ProduceRequest
		if req.Decode(version, body) != nil {
			return
		}
		topics, partitions := 0, 0
		for req.NextTopic() {
			topics++
			for req.NextPartition() {
				partitions++
			}
		}
		if topics != req.TopicCount || partitions != req.PartitionCount {
			t.Fatalf("walked %d topics and %d partitions of %+v", topics, partitions, req)
		}
		// What we accept kmsg accepts, with the same meaning: re-encoding both gives the same bytes.
		theirs := kmsg.ProduceRequest{Version: version}
		if err := theirs.ReadFrom(body); err != nil {
			t.Fatalf("accepted what kmsg refuses: %v", err)
		}
		if len(theirs.Topics) != topics {
			t.Fatalf("%d topics, kmsg has %d", topics, len(theirs.Topics))
		}
	})
}

func TestProduceResponseWritesWhatKmsgWrites(t *testing.T) {
	for version := int16(wire.ProduceMin); version <= wire.ProduceMax; version++ {
		rapid.Check(t, func(t *rapid.T) {
			want := drawProduceResponse(t, version)
			body := []byte("before")
			writeProduceResponse(&body, version, want)
			if expect := want.AppendTo([]byte("before")); !bytes.Equal(body, expect) {
				t.Fatalf("got  %x\nwant %x", body, expect)
			}
		})
	}
}

// Strings that are longer than the protocol can express are cut, and what follows them stays readable.
func TestLongStringsAreCut(t *testing.T) {
	long := strings.Repeat("x", 40_000)
	for _, version := range []int16{8, 13} {
		var body []byte
		w := wire.NewProduceResponse(&body, version)
		w.Start(1)
		w.Topic("t", kafka.TopicID{}, 1)
		w.Partition(&wire.ProduceResult{ErrorCode: kafka.InvalidRecord, ErrorMessage: &long})
		w.EndTopic()
		w.End(7, []wire.NodeEndpoint{{NodeID: 2, Host: long, Port: 9092, Rack: &long}})
		got := kmsg.ProduceResponse{Version: version}
		if err := got.ReadFrom(body); err != nil {
			t.Fatalf("version %d: %v", version, err)
		}
		if m := got.Topics[0].Partitions[0].ErrorMessage; m == nil || len(*m) != 32767 || got.ThrottleMillis != 7 {
			t.Errorf("version %d: %d bytes of message, throttle %d", version, len(*m), got.ThrottleMillis)
		}
		if version >= 10 && (len(got.Brokers) != 1 || len(got.Brokers[0].Host) != 32767 || got.Brokers[0].Port != 9092 || len(*got.Brokers[0].Rack) != 32767) {
			t.Errorf("version %d: %d endpoints", version, len(got.Brokers))
		}
	}
}

func drawProduceResponse(t *rapid.T, version int16) *kmsg.ProduceResponse {
	resp := &kmsg.ProduceResponse{Version: version, ThrottleMillis: rapid.Int32().Draw(t, "throttle")}
	for range rapid.IntRange(0, 3).Draw(t, "topics") {
		topic := kmsg.ProduceResponseTopic{Topic: rapid.StringN(0, 40, 249).Draw(t, "topic"), TopicID: drawUUID(t)}
		for range rapid.IntRange(0, 3).Draw(t, "partitions") {
			p := kmsg.NewProduceResponseTopicPartition()
			p.Partition = rapid.Int32().Draw(t, "partition")
			p.ErrorCode = rapid.Int16().Draw(t, "error")
			p.BaseOffset = rapid.Int64().Draw(t, "base offset")
			p.LogAppendTime = rapid.Int64().Draw(t, "append time")
			p.LogStartOffset = rapid.Int64().Draw(t, "log start")
			p.ErrorMessage = nullable(t, rapid.StringN(0, 200, 800), "message")
			for range rapid.IntRange(0, 2).Draw(t, "record errors") {
				p.ErrorRecords = append(p.ErrorRecords, kmsg.ProduceResponseTopicPartitionErrorRecord{
					RelativeOffset: rapid.Int32().Draw(t, "index"), ErrorMessage: nullable(t, rapid.String(), "record message"),
				})
			}
			if version >= 10 && rapid.Bool().Draw(t, "leader") {
				p.CurrentLeader.LeaderID = rapid.Int32Min(0).Draw(t, "leader id")
				p.CurrentLeader.LeaderEpoch = rapid.Int32().Draw(t, "leader epoch")
			}
			topic.Partitions = append(topic.Partitions, p)
		}
		resp.Topics = append(resp.Topics, topic)
	}
	if version >= 10 {
		for range rapid.IntRange(0, 3).Draw(t, "endpoints") {
			resp.Brokers = append(resp.Brokers, kmsg.ProduceResponseBroker{
				NodeID: rapid.Int32().Draw(t, "node"), Host: rapid.StringN(0, 200, 250).Draw(t, "host"),
				Port: rapid.Int32().Draw(t, "port"), Rack: nullable(t, rapid.StringN(0, 200, 250), "rack"),
			})
		}
	}
	return resp
}

func writeProduceResponse(body *[]byte, version int16, from *kmsg.ProduceResponse) {
	w := wire.NewProduceResponse(body, version)
	w.Start(len(from.Topics))
	for _, topic := range from.Topics {
		w.Topic(topic.Topic, topic.TopicID, len(topic.Partitions))
		for _, p := range topic.Partitions {
			result := wire.ProduceResult{
				Partition: p.Partition, ErrorCode: kafka.ErrorCode(p.ErrorCode), BaseOffset: p.BaseOffset,
				LogAppendTimeMs: p.LogAppendTime, LogStartOffset: p.LogStartOffset, ErrorMessage: p.ErrorMessage,
			}
			for _, e := range p.ErrorRecords {
				result.RecordErrors = append(result.RecordErrors, wire.RecordError{BatchIndex: e.RelativeOffset, Message: e.ErrorMessage})
			}
			if p.CurrentLeader.LeaderID >= 0 {
				result.CurrentLeader = &wire.CurrentLeader{
					LeaderID: kafka.NodeID(p.CurrentLeader.LeaderID), LeaderEpoch: kafka.LeaderEpoch(p.CurrentLeader.LeaderEpoch),
				}
			}
			w.Partition(&result)
		}
		w.EndTopic()
	}
	var endpoints []wire.NodeEndpoint
	for _, b := range from.Brokers {
		endpoints = append(endpoints, wire.NodeEndpoint{NodeID: kafka.NodeID(b.NodeID), Host: b.Host, Port: b.Port, Rack: b.Rack})
	}
	w.End(from.ThrottleMillis, endpoints)
}
