package bench

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Produce sends records as fast as the cluster takes them. A record's time counts from when it is handed to the producer, so it
// includes what it waits for room in buffer.memory.
func (b *Bench) Produce(ctx context.Context, s Settings, message string) (result Result, err error) {
	err = b.withTopic(ctx, func(topic string) error {
		result, err = b.produceTo(ctx, topic, s, message)
		return err
	})
	return result, err
}

func (b *Bench) produceTo(ctx context.Context, topic string, s Settings, message string) (Result, error) {
	progress := b.begin(message)
	defer progress.Stop()
	p, err := b.newProducer(topic, s, progress)
	if err != nil {
		return Result{}, err
	}
	defer p.client.Close()
	if b.Warmup > 0 {
		if err := b.fill(ctx, p, b.Warmup, 0); err != nil {
			return Result{}, err
		}
	}
	p.reset()
	started := time.Now()
	if err := b.fill(ctx, p, b.Duration, b.Records); err != nil {
		return Result{}, err
	}
	result := Result{Settings: &s, Topic: topic, Payload: b.Payload.Source, Batches: p.traffic.figures(), Acknowledged: p.acknowledged.percentiles()}
	result.setVolume(p.records.Load(), p.bytes.Load(), time.Since(started))
	return result, nil
}

// fill produces for a time, or until so many records have been sent when that is not 0, and waits until all are acknowledged.
func (b *Bench) fill(ctx context.Context, p *producer, limit time.Duration, records int64) error {
	ctx, cancel := context.WithTimeout(ctx, limit+b.Timeout) // ends a send that finds no room
	defer cancel()
	started := time.Now()
	for i := int64(0); ctx.Err() == nil && !p.broken.Load() && (records == 0 || i < records); i++ {
		now := time.Now()
		if now.Sub(started) >= limit {
			break
		}
		p.send(ctx, b.Payload.value(i), nil, now, true)
	}
	return b.finish(ctx, p)
}

// finish waits for what is under way, unless ctx has ended, and returns the failure of the run.
func (b *Bench) finish(ctx context.Context, p *producer) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	waiting, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	flushed := p.client.Flush(waiting)
	if err := p.err(); err != nil {
		return err
	}
	return flushed
}

// producer is a client that counts what becomes of its records. Callbacks of the client may run while a method does.
type producer struct {
	client         *kgo.Client
	topic          string
	traffic        *traffic
	acknowledged   *times
	records, bytes atomic.Int64
	broken         atomic.Bool // a record failed

	mu      sync.Mutex
	failed  int64
	failure error
}

func (b *Bench) newProducer(topic string, s Settings, progress Progress) (*producer, error) {
	p := &producer{topic: topic, traffic: newTraffic(progress.Add), acknowledged: newTimes()}
	opts, err := s.options(b.Payload.largest)
	if err != nil {
		return nil, err
	}
	p.client, err = b.Client(append(opts, kgo.DefaultProduceTopic(topic), kgo.WithHooks(p.traffic))...)
	return p, err
}

// send hands a record to the client, and waits while its buffer is full. Its time counts from since; only counted ones count.
func (p *producer) send(ctx context.Context, value []byte, headers []kgo.RecordHeader, since time.Time, counted bool) {
	p.client.Produce(ctx, &kgo.Record{Value: value, Headers: headers}, func(r *kgo.Record, err error) {
		if err != nil {
			p.fail(err)
			return
		}
		if counted {
			p.acknowledged.add(time.Since(since))
			p.records.Add(1)
			p.bytes.Add(int64(len(r.Value)))
		}
	})
}

func (p *producer) fail(err error) {
	p.broken.Store(true)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed++; p.failure == nil {
		p.failure = err
	}
}

func (p *producer) err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failure == nil {
		return nil
	}
	return fmt.Errorf("%d records were not written to topic %s, the first because: %w", p.failed, p.topic, p.failure)
}

// reset forgets what was counted. Nothing may be under way.
func (p *producer) reset() {
	p.traffic.reset()
	p.acknowledged.reset()
	p.records.Store(0)
	p.bytes.Store(0)
}
