package handler

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// Special epochs of fetch sessions (KIP-227).
const (
	initialSessionEpoch = 0  // a full request that asks for a new session
	finalSessionEpoch   = -1 // a full request without a session
)

const (
	// sessionMinAge is how long a session is safe from larger ones, and how long an unused one may keep its slot.
	sessionMinAge = 2 * time.Minute
	// sessionPartitions bounds the partitions of all sessions together, so that slots full of huge sessions can't use up
	// the memory: each takes about 250 bytes. A request beyond it is served without a session, which is always legal.
	sessionPartitions = 1 << 18
	// sessionName is the longest topic name that a session remembers: no topic has a longer one.
	sessionName = 249
)

// fetchTarget is a partition that is fetched from: an element of a fetchList.
type fetchTarget struct {
	key       targetKey
	request   wire.FetchPartition
	topic     *partition.Topic     // nil while unknown
	partition *partition.Partition // nil while unknown

	// What the client was told last; -1 after an error, so that the next answer tells again.
	highWatermark  int64
	logStartOffset int64

	prev, next *fetchTarget
}

// targetKey identifies a partition in a session: by id from version 13, by name before.
type targetKey struct {
	name      string
	id        kafka.TopicID
	partition int32
}

// fetchList is a list of targets in the order in which they are served.
type fetchList struct {
	first, last *fetchTarget
	n           int
}

func (l *fetchList) append(t *fetchTarget) {
	t.prev, t.next = l.last, nil
	if l.last == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
	l.n++
}

func (l *fetchList) remove(t *fetchTarget) {
	if t.prev == nil {
		l.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	l.n--
}

// fetchSession remembers the partitions of a consumer, so that its requests and our answers name only what changed
// (KIP-227). One request at a time holds mu.
type fetchSession struct {
	mu      sync.Mutex
	id      int32
	byID    bool // the session began with topic ids
	targets fetchList
	index   map[targetKey]*fetchTarget

	// Guarded by the mutex of the cache.
	epoch   int32 // of the next request
	created time.Time
	used    time.Time
	size    int // number of targets
}

// put adds a partition or takes over its new fetch parameters.
func (s *fetchSession) put(key targetKey, p *wire.FetchPartition) {
	if t := s.index[key]; t != nil {
		t.request = *p
		return
	}
	t := &fetchTarget{key: key, request: *p, highWatermark: -1, logStartOffset: -1}
	s.index[t.key] = t
	s.targets.append(t)
}

func (s *fetchSession) forget(name []byte, id kafka.TopicID, i int32) {
	t := s.index[targetKey{string(name), id, i}]
	if t == nil {
		return
	}
	delete(s.index, t.key)
	s.targets.remove(t)
}

// update takes over what an incremental request changes.
func (s *fetchSession) update(q *wire.FetchRequest) {
	for i := range q.Forgotten {
		f := &q.Forgotten[i]
		for _, p := range f.Partitions {
			s.forget(f.Name, f.ID, p)
		}
	}
	for i := range q.Topics {
		t := &q.Topics[i]
		name := string(t.Name) // one for all partitions
		for j := range t.Partitions {
			s.put(targetKey{name, t.ID, t.Partitions[j].Partition}, &t.Partitions[j])
		}
	}
}

// rememberable reports whether a session may hold the topics of a request.
func rememberable(q *wire.FetchRequest) bool {
	return !slices.ContainsFunc(q.Topics, func(t wire.FetchTopic) bool { return len(t.Name) > sessionName })
}

// sessionCache holds the fetch sessions of all connections in a fixed number of slots
// (max.incremental.fetch.session.cache.slots).
type sessionCache struct {
	slots int

	mu         sync.Mutex
	sessions   map[int32]*fetchSession
	partitions int // of all sessions
}

func newSessionCache(slots int) *sessionCache {
	return &sessionCache{slots: slots, sessions: make(map[int32]*fetchSession)}
}

// create makes a session for a full request, or returns nil when there is no room for it. The session's next request has
// epoch 1. The caller gets it locked.
func (c *sessionCache) create(q *wire.FetchRequest, byID bool, now time.Time) *fetchSession {
	size := countPartitions(q)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.partitions+size > sessionPartitions || !rememberable(q) || !c.makeRoom(size, now) {
		return nil
	}
	s := &fetchSession{
		byID: byID, index: make(map[targetKey]*fetchTarget, size), epoch: 1, created: now, used: now,
	}
	s.update(q)
	for s.id == 0 || c.sessions[s.id] != nil {
		s.id = 1 + rand.Int32N(math.MaxInt32)
	}
	s.mu.Lock()
	c.sessions[s.id] = s
	c.resize(s)
	return s
}

// makeRoom frees a slot if all are taken: first that of a session that was not used for a while, else that of the
// smallest one that is old enough and smaller than the new one.
func (c *sessionCache) makeRoom(size int, now time.Time) bool {
	if len(c.sessions) < c.slots {
		return true
	}
	var stale, small *fetchSession
	for _, s := range c.sessions {
		if now.Sub(s.used) > sessionMinAge && (stale == nil || s.used.Before(stale.used)) {
			stale = s
		}
		if now.Sub(s.created) > sessionMinAge && s.size < size && (small == nil || s.size < small.size) {
			small = s
		}
	}
	switch {
	case stale != nil:
		c.drop(stale)
	case small != nil:
		c.drop(small)
	default:
		return false
	}
	return true
}

// drop takes a session out. A request that is using it goes on with it; the next one does not find it.
func (c *sessionCache) drop(s *fetchSession) {
	if c.sessions[s.id] == s {
		delete(c.sessions, s.id)
		c.partitions -= s.size
	}
}

func (c *sessionCache) resize(s *fetchSession) {
	if c.sessions[s.id] == s {
		c.partitions += s.targets.n - s.size
		s.size = s.targets.n
	}
}

// remove ends a session, if there is one with the id.
func (c *sessionCache) remove(id int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sessions[id]; s != nil {
		c.drop(s)
	}
}

// resume finds the session of an incremental request, applies the request's changes to it and moves it to the next epoch.
// The caller gets it locked. A wrong epoch leaves the session as it was. A session that has no partitions left is ended:
// then it is nil without an error.
func (c *sessionCache) resume(q *wire.FetchRequest, byID bool, now time.Time) (*fetchSession, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sessions[q.SessionID]
	switch {
	case s == nil, !rememberable(q):
		return nil, kafka.FetchSessionIDNotFound
	case s.epoch != q.SessionEpoch:
		return nil, kafka.InvalidFetchSessionEpoch
	case s.byID != byID:
		return nil, kafka.FetchSessionTopicIDError
	case !s.mu.TryLock():
		// Its previous request still waits, on a connection that is gone or should not be: the client starts again.
		return nil, kafka.InvalidFetchSessionEpoch
	}
	s.update(q)
	c.resize(s)
	s.used = now
	if s.epoch++; s.epoch < 0 {
		s.epoch = 1
	}
	switch {
	case s.targets.n == 0:
		c.drop(s)
		s.mu.Unlock()
		return nil, nil
	case s.targets.n > maxFetchPartitions || c.partitions > sessionPartitions:
		c.drop(s) // the client begins again with a full request
		s.mu.Unlock()
		return nil, kafka.FetchSessionIDNotFound
	}
	return s, nil
}
