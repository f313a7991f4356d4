package handler

// Fetch (key 1), versions 4 to 18. Returns record batches of many partitions as extents of the logs. Version 7 brought
// sessions (KIP-227), 9 leader epochs (KIP-320), 11 racks (KIP-392), 12 flexible encoding and the last fetched epoch
// (KIP-595), 13 topic ids (KIP-516), 16 the current leader (KIP-951). A request that finds less than min.bytes waits for
// an append, a high watermark or its deadline. Fetches of followers get NOT_LEADER_OR_FOLLOWER: replication brings them.

import (
	"slices"
	"time"

	"github.com/jackdawmq/jackdaw/core/api"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/internal/purgatory"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/vfs"
	"github.com/jackdawmq/jackdaw/core/wire"
)

const (
	storageErrorInFetch = 6
	sessionsInFetch     = 7
	topicIDsInFetch     = 13
	leaderHintsInFetch  = 16
)

// fetchCall is the state of one Fetch request. It is kept for later requests.
type fetchCall struct {
	request wire.FetchRequest
	session *fetchSession // nil: none
	list    *fetchList    // what is fetched: the session's targets, or own
	own     fetchList
	targets []fetchTarget // elements of own
	// incremental answers name only partitions with news.
	incremental bool
	answers     []fetchAnswer
	bytes       int  // of all extents
	urgent      bool // an error or a diverging log: the client must be told at once
	seen        map[*partition.Partition]struct{}
	waiter      *purgatory.Waiter
	read        partition.ReadResult // scratch
}

// fetchAnswer is what is answered for one partition.
type fetchAnswer struct {
	wire.FetchResult
	target *fetchTarget
	extent vfs.Extent
}

// maxFetchPartitions is more partitions than a consumer fetches from one broker. It keeps small requests from making large
// answers, in one request and in one session.
const maxFetchPartitions = 1 << 16

func countPartitions(q *wire.FetchRequest) int {
	n := 0
	for i := range q.Topics {
		n += len(q.Topics[i].Partitions)
	}
	return n
}

// keptTargets bounds what a fetchCall keeps for later requests.
const keptTargets = 1 << 12

func (h *Handlers) freeFetch(s *fetchCall) {
	if cap(s.targets) > keptTargets || cap(s.answers) > keptTargets {
		return
	}
	clear(s.targets)
	clear(s.answers)
	clear(s.seen)
	*s = fetchCall{
		request: s.request, waiter: s.waiter, targets: s.targets[:0], answers: s.answers[:0], seen: s.seen,
	}
	h.fetchCalls.Put(s)
}

func (h *Handlers) fetch(c *api.Call) {
	s, _ := h.fetchCalls.Get().(*fetchCall)
	if s == nil {
		s = &fetchCall{waiter: purgatory.NewWaiter()}
	}
	defer h.freeFetch(s)
	if s.request.Decode(c.Version, c.Body) != nil {
		c.Response.None, c.Response.Close = true, true
		return
	}
	if err := h.openFetch(c, s); err != nil {
		refuseFetch(c, err)
		return
	}
	if s.session != nil {
		defer s.session.mu.Unlock()
	}
	h.readAll(c, s)
	if !s.satisfied(h.fetchLimit(s)) {
		h.awaitRecords(c, s)
	}
	h.answerFetch(c, s)
}

// refuseFetch answers a request as a whole with an error.
func refuseFetch(c *api.Call, err error) {
	if c.Version < sessionsInFetch {
		c.Response.None, c.Response.Close = true, true
		return
	}
	w := wire.NewFetchResponse(&c.Response.Body, c.Version)
	w.Start(0, kafka.CodeOf(err), 0, 0)
	w.End(nil)
}

// openFetch finds out what is fetched: the partitions of the request, or those of its session.
func (h *Handlers) openFetch(c *api.Call, s *fetchCall) error {
	q := &s.request
	if countPartitions(q) > maxFetchPartitions {
		return kafka.InvalidRequest
	}
	if q.Isolation < int8(kafka.ReadUncommitted) || q.Isolation > int8(kafka.ReadCommitted) {
		return kafka.InvalidRequest
	}
	byID := c.Version >= topicIDsInFetch
	switch q.SessionEpoch {
	case finalSessionEpoch:
		if q.SessionID != 0 {
			h.sessions.remove(q.SessionID)
		}
	case initialSessionEpoch:
		if q.SessionID != 0 {
			h.sessions.remove(q.SessionID)
		}
		s.session = h.sessions.create(q, byID, time.Now())
	default:
		session, err := h.sessions.resume(q, byID, time.Now())
		if err != nil {
			return err
		}
		s.session, s.incremental = session, session != nil
	}
	if s.session != nil {
		s.list = &s.session.targets
		return nil
	}
	s.list = &s.own
	if q.SessionEpoch <= initialSessionEpoch {
		h.listRequested(s, byID)
	}
	return nil
}

// listRequested makes the request's own partitions the list to fetch. A partition that is named twice is served once.
func (h *Handlers) listRequested(s *fetchCall, byID bool) {
	q := &s.request
	n := countPartitions(q)
	s.targets = slices.Grow(s.targets, n) // elements must not move: the list points to them
	for i := range q.Topics {
		t := &q.Topics[i]
		topic := h.fetchTopic(t.Name, t.ID, byID)
		name := topicName(topic, t.Name)
		for j := range t.Partitions {
			p, _ := topic.Partition(t.Partitions[j].Partition)
			if n > 1 && p != nil && s.repeated(p) {
				continue
			}
			s.targets = append(s.targets, fetchTarget{
				key:     targetKey{name, t.ID, t.Partitions[j].Partition},
				request: t.Partitions[j], topic: topic, partition: p,
			})
			s.own.append(&s.targets[len(s.targets)-1])
		}
	}
}

func (s *fetchCall) repeated(p *partition.Partition) bool {
	if _, ok := s.seen[p]; ok {
		return true
	}
	if s.seen == nil {
		s.seen = make(map[*partition.Partition]struct{})
	}
	s.seen[p] = struct{}{}
	return false
}

func (h *Handlers) fetchTopic(name []byte, id kafka.TopicID, byID bool) *partition.Topic {
	if byID {
		return h.Partitions.TopicByID(id)
	}
	return h.Partitions.Topic(name)
}

// satisfied reports whether what was read is enough to answer: min.bytes of records, or news that can't wait.
func (s *fetchCall) satisfied(most int) bool {
	q := &s.request
	return s.urgent || q.MaxWaitMs <= 0 || s.list.n == 0 || s.bytes >= min(int(q.MinBytes), most)
}

// awaitRecords parks the call until a partition has news that make the answer worth sending, or until the client does not
// want to wait any longer. Each look reads everything again.
func (h *Handlers) awaitRecords(c *api.Call, s *fetchCall) {
	s.release()
	for t := s.list.first; t != nil; t = t.next {
		t.partition.Watch(s.waiter)
	}
	defer s.waiter.Unwatch()
	limit := h.fetchLimit(s)
	deadline := time.Now().Add(time.Duration(s.request.MaxWaitMs) * time.Millisecond)
	// Whether it was woken, timed out or disconnected: the answer is what the last look found.
	_ = s.waiter.Await(c.Context(), deadline, func() bool {
		h.readAll(c, s)
		return s.satisfied(limit)
	})
}

// FetchSettings bound what consumers may ask for.
type FetchSettings struct {
	MaxBytes     int // fetch.max.bytes: of one response
	SessionSlots int // max.incremental.fetch.session.cache.slots
}
