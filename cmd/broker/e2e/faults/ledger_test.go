package faults_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// ledger knows what clients were told. Its methods may be called from any goroutine.
type ledger struct {
	fail func(format string, args ...any)

	mu         sync.Mutex
	partitions map[kafka.TopicPartition]*account
	acked      int           // records, over all partitions
	more       chan struct{} // closed and replaced when something was acknowledged or consumed
}

// account is one partition's part of the ledger.
type account struct {
	sent      map[string]int   // next sequence number by producer
	acked     map[int64]string // value by offset
	consumed  map[int64]string // value by offset
	next      int64            // the group has consumed everything below
	committed int64            // the group's last offset whose commit was acknowledged
}

// newLedger returns an empty ledger that calls fail for each thing that must not be.
func newLedger(fail func(format string, args ...any)) *ledger {
	return &ledger{fail: fail, partitions: map[kafka.TopicPartition]*account{}, more: make(chan struct{})}
}

// value is what the record number sequence of a producer holds. It names the partition, so that a record in a foreign
// partition shows.
func value(producer string, tp kafka.TopicPartition, sequence int) string {
	return fmt.Sprintf("%s %s %d", producer, tp, sequence)
}

// at returns the account of a partition. Called with mu held.
func (l *ledger) at(tp kafka.TopicPartition) *account {
	a := l.partitions[tp]
	if a == nil {
		a = &account{sent: map[string]int{}, acked: map[int64]string{}, consumed: map[int64]string{}}
		l.partitions[tp] = a
	}
	return a
}

// send returns the next record of a producer for a partition.
func (l *ledger) send(producer string, tp kafka.TopicPartition) *kgo.Record {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.at(tp)
	sequence := a.sent[producer]
	a.sent[producer]++
	return &kgo.Record{Topic: tp.Topic, Partition: tp.Partition, Value: []byte(value(producer, tp, sequence))}
}

// ack notes that the broker acknowledged a record.
func (l *ledger) ack(r *kgo.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.at(place(r))
	if other, twice := a.acked[r.Offset]; twice {
		l.fail("%s: offset %d was acknowledged for %q and for %q", place(r), r.Offset, other, r.Value)
	}
	a.acked[r.Offset] = string(r.Value)
	l.acked++
	l.wake()
}

// wake lets those look again who wait. Called with mu held.
func (l *ledger) wake() {
	close(l.more)
	l.more = make(chan struct{})
}

// await returns when n more records are acknowledged.
func (l *ledger) await(ctx context.Context, n int) error {
	l.mu.Lock()
	want := l.acked + n
	l.mu.Unlock()
	return l.until(ctx, "acknowledged", func() bool { return l.acked >= want })
}

// awaitConsumed returns when the group has consumed all that is stored.
func (l *ledger) awaitConsumed(ctx context.Context, stored map[kafka.TopicPartition][]*kgo.Record) error {
	return l.until(ctx, "consumed", func() bool {
		for tp, records := range stored {
			if l.at(tp).next < int64(len(records)) {
				return false
			}
		}
		return true
	})
}

// until waits for a condition, which is looked at with mu held.
func (l *ledger) until(ctx context.Context, what string, met func() bool) error {
	for {
		l.mu.Lock()
		done, more := met(), l.more
		l.mu.Unlock()
		if done {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("nothing is %s any more: %w", what, ctx.Err())
		}
	}
}

// consume notes a record that the group got. It may get records again, from its last acknowledged commit on, but never
// others than before, never older ones, and it may not miss any.
func (l *ledger) consume(r *kgo.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.at(place(r))
	if before, again := a.consumed[r.Offset]; again && before != string(r.Value) {
		l.fail("%s: offset %d was consumed as %q and as %q", place(r), r.Offset, before, r.Value)
	}
	if r.Offset < a.committed {
		l.fail("%s: offset %d came again after offset %d was committed", place(r), r.Offset, a.committed)
	}
	if r.Offset > a.next {
		l.fail("%s: the group got offset %d after %d", place(r), r.Offset, a.next-1)
	}
	a.consumed[r.Offset] = string(r.Value)
	a.next = max(a.next, r.Offset+1)
	l.wake()
}

// commit notes that the broker acknowledged a committed offset.
func (l *ledger) commit(tp kafka.TopicPartition, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.at(tp)
	a.committed = max(a.committed, offset)
}

// check compares the ledger with all that the partitions hold. Every record that was sent must be acknowledged by now.
func (l *ledger) check(stored map[kafka.TopicPartition][]*kgo.Record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for tp, a := range l.partitions {
		for i, r := range stored[tp] {
			if r.Offset != int64(i) {
				l.fail("%s: offset %d follows offset %d", tp, r.Offset, i-1)
				break
			}
		}
		l.checkOrder(tp, a, stored[tp])
		l.checkSeen(tp, "acknowledged", a.acked, stored[tp])
		l.checkSeen(tp, "consumed", a.consumed, stored[tp])
	}
}

// checkOrder checks that the records of each producer are all there, once, in the order in which they were sent, and none
// that was not sent.
func (l *ledger) checkOrder(tp kafka.TopicPartition, a *account, records []*kgo.Record) {
	next := map[string]int{}
	for _, r := range records {
		var producer, name string
		var sequence int
		_, err := fmt.Sscanf(string(r.Value), "%s %s %d", &producer, &name, &sequence)
		switch want := next[producer]; {
		case err != nil || name != tp.String() || sequence >= a.sent[producer]:
			l.fail("%s: phantom record %q at offset %d", tp, r.Value, r.Offset)
		case sequence < want:
			l.fail("%s: %q at offset %d is there twice, or too late", tp, r.Value, r.Offset)
		case sequence > want:
			l.fail("%s: %q at offset %d comes where %d is due: records are lost, or reordered", tp, r.Value, r.Offset, want)
		}
		next[producer] = max(next[producer], sequence+1)
	}
	for _, producer := range slices.Sorted(maps.Keys(a.sent)) {
		if next[producer] != a.sent[producer] {
			l.fail("%s: producer %s sent %d records, the last one there is %d", tp, producer, a.sent[producer], next[producer]-1)
		}
	}
}

// checkSeen checks that what a client was told about an offset is what the partition holds there.
func (l *ledger) checkSeen(tp kafka.TopicPartition, how string, seen map[int64]string, records []*kgo.Record) {
	for offset, want := range seen {
		if offset >= int64(len(records)) {
			l.fail("%s: %q, %s at offset %d, is lost: the partition ends at %d", tp, want, how, offset, len(records))
		} else if got := string(records[offset].Value); got != want {
			l.fail("%s: offset %d was %s as %q, but holds %q", tp, offset, how, want, got)
		}
	}
}

func place(r *kgo.Record) kafka.TopicPartition {
	return kafka.TopicPartition{Topic: r.Topic, Partition: r.Partition}
}
