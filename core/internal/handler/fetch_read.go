package handler

import (
	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// fetchLimit returns how many bytes of records the answer may have.
func (h *Handlers) fetchLimit(s *fetchCall) int {
	return min(max(int(s.request.MaxBytes), 0), h.Fetch.MaxBytes)
}

// readAll reads every partition of the list, as far as the limit allows, and keeps an answer for those that the client
// must be told of. What an earlier pass read is given back. Until one partition returned records, the first batch is
// returned whole whatever the limits: a consumer would never get past a large one otherwise.
func (h *Handlers) readAll(c *api.Call, s *fetchCall) {
	s.release()
	limit := h.fetchLimit(s)
	skip := s.incremental && !h.Authorizer.Enabled() && s.request.ReplicaID < 0
	for t := s.list.first; t != nil; t = t.next {
		if skip && t.unchanged(s) {
			continue
		}
		s.answers = append(s.answers, fetchAnswer{target: t})
		a := &s.answers[len(s.answers)-1]
		h.readTarget(c, s, a, limit-s.bytes)
		s.bytes += a.extent.Len()
		if s.incremental && !a.news() {
			s.answers = s.answers[:len(s.answers)-1]
		}
	}
}

// release gives back what was read.
func (s *fetchCall) release() {
	for i := range s.answers {
		s.answers[i].extent.Release()
	}
	clear(s.answers)
	s.answers, s.bytes, s.urgent = s.answers[:0], 0, false
}

// news reports whether an incremental answer must name the partition.
func (a *fetchAnswer) news() bool {
	return a.extent.Len() > 0 || a.ErrorCode != kafka.NoError || a.DivergingEpoch != nil ||
		a.HighWatermark != a.target.highWatermark || a.LogStartOffset != a.target.logStartOffset
}

// readTarget reads the partition of an answer.
func (h *Handlers) readTarget(c *api.Call, s *fetchCall, a *fetchAnswer, left int) {
	t := a.target
	a.Partition, a.PreferredReadReplica = t.key.partition, kafka.NoNode
	err := h.fetchTarget(c, s, t)
	if err == nil {
		err = s.readPartition(t, left)
	}
	if err != nil {
		h.Partitions.Traffic.FailedRead.Inc()
		a.fail(c, err)
		s.urgent = true
		return
	}
	r := &s.read
	a.extent, r.Extent = r.Extent, vfs.Extent{}
	a.HighWatermark, a.LastStableOffset, a.LogStartOffset = r.HighWatermark, r.LastStableOffset, r.LogStartOffset
	if kafka.IsolationLevel(s.request.Isolation) == kafka.ReadCommitted {
		a.AbortedTransactions = abortedTransactions(r.Aborted)
	}
	if r.Diverging {
		a.DivergingEpoch = &wire.EpochEndOffset{Epoch: r.DivergingEpoch, EndOffset: r.DivergingEnd}
		s.urgent = true
	}
}

// fetchTarget makes sure that a target is known, allowed and not a follower's.
func (h *Handlers) fetchTarget(c *api.Call, s *fetchCall, t *fetchTarget) error {
	byID := c.Version >= topicIDsInFetch
	if t.partition == nil || t.partition.Deleted() {
		t.topic, t.partition = h.topicOf(t, byID), nil
		if byID && t.topic == nil {
			return kafka.UnknownTopicID
		}
	}
	if h.Authorizer.Enabled() && !h.allowed(c, auth.Read, auth.Topic, t.name()) {
		return kafka.TopicAuthorizationFailed
	}
	if t.partition == nil {
		p, err := t.topic.Partition(t.key.partition)
		if err != nil {
			return err
		}
		t.partition = p
	}
	switch {
	case s.request.ReplicaID >= 0:
		return kafka.NotLeaderOrFollower
	case t.request.MaxBytes < 0 || s.request.MaxBytes < 0:
		return kafka.InvalidRequest
	}
	return nil
}

func (h *Handlers) topicOf(t *fetchTarget, byID bool) *partition.Topic {
	if byID {
		return h.Partitions.TopicByID(t.key.id)
	}
	return h.Partitions.TopicNamed(t.key.name)
}

// name returns the topic's name, "" when only an unknown id was given.
func (t *fetchTarget) name() string {
	if t.topic != nil {
		return t.topic.Name
	}
	return t.key.name
}

// readRequest returns what is read of a target: whatever remains of the answer's limit.
func (s *fetchCall) readRequest(t *fetchTarget, left int) partition.ReadRequest {
	return partition.ReadRequest{
		Offset: t.request.FetchOffset, MaxBytes: max(0, min(int(t.request.MaxBytes), left)), MinOne: s.bytes == 0,
		Isolation:    kafka.IsolationLevel(s.request.Isolation),
		CurrentEpoch: t.request.CurrentLeaderEpoch, LastFetchedEpoch: t.request.LastFetchedEpoch,
	}
}

// readPartition reads a target into s.read.
func (s *fetchCall) readPartition(t *fetchTarget, left int) error {
	q := s.readRequest(t, left)
	return t.partition.Read(&q, &s.read)
}

// unchanged reports whether there is nothing to tell of a target: a look that costs a fraction of reading it.
func (t *fetchTarget) unchanged(s *fetchCall) bool {
	if t.partition == nil || t.request.MaxBytes < 0 || s.request.MaxBytes < 0 {
		return false
	}
	q := s.readRequest(t, 0)
	return t.partition.Unchanged(&q, t.highWatermark, t.logStartOffset)
}

// fail makes the answer an error: no offsets, no records.
func (a *fetchAnswer) fail(c *api.Call, err error) {
	a.ErrorCode = kafka.CodeOf(err)
	if a.ErrorCode == kafka.KafkaStorageError && c.Version < storageErrorInFetch {
		a.ErrorCode = kafka.NotLeaderOrFollower
	}
	a.HighWatermark, a.LastStableOffset, a.LogStartOffset = -1, -1, -1
	a.AbortedTransactions = noAborted
}

// noAborted is what Kafka sends beside errors, and to read-committed consumers when nothing was aborted: empty, not null.
var noAborted = []wire.AbortedTransaction{}

func abortedTransactions(list []partition.AbortedTxn) []wire.AbortedTransaction {
	if len(list) == 0 {
		return noAborted
	}
	out := make([]wire.AbortedTransaction, len(list))
	for i, t := range list {
		out[i] = wire.AbortedTransaction{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset}
	}
	return out
}

// answerFetch writes the response and tells the session what the client now knows.
func (h *Handlers) answerFetch(c *api.Call, s *fetchCall) {
	var sessionID int32
	if s.session != nil {
		sessionID = s.session.id
	}
	hints := h.leaderHints(c)
	w := wire.NewFetchResponse(&c.Response.Body, c.Version)
	w.Start(0, kafka.NoError, sessionID, s.countTopics())
	for i := 0; i < len(s.answers); {
		n := s.topicRun(i)
		t := s.answers[i].target
		w.Topic(t.name(), t.key.id, n)
		for j := range s.answers[i : i+n] {
			a := &s.answers[i+j]
			if c.Version >= leaderHintsInFetch && (a.ErrorCode == kafka.NotLeaderOrFollower || a.ErrorCode == kafka.FencedLeaderEpoch) {
				a.CurrentLeader = hints.of(t.name(), a.Partition)
			}
			w.Partition(&a.FetchResult, a.extent.Len())
			if a.extent.Len() > 0 {
				c.Response.Splice(a.extent)
			} else {
				a.extent.Release()
			}
			w.EndPartition(&a.FetchResult)
		}
		w.EndTopic()
		i += n
	}
	w.End(hints.endpoints)
	h.Partitions.Traffic.BytesOut.Add(float64(s.bytes))
	s.remember()
}

// topicRun returns how many answers from i on are of the same topic.
func (s *fetchCall) topicRun(i int) int {
	key := s.answers[i].target.key
	n := 1
	for i+n < len(s.answers) {
		next := &s.answers[i+n].target.key
		if next.name != key.name || next.id != key.id {
			break
		}
		n++
	}
	return n
}

func (s *fetchCall) countTopics() int {
	topics := 0
	for i := 0; i < len(s.answers); i += s.topicRun(i) {
		topics++
	}
	return topics
}

// remember updates the session by what was answered: the offsets that the client now knows, and the order of the next
// answer. Partitions that returned records go to the end, so that none starves the others.
func (s *fetchCall) remember() {
	if s.session == nil {
		return
	}
	for i := range s.answers {
		a := &s.answers[i]
		a.target.highWatermark, a.target.logStartOffset = a.HighWatermark, a.LogStartOffset
		if a.extent.Len() > 0 {
			s.list.remove(a.target)
			s.list.append(a.target)
		}
	}
}
