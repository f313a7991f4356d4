package wire_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"
	"unsafe"

	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

func drawFetchRequest(t *rapid.T, version int16) *kmsg.FetchRequest {
	i32 := rapid.Int32()
	req := kmsg.NewPtrFetchRequest()
	req.Version = version
	req.ReplicaID = i32.Draw(t, "replica")
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = i32.Draw(t, "wait"), i32.Draw(t, "min"), i32.Draw(t, "max")
	req.IsolationLevel = rapid.Int8().Draw(t, "isolation")
	req.SessionID, req.SessionEpoch = i32.Draw(t, "session"), i32.Draw(t, "epoch")
	req.Rack = rapid.StringN(0, 40, 200).Draw(t, "rack")
	req.UnknownTags = drawTags(t)
	if version >= 12 {
		req.ClusterID = nullable(t, rapid.String(), "cluster")
	}
	if version >= 15 {
		req.ReplicaState.ID, req.ReplicaState.Epoch = i32.Draw(t, "replica state"), rapid.Int64().Draw(t, "replica epoch")
	}
	for range rapid.IntRange(0, 3).Draw(t, "topics") {
		topic := kmsg.NewFetchRequestTopic()
		topic.Topic, topic.TopicID, topic.UnknownTags = rapid.StringN(0, 40, 249).Draw(t, "topic"), drawUUID(t), drawTags(t)
		for range rapid.IntRange(0, 3).Draw(t, "partitions") {
			p := kmsg.NewFetchRequestTopicPartition()
			p.Partition, p.CurrentLeaderEpoch = i32.Draw(t, "partition"), i32.Draw(t, "leader epoch")
			p.FetchOffset, p.LogStartOffset = rapid.Int64().Draw(t, "offset"), rapid.Int64().Draw(t, "log start")
			p.LastFetchedEpoch, p.PartitionMaxBytes = i32.Draw(t, "last epoch"), i32.Draw(t, "partition max")
			p.UnknownTags = drawTags(t)
			if version >= 17 && rapid.Bool().Draw(t, "directory") {
				p.ReplicaDirectoryID = drawUUID(t)
			}
			if version >= 18 && rapid.Bool().Draw(t, "high watermark") {
				p.HighWatermark = rapid.Int64().Draw(t, "high watermark")
			}
			topic.Partitions = append(topic.Partitions, p)
		}
		req.Topics = append(req.Topics, topic)
	}
	for range rapid.IntRange(0, 2).Draw(t, "forgotten") {
		f := kmsg.NewFetchRequestForgottenTopic()
		f.Topic, f.TopicID = rapid.StringN(0, 40, 249).Draw(t, "forgotten topic"), drawUUID(t)
		f.Partitions = rapid.SliceOfN(i32, 0, 3).Draw(t, "forgotten partitions")
		req.ForgottenTopics = append(req.ForgottenTopics, f)
	}
	return req
}

func TestFetchRequestReadsWhatKmsgWrites(t *testing.T) {
	for version := int16(wire.FetchMin); version <= wire.FetchMax; version++ {
		var req wire.FetchRequest // used again for each case, as a connection does
		rapid.Check(t, func(t *rapid.T) {
			body := drawFetchRequest(t, version).AppendTo(nil)
			if err := req.Decode(version, body); err != nil {
				t.Fatal(err)
			}
			// Through kmsg and back, fields that the version does not carry have their defaults.
			want := kmsg.NewPtrFetchRequest()
			want.Version = version
			if err := want.ReadFrom(body); err != nil {
				t.Fatal(err)
			}
			want.Topics = slices.DeleteFunc(want.Topics, func(t kmsg.FetchRequestTopic) bool { return len(t.Partitions) == 0 })
			want.ForgottenTopics = slices.DeleteFunc(want.ForgottenTopics,
				func(t kmsg.FetchRequestForgottenTopic) bool { return len(t.Partitions) == 0 })
			compareFetch(t, want, &req)
		})
	}
}

func compareFetch(t *rapid.T, want *kmsg.FetchRequest, got *wire.FetchRequest) {
	replica, epoch := want.ReplicaID, int64(-1)
	if want.Version >= 15 {
		replica, epoch = want.ReplicaState.ID, want.ReplicaState.Epoch
	}
	if got.ReplicaID != kafka.NodeID(replica) || got.ReplicaEpoch != epoch || got.MaxWaitMs != want.MaxWaitMillis ||
		got.MinBytes != want.MinBytes || got.MaxBytes != want.MaxBytes || got.Isolation != want.IsolationLevel ||
		got.SessionID != want.SessionID || got.SessionEpoch != want.SessionEpoch || string(got.Rack) != want.Rack ||
		(got.ClusterID == nil) != (want.ClusterID == nil) || want.ClusterID != nil && *want.ClusterID != string(got.ClusterID) ||
		len(got.Topics) != len(want.Topics) || len(got.Forgotten) != len(want.ForgottenTopics) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	for i, topic := range want.Topics {
		g := got.Topics[i]
		if string(g.Name) != topic.Topic || g.ID != kafka.TopicID(topic.TopicID) || len(g.Partitions) != len(topic.Partitions) {
			t.Fatalf("got %+v, want %+v", g, topic)
		}
		for j, p := range topic.Partitions {
			if g.Partitions[j] != (wire.FetchPartition{
				Partition: p.Partition, CurrentLeaderEpoch: kafka.LeaderEpoch(p.CurrentLeaderEpoch), FetchOffset: p.FetchOffset,
				LastFetchedEpoch: kafka.LeaderEpoch(p.LastFetchedEpoch), LogStartOffset: p.LogStartOffset,
				MaxBytes: p.PartitionMaxBytes, ReplicaDirectoryID: p.ReplicaDirectoryID, HighWatermark: p.HighWatermark,
			}) {
				t.Fatalf("got %+v, want %+v", g.Partitions[j], p)
			}
		}
	}
	for i, f := range want.ForgottenTopics {
		g := got.Forgotten[i]
		if string(g.Name) != f.Topic || g.ID != kafka.TopicID(f.TopicID) || len(g.Partitions) != len(f.Partitions) {
			t.Fatalf("got %+v, want %+v", g, f)
		}
		for j := range f.Partitions {
			if g.Partitions[j] != f.Partitions[j] {
				t.Fatalf("got %+v, want %+v", g, f)
			}
		}
	}
}

// fetchBody builds a consumer's request of topics x partitions.
func fetchBody(version int16, topics, partitions int) []byte {
	req := kmsg.NewFetchRequest()
	req.Version = version
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 500, 1, 50<<20
	for i := range topics {
		topic := kmsg.NewFetchRequestTopic()
		topic.Topic, topic.TopicID = "a-topic-with-a-name-longer-than-32-bytes", [16]byte{byte(i), 1}
		for p := range partitions {
			part := kmsg.NewFetchRequestTopicPartition()
			part.Partition, part.PartitionMaxBytes = int32(p), 1<<20
			topic.Partitions = append(topic.Partitions, part)
		}
		req.Topics = append(req.Topics, topic)
		req.ForgottenTopics = append(req.ForgottenTopics,
			kmsg.FetchRequestForgottenTopic{Topic: "gone", TopicID: [16]byte{9}, Partitions: []int32{1, 2}})
	}
	return req.AppendTo(nil)
}

func TestFetchRequestRefusesEveryTruncation(t *testing.T) {
	for version := int16(wire.FetchMin); version <= wire.FetchMax; version++ {
		body := fetchBody(version, 2, 2)
		var req wire.FetchRequest
		for n := range body {
			if err := req.Decode(version, body[:n]); !errors.Is(err, wire.ErrMalformed) {
				t.Fatalf("version %d, %d of %d bytes: error %v", version, n, len(body), err)
			}
		}
		if err := req.Decode(version, body); err != nil {
			t.Fatal(err)
		}
	}
}

// The shortest topics and partitions that the protocol can express are not taken for lies.
func TestFetchRequestOfTheLeastSize(t *testing.T) {
	for version := int16(wire.FetchMin); version <= wire.FetchMax; version++ {
		least := kmsg.FetchRequest{Version: version, Topics: make([]kmsg.FetchRequestTopic, 20)}
		if version >= 7 {
			least.ForgottenTopics = make([]kmsg.FetchRequestForgottenTopic, 20)
		}
		var req wire.FetchRequest
		if err := req.Decode(version, least.AppendTo(nil)); err != nil || len(req.Topics)+len(req.Forgotten) != 0 {
			t.Errorf("version %d, empty topics: %v, %d topics", version, err, len(req.Topics))
		}
		if err := req.Decode(version, fetchBody(version, 1, 50)); err != nil || len(req.Topics) != 1 || len(req.Topics[0].Partitions) != 50 {
			t.Errorf("version %d, 50 partitions: %v", version, err)
		}
	}
}

// Tags that a version does not have yet mean nothing in it.
func TestFetchRequestIgnoresTagsOfLaterVersions(t *testing.T) {
	for _, version := range []int16{12, 14} {
		body := kmsg.NewPtrFetchRequest()
		body.Version, body.ReplicaID = version, 3
		body.UnknownTags.Set(1, make([]byte, 13)) // the replica's state, from version 15
		var req wire.FetchRequest
		if err := req.Decode(version, body.AppendTo(nil)); err != nil || req.ReplicaID != 3 || req.ReplicaEpoch != -1 {
			t.Errorf("version %d: replica %d, epoch %d, %v", version, req.ReplicaID, req.ReplicaEpoch, err)
		}
	}
}

// One huge request does not make its connection's memory huge for ever.
func TestFetchRequestForgetsMuchMemory(t *testing.T) {
	var req wire.FetchRequest
	if err := req.Decode(12, fetchBody(12, 20_000, 1)); err != nil || len(req.Topics) != 20_000 {
		t.Fatalf("%d topics, %v", len(req.Topics), err)
	}
	if err := req.Decode(12, fetchBody(12, 1, 1)); err != nil || cap(req.Topics) > 1000 || cap(req.Forgotten) > 1000 {
		t.Errorf("room for %d topics and %d forgotten ones is kept, %v", cap(req.Topics), cap(req.Forgotten), err)
	}
}

// Whoever appends to a view must not write over what follows in the body.
func TestViewsAreClipped(t *testing.T) {
	body := kmsg.NewPtrFetchRequest()
	body.Version, body.Rack = 12, "rack"
	frame := body.AppendTo(nil)
	before := slices.Clone(frame)
	var req wire.FetchRequest
	if err := req.Decode(12, frame); err != nil {
		t.Fatal(err)
	}
	if _ = append(req.Rack, "overwritten"...); !bytes.Equal(frame, before) {
		t.Error("the body was changed")
	}
}

func FuzzFetchRequest(f *testing.F) {
	for version := int16(wire.FetchMin); version <= wire.FetchMax; version++ {
		f.Add(version, fetchBody(version, 2, 2))
	}
	f.Fuzz(func(t *testing.T, version int16, body []byte) {
		if version < wire.FetchMin || version > wire.FetchMax {
			return
		}
		var req wire.FetchRequest
		if req.Decode(version, body) != nil {
			return
		}
		var size uintptr
		for _, topic := range req.Topics {
			size += unsafe.Sizeof(topic) + uintptr(len(topic.Partitions))*unsafe.Sizeof(wire.FetchPartition{})
		}
		for _, topic := range req.Forgotten {
			size += unsafe.Sizeof(topic) + uintptr(len(topic.Partitions))*unsafe.Sizeof(int32(0))
		}
		if size > 10*uintptr(len(body)) {
			t.Fatalf("%d bytes of structs from a body of %d", size, len(body))
		}
	})
}

func TestFetchRequestDefaults(t *testing.T) {
	var req wire.FetchRequest
	if err := req.Decode(4, fetchBody(4, 1, 1)); err != nil {
		t.Fatal(err)
	}
	p := req.Topics[0].Partitions[0]
	if req.SessionEpoch != -1 || req.ReplicaEpoch != -1 || p.CurrentLeaderEpoch != kafka.NoEpoch ||
		p.LastFetchedEpoch != kafka.NoEpoch || p.LogStartOffset != -1 || p.HighWatermark != math.MaxInt64 {
		t.Errorf("got %+v, %+v", req, p)
	}
}
