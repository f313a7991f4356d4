package bench

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Latency sends records at a fixed rate, whatever the answers do (an open loop), beside a consumer of the same topic. Times count from
// when a record was due, not from when it was sent: a cluster that stalls, or a buffer that is full, is charged for every record that
// had to wait behind it. Each record carries a header that tells the consumer when it was due.
func (b *Bench) Latency(ctx context.Context, s Settings, rate int, message string) (result Result, err error) {
	err = b.withTopic(ctx, func(topic string) error {
		result, err = b.latencyOf(ctx, topic, s, rate, message)
		return err
	})
	return result, err
}

func (b *Bench) latencyOf(ctx context.Context, topic string, s Settings, rate int, message string) (Result, error) {
	progress := b.begin(message)
	defer progress.Stop()
	loop := openLoop{run: rand.Uint64(), rate: rate, warm: int64(b.Warmup.Seconds() * float64(rate))}
	loop.total = loop.warm + max(1, int64(b.Duration.Seconds()*float64(rate)))
	if b.Records > 0 {
		loop.total = min(loop.total, loop.warm+b.Records)
	}
	p, err := b.newProducer(topic, s, progress)
	if err != nil {
		return Result{}, err
	}
	defer p.client.Close()
	_, end, err := b.bounds(ctx, p.client, topic)
	if err != nil {
		return Result{}, err
	}
	consumer, err := b.Client(kgo.ConsumePartitions(end.positions(topic)))
	if err != nil {
		return Result{}, err
	}
	defer consumer.Close()

	loop.started = time.Now()
	reader := &latencyReader{loop: loop, ended: make(chan struct{}), times: newTimes()}
	reading, stop := context.WithCancel(ctx)
	go reader.read(reading, consumer)
	err = b.sendOpenly(ctx, p, loop)
	taken := time.Since(loop.due(loop.warm))
	if err == nil {
		err = reader.wait(ctx, b.Timeout)
	}
	stop()
	<-reader.ended
	if err != nil {
		return Result{}, err
	}
	result := Result{Settings: &s, Topic: topic, Payload: b.Payload.Source, Rate: rate, Batches: p.traffic.figures(),
		Acknowledged: p.acknowledged.percentiles(), Consumed: reader.times.percentiles()}
	result.setVolume(p.records.Load(), p.bytes.Load(), taken)
	return result, nil
}

// sendOpenly sends every record when it is due, or at once when that is past.
func (b *Bench) sendOpenly(ctx context.Context, p *producer, loop openLoop) error {
	ctx, cancel := context.WithDeadline(ctx, loop.due(loop.total).Add(b.Timeout)) // ends a send that finds no room
	defer cancel()
	pace := time.NewTimer(0)
	defer pace.Stop()
	for i := range loop.total {
		due := loop.due(i)
		waitUntil(ctx, pace, due)
		if ctx.Err() != nil || p.broken.Load() {
			break
		}
		if i == loop.warm {
			p.traffic.reset()
		}
		p.send(ctx, b.Payload.value(i), loop.header(i), due, i >= loop.warm)
	}
	return b.finish(ctx, p)
}

// waitUntil returns when a record is due, at once if that is past, or when ctx ends.
func waitUntil(ctx context.Context, pace *time.Timer, due time.Time) {
	runtime.Gosched() // the record before goes out first
	if early := time.Until(due) - shortWait; early > 0 {
		pace.Reset(early)
		select {
		case <-pace.C:
		case <-ctx.Done():
			return
		}
	}
	waitExactly(due)
}

// openLoop is the plan of a run at a fixed rate.
type openLoop struct {
	run     uint64 // tells the records of this run from others in the topic
	rate    int    // records a second
	warm    int64  // how many of the first records do not count
	total   int64  // records, those of the warm-up included
	started time.Time
}

// due returns when the i-th record is to be sent.
func (l openLoop) due(i int64) time.Time {
	rate := int64(l.rate)
	return l.started.Add(time.Duration(i/rate)*time.Second + time.Duration(i%rate)*time.Second/time.Duration(rate))
}

// headerKey is the key of the header in which a record has its run and its number, 8 bytes each.
const headerKey = "bench"

func (l openLoop) header(i int64) []kgo.RecordHeader {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, 16), l.run)
	return []kgo.RecordHeader{{Key: headerKey, Value: binary.BigEndian.AppendUint64(value, uint64(i))}}
}

// number returns which record of this run r is.
func (l openLoop) number(r *kgo.Record) (int64, bool) {
	var run [8]byte
	binary.BigEndian.PutUint64(run[:], l.run)
	for _, h := range r.Headers {
		if h.Key == headerKey && len(h.Value) == 16 && bytes.Equal(h.Value[:8], run[:]) {
			i := binary.BigEndian.Uint64(h.Value[8:])
			return int64(i), i < uint64(l.total)
		}
	}
	return 0, false
}

// latencyReader is the consumer beside an open loop.
type latencyReader struct {
	loop  openLoop
	times *times
	ended chan struct{} // closed at the end of read; the fields below may be read then
	count int64
	err   error
}

// read consumes until ctx ends or all records of the run have come; the end of ctx is no error.
func (c *latencyReader) read(ctx context.Context, client *kgo.Client) {
	defer close(c.ended)
	for c.count < c.loop.total {
		fetches := client.PollFetches(ctx)
		now := time.Now()
		if ctx.Err() != nil {
			return
		}
		if c.err = fetches.Err(); c.err != nil {
			return
		}
		for r := range fetches.RecordsAll() {
			i, ours := c.loop.number(r)
			if !ours {
				continue
			}
			c.count++
			if i >= c.loop.warm {
				c.times.add(now.Sub(c.loop.due(i)))
			}
		}
	}
}

// wait returns when all records have been consumed, or won't be.
func (c *latencyReader) wait(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-c.ended:
		if c.err != nil {
			return fmt.Errorf("consuming what was produced: %w", c.err)
		}
		return ctx.Err()
	case <-ctx.Done():
		return fmt.Errorf("not all of %d records that were sent were consumed: %w", c.loop.total, ctx.Err())
	}
}
