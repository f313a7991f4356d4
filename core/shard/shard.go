package shard

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// shard is the event loop of one partition.
type shard[S State] struct {
	*Settings[S] // of its Runtime
	tp           kafka.TopicPartition
	epoch        kafka.LeaderEpoch
	cancel       context.CancelFunc
	gone         chan struct{} // closed when the loop has ended

	wake          chan struct{} // holds one token when there is something to do
	highWatermark atomic.Int64  // the newest that was notified

	mu     sync.Mutex
	loaded bool
	queue  []Handler[S]

	// Only the loop uses what follows.
	state   S
	spare   []Handler[S] // the queue of the turn before, to be filled again
	batch   batch
	end     int64 // offset after the last record that this shard has written or, while it has not, loaded
	written bool
	waiting []pending
}

// pending are callbacks that wait for the high watermark to reach end.
type pending struct {
	end      int64
	deadline time.Time
	done     []Done
}

func newShard[S State](settings *Settings[S], partition int32, epoch kafka.LeaderEpoch, cancel context.CancelFunc) *shard[S] {
	return &shard[S]{
		Settings: settings,
		tp:       kafka.TopicPartition{Topic: settings.Topic, Partition: partition},
		epoch:    epoch,
		cancel:   cancel,
		gone:     make(chan struct{}),
		wake:     make(chan struct{}, 1),
	}
}

// submit queues a handler. A loading shard takes it only if it is early, and runs it when it is loaded.
func (s *shard[S]) submit(h Handler[S], early bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.loaded && !early:
		return kafka.CoordinatorLoadInProgress
	case len(s.queue) >= maxQueue:
		return kafka.CoordinatorNotAvailable
	}
	s.queue = append(s.queue, h)
	s.signal()
	return nil
}

// signal makes the loop take a turn.
func (s *shard[S]) signal() {
	select {
	case s.wake <- struct{}{}:
	default: // it will anyway
	}
}

// committed is told of every move of the high watermark, from any goroutine.
func (s *shard[S]) committed(highWatermark int64) {
	for {
		old := s.highWatermark.Load()
		if highWatermark <= old || s.highWatermark.CompareAndSwap(old, highWatermark) {
			break
		}
	}
	s.signal()
}

// run is the loop. It owns the state from the load on.
func (s *shard[S]) run(ctx context.Context) {
	defer close(s.gone)
	defer s.cancel()
	unsubscribe, ok := s.load(ctx)
	if !ok {
		return
	}
	defer unsubscribe()
	timer := time.NewTimer(0) // the first turn appends what Loaded wants
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case <-timer.C:
		}
		s.turn(time.Now())
		if next := s.nextDeadline(); next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
	}
}

// turn does everything there is to do at now.
func (s *shard[S]) turn(now time.Time) {
	for _, h := range s.take() {
		t := &Turn{Now: now}
		h(s.state, t)
		s.absorb(t)
	}
	if d := s.state.Deadline(); !d.IsZero() && !d.After(now) {
		t := &Turn{Now: now}
		s.state.Tick(t)
		s.absorb(t)
	}
	_ = s.flush(now)      // who waits for it was told
	for s.complete(now) { // callbacks may append
		_ = s.flush(now)
	}
}

// take returns the queued handlers and leaves an empty queue.
func (s *shard[S]) take() []Handler[S] {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.queue
	clear(s.spare)
	s.queue, s.spare = s.spare[:0], taken
	return taken
}

// complete runs the callbacks whose records are committed or waited too long, and reports whether there were any.
func (s *shard[S]) complete(now time.Time) (ran bool) {
	for len(s.waiting) > 0 {
		first := s.waiting[0]
		var err error
		switch {
		case !s.written || s.highWatermark.Load() >= first.end:
		case !first.deadline.After(now):
			err = kafka.Errorf(kafka.RequestTimedOut, "%v: records before offset %d were not committed within %v",
				s.tp, first.end, s.CommitTimeout)
		default:
			return ran
		}
		s.waiting[0] = pending{}
		s.waiting = s.waiting[1:]
		s.finish(now, first.done, err)
		ran = true
	}
	return ran
}

// finish runs callbacks and takes up what they want.
func (s *shard[S]) finish(now time.Time, done []Done, err error) {
	for _, f := range done {
		t := &Turn{Now: now}
		f(t, err)
		s.absorb(t)
	}
}

// nextDeadline returns when the next turn is due without a request: zero for never.
func (s *shard[S]) nextDeadline() time.Time {
	next := s.state.Deadline()
	if len(s.waiting) > 0 && (next.IsZero() || s.waiting[0].deadline.Before(next)) {
		next = s.waiting[0].deadline
	}
	return next
}
