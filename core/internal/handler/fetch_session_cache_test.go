package handler_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

func TestSessionEpochs(t *testing.T) {
	b := newBroker(t)
	var none kafka.TopicID
	b.createTopic("a", 1)
	s := b.open(12, fetchTopic("a", none, 0, 0))
	f := func(id, epoch int32, want kafka.ErrorCode, inSession bool) {
		t.Helper()
		req := fetchRequest(12, "a", none, 0, 0)
		req.SessionID, req.SessionEpoch = id, epoch
		resp := b.do(req).(*kmsg.FetchResponse)
		if resp.ErrorCode != int16(want) || (resp.SessionID != 0) != inSession {
			t.Errorf("session %d epoch %d: %v, session %d", id, epoch, kafka.ErrorCode(resp.ErrorCode), resp.SessionID)
		}
		if want != 0 && len(resp.Topics) > 0 {
			t.Errorf("session %d epoch %d: an error names %d topics", id, epoch, len(resp.Topics))
		}
	}
	f(0, 5, kafka.FetchSessionIDNotFound, false)
	f(s.id, 7, kafka.InvalidFetchSessionEpoch, false)
	f(s.id, -2, kafka.InvalidFetchSessionEpoch, false)
	s.expect("") // the session lives on with the same next epoch
	f(0, -1, kafka.NoError, false)
	s.expect("") // a request without a session does not touch it
	f(s.id, -1, kafka.NoError, false)
	f(s.id, s.epoch, kafka.FetchSessionIDNotFound, false)
	s = b.open(12, fetchTopic("a", none, 0, 0))
	f(s.id, 0, kafka.NoError, true) // a full request replaces its session
	f(s.id, s.epoch, kafka.FetchSessionIDNotFound, false)
	empty := &sessionClient{broker: b, version: 12}
	if resp := empty.fetch(nil, nil); resp.SessionID == 0 {
		t.Error("a full request without partitions gets a session, too")
	}
}

func TestSessionSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t, func(_ *partition.Settings, d *handler.Deps) { d.Fetch.SessionSlots = 2 })
		var none kafka.TopicID
		b.createTopic("a", 3)
		full := func(n int) int32 {
			var topics []kmsg.FetchRequestTopic
			for i := range n {
				topics = append(topics, fetchTopic("a", none, int32(i), 0))
			}
			return (&sessionClient{broker: b, version: 12}).fetch(topics, nil).SessionID
		}
		small := b.open(12, fetchTopic("a", none, 0, 0))
		large := b.open(12, fetchTopic("a", none, 0, 0), fetchTopic("a", none, 1, 0))
		if full(3) != 0 {
			t.Error("young sessions keep their slots")
		}
		time.Sleep(90 * time.Second)
		small.expect("")
		large.expect("")
		time.Sleep(90 * time.Second)
		if full(1) != 0 {
			t.Error("a session no larger than the others gets no slot")
		}
		if full(2) == 0 {
			t.Error("a larger session gets the slot of an older, smaller one")
		}
		if resp := small.fetch(nil, nil); resp.ErrorCode != int16(kafka.FetchSessionIDNotFound) {
			t.Errorf("the smaller session answers %v", kafka.ErrorCode(resp.ErrorCode))
		}
		large.expect("")
		time.Sleep(121 * time.Second)
		for range 2 {
			if full(1) == 0 {
				t.Error("unused sessions lose their slots")
			}
		}
	})
}

func TestSessionInUseElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBroker(t)
		var none kafka.TopicID
		b.createTopic("a", 1)
		s := b.open(12, fetchTopic("a", none, 0, 0))
		waiting := kmsg.NewPtrFetchRequest()
		waiting.SetVersion(12)
		waiting.ReplicaID, waiting.MinBytes, waiting.MaxBytes, waiting.MaxWaitMillis = -1, 1, 1<<20, math.MaxInt32
		waiting.SessionID, waiting.SessionEpoch = s.id, 1
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { b.answer(call(ctx, waiting), waiting); close(done) }()
		synctest.Wait()
		s.epoch = 2
		if resp := s.fetch(nil, nil); resp.ErrorCode != int16(kafka.InvalidFetchSessionEpoch) {
			t.Errorf("a second request beside a waiting one answers %v", kafka.ErrorCode(resp.ErrorCode))
		}
		cancel()
		<-done
		s.expect("")
	})
}
