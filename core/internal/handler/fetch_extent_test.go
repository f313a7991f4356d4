package handler_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/core/internal/handler"
	"github.com/jackdawmq/jackdaw/core/internal/partition"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/vfs"
)

// countingEngine counts the extents that were handed out and not released.
type countingEngine struct {
	log.Engine
	held *atomic.Int64
}

type countingLog struct {
	log.Log
	held *atomic.Int64
}

// countingRef is released once.
type countingRef struct{ held *atomic.Int64 }

func (r *countingRef) Release() {
	if r.held == nil {
		panic("an extent was released twice")
	}
	r.held.Add(-1)
	r.held = nil
}

func (e countingEngine) Open(ctx context.Context, spec log.Spec, host log.Host) (log.Log, error) {
	l, err := e.Engine.Open(ctx, spec, host)
	return countingLog{l, e.held}, err
}

// Read gives every extent, also an empty one, a reference to release.
func (l countingLog) Read(r log.ReadRequest) (vfs.Extent, error) {
	extent, err := l.Log.Read(r)
	if err != nil {
		return extent, err
	}
	l.held.Add(1)
	return vfs.MemExtent(extent.Bytes(), &countingRef{l.held}), nil
}

func TestFetchReleasesExtents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var held atomic.Int64
		b := newBroker(t, func(s *partition.Settings, _ *handler.Deps) { s.Engine = countingEngine{s.Engine, &held} })
		b.createTopic("t", 2)
		b.mustProduce("t", 0, "a")
		b.mustProduce("t", 1, "b")
		f := func(name string, edit func(*kmsg.FetchRequest), act func()) {
			t.Helper()
			req := fetchRequest(12, "t", kafka.TopicID{}, 0, 0)
			req.Topics[0].Partitions = append(req.Topics[0].Partitions, fetchTopic("t", kafka.TopicID{}, 1, 0).Partitions...)
			edit(req)
			c := call(t.Context(), req)
			done := make(chan struct{})
			go func() { b.router.Serve(c); close(done) }()
			synctest.Wait()
			act()
			<-done
			if n := int64(len(c.Response.Splices)); held.Load() != n {
				t.Errorf("%s: %d extents are held, %d are in the response", name, held.Load(), n)
			}
			c.Response.Release()
			if held.Load() != 0 {
				t.Errorf("%s: %d extents were not released", name, held.Load())
			}
		}
		nothing := func() {}
		f("hot", func(*kmsg.FetchRequest) {}, nothing)
		f("too little until the deadline", func(r *kmsg.FetchRequest) { r.MaxWaitMillis, r.MinBytes = 100, 1<<20 }, nothing)
		f("woken several times", func(r *kmsg.FetchRequest) { r.MaxWaitMillis, r.MinBytes = 1000, 300 }, func() {
			for range 3 {
				b.mustProduce("t", 0, "c")
				synctest.Wait()
			}
		})
		f("an error beside records", func(r *kmsg.FetchRequest) { r.Topics[0].Partitions[1].FetchOffset = 99 }, nothing)
		f("no room for the second", func(r *kmsg.FetchRequest) { r.MaxBytes = 1 }, nothing)
		f("deleted meanwhile", func(r *kmsg.FetchRequest) { r.MaxWaitMillis, r.MinBytes = 1000, 1<<20 }, func() { b.deleteTopic("t") })
	})
}

// TestConcurrentClients has producers, consumers in sessions, and a topic that is deleted and made again under them. The
// race detector looks on; every producer's records must arrive once and in order.
func TestConcurrentClients(t *testing.T) {
	b := newBroker(t)
	const producers, records = 3, 100
	b.createTopic("t", producers)
	b.createTopic("gone", 1)
	var clients, churn sync.WaitGroup
	for i := range int32(producers) {
		clients.Go(func() {
			for n := range int32(records) {
				if a := b.produce("t", i, batch(t, from(kafka.ProducerID(i), 0, n), string(n))); a.ErrorCode != 0 {
					t.Error(kafka.ErrorCode(a.ErrorCode))
				}
				b.produce("gone", 0, batch(t, nil, "v")) // succeeds or not
			}
		})
	}
	stop := make(chan struct{})
	churn.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				b.deleteTopic("gone")
				b.createTopic("gone", 1)
			}
		}
	})
	for range 2 {
		clients.Go(func() { consumeAll(t, b, producers, records) })
	}
	clients.Wait()
	close(stop)
	churn.Wait()
}

// consumeAll reads every partition of t to its end in one session, next to a topic that comes and goes.
func consumeAll(t *testing.T, b *broker, partitions, records int) {
	next := make([]int64, partitions)
	topics := []kmsg.FetchRequestTopic{fetchTopic("gone", kafka.TopicID{}, 0, 0)}
	for i := range next {
		topics = append(topics, fetchTopic("t", kafka.TopicID{}, int32(i), 0))
	}
	req := kmsg.NewPtrFetchRequest()
	req.SetVersion(12)
	req.ReplicaID, req.MinBytes, req.MaxBytes, req.MaxWaitMillis, req.SessionEpoch = -1, 1, 1<<20, 1000, 0
	req.Topics = topics
	for slices.Min(next) < int64(records) {
		resp := b.do(req).(*kmsg.FetchResponse)
		if resp.ErrorCode != 0 {
			t.Error(kafka.ErrorCode(resp.ErrorCode))
			return
		}
		req.SessionID, req.Topics = resp.SessionID, nil
		req.SessionEpoch++
		for _, topic := range resp.Topics {
			if topic.Topic != "t" {
				continue
			}
			for _, p := range topic.Partitions {
				next[p.Partition] = follow(t, p.RecordBatches, next[p.Partition])
				req.Topics = append(req.Topics, fetchTopic("t", kafka.TopicID{}, p.Partition, next[p.Partition]))
			}
		}
	}
}

// follow checks that batches continue at an offset and returns the one after them.
func follow(t *testing.T, b []byte, next int64) int64 {
	for batch, err := range record.Batches(b) {
		if err != nil {
			break // cut short
		}
		h := batch.Header()
		if h.BaseOffset != next || int64(h.BaseSequence) != next {
			t.Errorf("offset %d holds sequence %d, want both to be %d", h.BaseOffset, h.BaseSequence, next)
		}
		next = h.LastOffset() + 1
	}
	return next
}
