package shard

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Settings is what a Runtime works with.
type Settings[S State] struct {
	// Topic is the internal topic whose partitions are the shards.
	Topic string
	// NewState returns the empty state of a partition.
	NewState func(partition int32) S
	Writer   coordinator.PartitionWriter
	Reader   coordinator.PartitionReader
	// CommitTimeout is how long a Turn waits for the high watermark before it fails with REQUEST_TIMED_OUT.
	CommitTimeout time.Duration
	// MaxBatchBytes is the largest batch that is appended; 0 means 1 MiB, Kafka's default for a topic.
	MaxBatchBytes int
	Log           *zap.Logger
}

const (
	defaultMaxBatchBytes = 1 << 20
	// maxQueue bounds the handlers that wait for a shard. A connection has one request in flight, so only a shard that
	// stands still gets near.
	maxQueue = 1 << 16
	// firstRetry and lastRetry are the pauses after a partition could not be read, which double in between.
	firstRetry, lastRetry = 50 * time.Millisecond, 2 * time.Second
)

// Runtime owns the shards of one coordinator.
type Runtime[S State] struct {
	settings Settings[S]
	running  sync.WaitGroup

	mu      sync.RWMutex
	shards  map[int32]*shard[S]
	stopped bool
}

// New returns a Runtime without shards.
func New[S State](s Settings[S]) *Runtime[S] {
	if s.MaxBatchBytes == 0 {
		s.MaxBatchBytes = defaultMaxBatchBytes
	}
	return &Runtime[S]{settings: s, shards: make(map[int32]*shard[S])}
}

// Elected starts the shard of a partition and returns at once; it loads on its own goroutine. A shard of an older leader
// epoch is dropped: another broker may have led and written in between.
func (r *Runtime[S]) Elected(partition int32, epoch kafka.LeaderEpoch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped {
		return
	}
	if s := r.shards[partition]; s != nil {
		if s.epoch >= epoch {
			return
		}
		s.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := newShard(&r.settings, partition, epoch, cancel)
	r.shards[partition] = s
	r.running.Go(func() { s.run(ctx) })
}

// Resigned drops the shard of a partition. It returns at once.
func (r *Runtime[S]) Resigned(partition int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.shards[partition]; s != nil {
		delete(r.shards, partition)
		s.cancel()
	}
}

// Stop drops all shards and waits until their goroutines have ended, or ctx has.
func (r *Runtime[S]) Stop(ctx context.Context) error {
	r.mu.Lock()
	r.stopped = true
	for _, s := range r.shards {
		s.cancel()
	}
	clear(r.shards)
	r.mu.Unlock()

	ended := make(chan struct{})
	go func() {
		r.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Partitions returns the partitions that have a shard, loading or loaded, in ascending order.
func (r *Runtime[S]) Partitions() []int32 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	partitions := make([]int32, 0, len(r.shards))
	for p := range r.shards {
		partitions = append(partitions, p)
	}
	slices.Sort(partitions)
	return partitions
}

// submit queues a handler for a partition's shard. gone is closed when the shard is dropped: then the handler and what it
// waits for may never run.
func (r *Runtime[S]) submit(partition int32, h Handler[S]) (gone <-chan struct{}, err error) {
	r.mu.RLock()
	s, stopped := r.shards[partition], r.stopped
	r.mu.RUnlock()
	switch {
	case stopped:
		return nil, kafka.CoordinatorNotAvailable
	case s == nil:
		return nil, kafka.NotCoordinator
	}
	return s.gone, s.submit(h, false)
}

// Enqueue queues a handler that nobody waits for; when the shard is loading, it runs after that. It reports whether there
// is a shard that will run it unless it is dropped.
func (r *Runtime[S]) Enqueue(partition int32, h Handler[S]) bool {
	r.mu.RLock()
	s := r.shards[partition]
	r.mu.RUnlock()
	return s != nil && s.submit(h, true) == nil
}

// Call runs h in the loop of a partition's shard and returns what it gives to reply, be it later in another turn. Errors
// are NOT_COORDINATOR when the broker does not lead the partition, or its shard is dropped before it answers,
// COORDINATOR_LOAD_IN_PROGRESS until the shard is loaded, and COORDINATOR_NOT_AVAILABLE when the broker stops, the queue is
// full or ctx ends.
func Call[S State, R any](ctx context.Context, r *Runtime[S], partition int32,
	h func(state S, t *Turn, reply func(R))) (answer R, err error) {
	answers := make(chan R, 1)
	reply := func(a R) {
		select {
		case answers <- a:
		default: // answered before
		}
	}
	gone, err := r.submit(partition, func(state S, t *Turn) { h(state, t, reply) })
	if err != nil {
		return answer, err
	}
	select {
	case answer = <-answers:
		return answer, nil
	case <-ctx.Done():
		return answer, kafka.CoordinatorNotAvailable
	case <-gone:
	}
	select {
	case answer = <-answers: // just in time
		return answer, nil
	default:
		return answer, kafka.NotCoordinator
	}
}
