package handler

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/wire"
)

// fullRequest names n partitions from first on.
func fullRequest(first, n int) *wire.FetchRequest {
	t := wire.FetchTopic{Name: []byte("t"), Partitions: make([]wire.FetchPartition, n)}
	for i := range t.Partitions {
		t.Partitions[i].Partition = int32(first + i)
	}
	return &wire.FetchRequest{Topics: []wire.FetchTopic{t}}
}

func TestSessionEpochWraps(t *testing.T) {
	c := newSessionCache(1)
	s := c.create(fullRequest(0, 1), false, time.Now())
	s.mu.Unlock()
	s.epoch = math.MaxInt32
	got, err := c.resume(&wire.FetchRequest{SessionID: s.id, SessionEpoch: math.MaxInt32}, false, time.Now())
	if err != nil || got.epoch != 1 {
		t.Errorf("after the largest epoch comes %d, %v", got.epoch, err)
	}
}

// TestSessionThatGivesItsSlot has who makes room for a new session: the one that was unused for longest, else the smallest
// of those that are old enough.
func TestSessionThatGivesItsSlot(t *testing.T) {
	start := time.Now()
	f := func(name string, want int, used map[int]time.Duration) {
		t.Helper()
		c := newSessionCache(len(used))
		for size, last := range used {
			s := c.create(fullRequest(0, size), false, start)
			s.mu.Unlock()
			s.used = start.Add(last)
		}
		c.create(fullRequest(0, 10), false, start.Add(10*time.Minute)).mu.Unlock()
		gone := -1
		for size := range used {
			if !slices.ContainsFunc(slices.Collect(maps.Values(c.sessions)), func(s *fetchSession) bool { return s.size == size }) {
				gone = size
			}
		}
		if gone != want || len(c.sessions) != len(used) {
			t.Errorf("%s: the session with %d partitions is gone of %d, want %d", name, gone, len(c.sessions), want)
		}
	}
	f("all unused", 2, map[int]time.Duration{1: 3 * time.Minute, 2: time.Minute, 3: 5 * time.Minute})
	f("all in use", 1, map[int]time.Duration{2: 9 * time.Minute, 1: 9 * time.Minute, 3: 9 * time.Minute})
	f("one unused", 5, map[int]time.Duration{1: 9 * time.Minute, 5: time.Minute})
}

// TestSessionsAreBounded pretends that other sessions hold all the partitions that there may be, but one.
func TestSessionsAreBounded(t *testing.T) {
	c := newSessionCache(math.MaxInt)
	c.partitions = sessionPartitions - 1
	s := c.create(fullRequest(0, 1), false, time.Now())
	if s == nil {
		t.Fatal("no session although there is room")
	}
	s.mu.Unlock()
	if c.create(fullRequest(0, 1), false, time.Now()) != nil {
		t.Error("a session beyond the limit of partitions")
	}
	more := fullRequest(1, 1)
	more.SessionID, more.SessionEpoch = s.id, 1
	if _, err := c.resume(more, false, time.Now()); kafka.CodeOf(err) != kafka.FetchSessionIDNotFound {
		t.Errorf("a session that grows beyond the limit: %v", err)
	}
	if want := sessionPartitions - 1; c.partitions != want {
		t.Errorf("%d partitions after the session was dropped, want %d", c.partitions, want)
	}
	c = newSessionCache(1)
	s = c.create(fullRequest(0, maxFetchPartitions), false, time.Now())
	s.mu.Unlock()
	more = fullRequest(maxFetchPartitions, 1)
	more.SessionID, more.SessionEpoch = s.id, 1
	if _, err := c.resume(more, false, time.Now()); kafka.CodeOf(err) != kafka.FetchSessionIDNotFound {
		t.Errorf("a session that grows beyond what one request may name: %v", err)
	}
}

// TestLongNamesAreNotRemembered asks for sessions of a topic that can't exist, under a name that would take memory.
func TestLongNamesAreNotRemembered(t *testing.T) {
	c := newSessionCache(10)
	q := fullRequest(0, 1)
	q.Topics[0].Name = bytes.Repeat([]byte("n"), sessionName+1)
	if c.create(q, false, time.Now()) != nil {
		t.Error("a session remembers a name that is too long")
	}
	s := c.create(fullRequest(0, 1), false, time.Now())
	s.mu.Unlock()
	q.SessionID, q.SessionEpoch = s.id, 1
	if _, err := c.resume(q, false, time.Now()); kafka.CodeOf(err) != kafka.FetchSessionIDNotFound {
		t.Errorf("a session that gets such a name: %v", err)
	}
}
