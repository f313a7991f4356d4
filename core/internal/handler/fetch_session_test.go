package handler_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
)

// sessionClient is a consumer that fetches in a session.
type sessionClient struct {
	*broker
	version int16
	id      int32
	epoch   int32
}

// open begins a session with the given partitions.
func (b *broker) open(version int16, topics ...kmsg.FetchRequestTopic) *sessionClient {
	b.t.Helper()
	s := &sessionClient{broker: b, version: version}
	resp := s.fetch(topics, nil)
	if resp.ErrorCode != 0 || resp.SessionID == 0 {
		b.t.Fatalf("no session: %+v", resp)
	}
	s.id = resp.SessionID
	return s
}

// fetch sends the next request of the session.
func (s *sessionClient) fetch(topics []kmsg.FetchRequestTopic, forgotten []kmsg.FetchRequestForgottenTopic) *kmsg.FetchResponse {
	s.t.Helper()
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(s.version)
	req.ReplicaID, req.MinBytes, req.MaxBytes = -1, 1, 1<<20
	req.SessionID, req.SessionEpoch = s.id, s.epoch
	req.Topics, req.ForgottenTopics = topics, forgotten
	resp := s.do(req).(*kmsg.FetchResponse)
	if resp.ErrorCode == 0 {
		s.epoch++
	}
	return resp
}

// expect sends an incremental request and compares what the answer names, in order: topic-partition, its code if it is an
// error, and its records.
func (s *sessionClient) expect(want string, topics ...kmsg.FetchRequestTopic) {
	s.t.Helper()
	resp := s.fetch(topics, nil)
	if resp.ErrorCode != 0 || resp.SessionID != s.id {
		s.t.Errorf("answer %v of session %d, want %d", kafka.ErrorCode(resp.ErrorCode), resp.SessionID, s.id)
	}
	if got := s.summary(resp); got != want {
		s.t.Errorf("answer names %q, want %q", got, want)
	}
}

func (s *sessionClient) summary(resp *kmsg.FetchResponse) string {
	text := ""
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if text != "" {
				text += "; "
			}
			text += fmt.Sprint(t.Topic, p.Partition)
			if p.ErrorCode != 0 {
				text += " " + kafka.ErrorCode(p.ErrorCode).String()
			}
			for _, v := range values(s.t, p.RecordBatches) {
				text += " " + v
			}
		}
	}
	return text
}

func TestSession(t *testing.T) {
	b := newBroker(t)
	var none kafka.TopicID
	b.createTopic("a", 2)
	b.createTopic("b", 1)
	s := b.open(12, fetchTopic("a", none, 0, 0), fetchTopic("a", none, 1, 0), fetchTopic("b", none, 0, 0))
	s.expect("") // nothing new
	b.mustProduce("a", 1, "x")
	s.expect("a1 x")
	s.expect("a1 x")                          // the client did not move on
	s.expect("", fetchTopic("a", none, 1, 1)) // now it does
	b.mustProduce("a", 0, "y")
	b.mustProduce("b", 0, "z")
	b.mustProduce("a", 1, "w")
	s.expect("a0 y; b0 z; a1 w") // a1 had records before: it went to the end
	s.expect("b0 z; a1 w", fetchTopic("a", none, 0, 1))
	s.expect("a1 w", fetchTopic("b", none, 0, 1))
	s.expect("", fetchTopic("a", none, 1, 2))
}

func TestSessionNamesMovedOffsets(t *testing.T) {
	b := newBroker(t)
	var none kafka.TopicID
	b.createTopic("a", 1)
	b.mustProduce("a", 0, "x")
	s := b.open(12, fetchTopic("a", none, 0, 1))
	s.expect("")
	p, err := b.partitions.Lookup(kafka.TopicPartition{Topic: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.DeleteRecords(1); err != nil {
		t.Fatal(err)
	}
	s.expect("a0") // its log start moved
	s.expect("")
}

// TestSessionDiverges has a consumer whose log the leader does not share, in a session that had nothing new.
func TestSessionDiverges(t *testing.T) {
	b := newBroker(t)
	b.createTopic("a", 1)
	b.mustProduce("a", 0, "x", "y")
	position := fetchTopic("a", kafka.TopicID{}, 0, 2)
	position.Partitions[0].LastFetchedEpoch = 0
	s := b.open(12, position)
	s.expect("")
	b.setLeader("a", 1, 2)
	s.expect("") // epoch 0 ends where the consumer is
	position.Partitions[0].LastFetchedEpoch = 1
	if resp := s.fetch([]kmsg.FetchRequestTopic{position}, nil); s.summary(resp) != "a0" || resp.Topics[0].Partitions[0].DivergingEpoch.Epoch != 0 {
		t.Errorf("%+v", resp)
	}
	position.Partitions[0].LastFetchedEpoch, position.Partitions[0].CurrentLeaderEpoch = 0, 1
	s.expect("a0 FENCED_LEADER_EPOCH", position)
}

func TestSessionReadCommitted(t *testing.T) {
	b := newBroker(t)
	b.createTopic("a", 1)
	open := func(h *record.Header) {
		h.ProducerID, h.ProducerEpoch, h.BaseSequence, h.Attributes = 1, 0, 0, record.TransactionalBit
	}
	tp := kafka.TopicPartition{Topic: "a"}
	if _, err := b.partitions.AppendRecords(tp, batch(t, open, "v"), kafka.NoEpoch); err != nil {
		t.Fatal(err)
	}
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(12)
	req.ReplicaID, req.MinBytes, req.MaxBytes, req.IsolationLevel = -1, 1, 1<<20, int8(kafka.ReadCommitted)
	req.SessionEpoch, req.Topics = 0, []kmsg.FetchRequestTopic{fetchTopic("a", kafka.TopicID{}, 0, 0)}
	next := func() string {
		resp := b.do(req).(*kmsg.FetchResponse)
		req.SessionID, req.Topics = resp.SessionID, nil
		req.SessionEpoch++
		return (&sessionClient{broker: b}).summary(resp)
	}
	if first, second := next(), next(); first != "a0" || second != "" {
		t.Errorf("while the transaction is open: %q, %q", first, second)
	}
	marker, err := record.Marker{ProducerID: 1, Type: record.ControlCommit}.AppendTo(nil)
	if err == nil {
		_, err = b.partitions.AppendRecords(tp, marker, kafka.NoEpoch)
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := next(); !strings.HasPrefix(got, "a0 v") {
		t.Errorf("once it is committed: %q", got)
	}
}

func TestSessionErrorsAreRepeated(t *testing.T) {
	b := newBroker(t)
	var none kafka.TopicID
	b.createTopic("a", 1)
	s := b.open(12, fetchTopic("a", none, 0, 0), fetchTopic("nope", none, 0, 0))
	s.expect("nope0 UNKNOWN_TOPIC_OR_PARTITION")
	s.expect("nope0 UNKNOWN_TOPIC_OR_PARTITION")
	b.setLeader("a", 2, 1)
	s.expect("a0 NOT_LEADER_OR_FOLLOWER; nope0 UNKNOWN_TOPIC_OR_PARTITION")
	b.setLeader("a", 1, 2)
	b.createTopic("nope", 1)
	s.expect("a0; nope0") // both are named once more, without error
	s.expect("")
	b.deleteTopic("nope")
	s.expect("nope0 UNKNOWN_TOPIC_OR_PARTITION")
	b.createTopic("nope", 1)
	s.expect("nope0")
}

// TestSessionChecksWhatHasNoNews has what is asked of idle partitions, too: whether the client may still read them.
func TestSessionChecksWhatHasNoNews(t *testing.T) {
	b := newBroker(t)
	var none kafka.TopicID
	b.createTopic("a", 1)
	s := b.open(12, fetchTopic("a", none, 0, 0))
	s.expect("")
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(12)
	req.ReplicaID, req.MinBytes, req.MaxBytes, req.SessionID, req.SessionEpoch = 7, 1, 1<<20, s.id, s.epoch
	if got := s.summary(b.do(req).(*kmsg.FetchResponse)); got != "a0 NOT_LEADER_OR_FOLLOWER" {
		t.Errorf("a follower is answered %q", got)
	}
	s.epoch++
	s.expect("a0") // once more, without error
	b.authorizer.denied = map[string]bool{"a": true}
	s.expect("a0 TOPIC_AUTHORIZATION_FAILED")
}

func TestSessionTopicIDs(t *testing.T) {
	b := newBroker(t)
	id, unknown := b.createTopic("a", 1), kafka.NewTopicID()
	s := b.open(13, fetchTopic("", id, 0, 0), fetchTopic("", unknown, 0, 0))
	s.expect("0 UNKNOWN_TOPIC_ID")
	s.version = 12
	if resp := s.fetch(nil, nil); resp.ErrorCode != int16(kafka.FetchSessionTopicIDError) || resp.SessionID != 0 {
		t.Errorf("names in a session of ids: %+v", resp)
	}
	s.version = 13
	s.expect("0 UNKNOWN_TOPIC_ID")
}

func TestSessionForgets(t *testing.T) {
	b := newBroker(t)
	var none kafka.TopicID
	b.createTopic("a", 2)
	s := b.open(12, fetchTopic("a", none, 0, 0), fetchTopic("a", none, 1, 0))
	b.mustProduce("a", 0, "x")
	b.mustProduce("a", 1, "y")
	resp := s.fetch(nil, []kmsg.FetchRequestForgottenTopic{{Topic: "a", Partitions: []int32{0, 7}}})
	if got := s.summary(resp); got != "a1 y" {
		t.Errorf("after forgetting a0: %q", got)
	}
	resp = s.fetch(nil, []kmsg.FetchRequestForgottenTopic{{Topic: "a", Partitions: []int32{1}}})
	if resp.SessionID != 0 || len(resp.Topics) != 0 {
		t.Errorf("a session without partitions ends: %+v", resp)
	}
	if resp := s.fetch(nil, nil); resp.ErrorCode != int16(kafka.FetchSessionIDNotFound) {
		t.Errorf("it answers %v", kafka.ErrorCode(resp.ErrorCode))
	}
}

// BenchmarkSessionIdle is an incremental request over 1,000 partitions that finds nothing new.
func BenchmarkSessionIdle(b *testing.B) {
	br := newBroker(b)
	id := br.createTopic("t", 1000)
	topic := fetchTopic("", id, 0, 0)
	for i := range int32(999) {
		topic.Partitions = append(topic.Partitions, fetchTopic("", id, i+1, 0).Partitions...)
	}
	s := br.open(13, topic)
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(13)
	req.ReplicaID, req.MinBytes, req.MaxBytes, req.SessionID = -1, 1, 1<<20, s.id
	c := call(context.Background(), req)
	epoch := int32(1)
	b.ReportAllocs()
	for b.Loop() {
		req.SessionEpoch = epoch
		epoch++
		c.Body = req.AppendTo(c.Body[:0])
		br.router.Serve(c)
		c.Response.Reset()
	}
}
