package handler

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// foundInLog reports whether Kafka finds an error after it opened the log, so that the answer tells the log start offset.
func foundInLog(code kafka.ErrorCode) bool {
	switch code {
	case kafka.CorruptMessage, kafka.MessageTooLarge, kafka.RecordListTooLarge, kafka.NotLeaderOrFollower,
		kafka.UnknownTopicOrPartition, kafka.KafkaStorageError:
		return false
	}
	return true
}

func (a *produceAnswer) fail(err error) {
	a.ErrorCode, a.ErrorMessage = kafka.CodeOf(err), kafka.MessageOf(err)
	a.BaseOffset, a.LogAppendTimeMs, a.LogStartOffset = -1, -1, -1
}

func (a *produceAnswer) setRecordErrors(list []record.RecordError) {
	for i := range list {
		a.RecordErrors = append(a.RecordErrors, wire.RecordError{BatchIndex: list[i].BatchIndex, Message: &list[i].Message})
	}
}

// awaitReplication parks the call until every partition that waits is replicated or failed, or the request's timeout.
func (h *Handlers) awaitReplication(c *api.Call, s *produceCall) {
	for i := range s.answers {
		if p := s.answers[i].partition; p != nil {
			p.Watch(s.waiter)
		}
	}
	defer s.waiter.Unwatch()
	deadline := time.Now().Add(time.Duration(s.request.TimeoutMs) * time.Millisecond)
	if s.waiter.Await(c.Context(), deadline, s.replicated) != nil {
		s.timeOut()
	}
}

// replicated takes over what became of the waiting partitions and reports whether none waits any more.
func (s *produceCall) replicated() bool {
	all := true
	for i := range s.answers {
		a := &s.answers[i]
		if a.partition == nil {
			continue
		}
		done, err := a.partition.Replicated(a.last)
		if !done {
			all = false
			continue
		}
		a.partition = nil
		if err != nil {
			a.fail(err)
		}
	}
	return all
}

// timeOut answers what still waits. The records stay in the log: the client can't know whether they will be replicated.
func (s *produceCall) timeOut() {
	for i := range s.answers {
		if s.answers[i].partition != nil {
			s.answers[i].fail(kafka.RequestTimedOut)
		}
	}
}

// answerProduce writes the response. With acks=0 there is none, and an error closes the connection.
func (h *Handlers) answerProduce(c *api.Call, s *produceCall) {
	if s.request.Acks == 0 {
		c.Response.None = true
		for i := range s.answers {
			c.Response.Close = c.Response.Close || s.answers[i].ErrorCode != kafka.NoError
		}
		return
	}
	w := wire.NewProduceResponse(&c.Response.Body, c.Version)
	w.Start(s.request.TopicCount)
	hints := h.leaderHints(c)
	answers := s.answers
	s.request.Rewind()
	for i := 0; s.request.NextTopic(); i++ {
		mine := answers[:s.request.TopicPartitions]
		answers = answers[s.request.TopicPartitions:]
		name := topicName(s.topics[i], s.request.Topic)
		w.Topic(name, s.request.TopicID, countAnswers(mine))
		for j := range mine {
			a := &mine[j]
			if a.repeated {
				continue
			}
			if a.ErrorCode == kafka.NotLeaderOrFollower {
				a.CurrentLeader = hints.of(name, a.Partition)
			}
			w.Partition(&a.ProduceResult)
		}
		w.EndTopic()
	}
	w.End(0, hints.endpoints)
}

func countAnswers(list []produceAnswer) int {
	n := 0
	for i := range list {
		if !list[i].repeated {
			n++
		}
	}
	return n
}
