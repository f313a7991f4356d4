package tcp

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/wire"
)

func TestAnswersAreExpectedToBeAsLargeAsTheLast(t *testing.T) {
	var a answers
	a.note(wire.Metadata, keptResponse)
	if got := a.expected(wire.Metadata); got != 0 {
		t.Errorf("small answers are expected to take %d bytes", got)
	}
	a.note(wire.Metadata, 1<<20)
	if got := a.expected(wire.Metadata); got != answerFactor<<20 {
		t.Errorf("expected %d bytes after an answer of 1 MiB", got)
	}
	for range 20 {
		a.note(wire.Metadata, 100)
	}
	if got := a.expected(wire.Metadata); got != 0 {
		t.Errorf("after many small answers %d bytes are expected", got)
	}
}

func TestForcedBytesMakeOthersWait(t *testing.T) {
	b := newBudget(100)
	c, other := newClaim(), newClaim()
	b.force(c, 150)
	if c.held() != 150 || b.tryTake(other, 1) {
		t.Errorf("%d bytes are held, and another claim gets more", c.held())
	}
	b.giveBack(c, 60)
	if c.held() != 90 || !b.tryTake(other, 10) {
		t.Errorf("%d bytes are held, and another claim gets none", c.held())
	}
	b.release(c)
	b.release(other)
	if b.used != 0 || b.inUse.Load() != 0 {
		t.Errorf("%d bytes are left", b.used)
	}
}

// What connections send before the router has seen it must not be looked up in tables.
func TestUnknownKeysAreCharged(t *testing.T) {
	for _, key := range []int16{-1, -32768, 127, 128, 32767} {
		if answersMore(key) {
			t.Errorf("key %d has an answer", key)
		}
	}
}
