package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// Fetching is how a consumer fetches, in the words and units of Kafka's consumer.
type Fetching struct {
	MinBytes, MaxBytes, MaxPartitionBytes int32
	MaxWaitMs                             int64
}

// DefaultFetching is that of Kafka's Java consumer.
func DefaultFetching() Fetching {
	return Fetching{MinBytes: 1, MaxBytes: 50 << 20, MaxPartitionBytes: 1 << 20, MaxWaitMs: 500}
}

func (f Fetching) options() ([]kgo.Opt, error) {
	return kafkatools.Properties{
		"auto.offset.reset":         "earliest",
		"fetch.min.bytes":           strconv.Itoa(int(f.MinBytes)),
		"fetch.max.bytes":           strconv.Itoa(int(f.MaxBytes)),
		"max.partition.fetch.bytes": strconv.Itoa(int(f.MaxPartitionBytes)),
		"fetch.max.wait.ms":         strconv.FormatInt(f.MaxWaitMs, 10),
	}.ConsumerOptions()
}

// Consume reads a topic from its start to where it ended when the run began, or for Duration. A topic that is made for the run is first
// filled, for Duration or with Records, by a producer with these settings. There is no warm-up: to connect is part of the work.
func (b *Bench) Consume(ctx context.Context, s Settings, f Fetching) (result Result, err error) {
	err = b.withTopic(ctx, func(topic string) error {
		if b.Topic.Name == "" {
			filling := *b
			filling.Warmup = 0
			if _, err := filling.produceTo(ctx, topic, s, "filled"); err != nil {
				return err
			}
		}
		result, err = b.consumeFrom(ctx, topic, f)
		if b.Topic.Name == "" {
			result.Payload = b.Payload.Source
		}
		return err
	})
	return result, err
}

func (b *Bench) consumeFrom(ctx context.Context, topic string, f Fetching) (Result, error) {
	opts, err := f.options()
	if err != nil {
		return Result{}, err
	}
	asking, err := b.Client()
	if err != nil {
		return Result{}, err
	}
	start, end, err := b.bounds(ctx, asking, topic)
	asking.Close()
	if err != nil {
		return Result{}, err
	}
	maps.DeleteFunc(end, func(partition int32, offset int64) bool { return offset <= start[partition] })
	if len(end) == 0 {
		return Result{}, fmt.Errorf("topic %s has no records", topic)
	}
	progress := b.begin("consumed")
	defer progress.Stop()
	traffic := newTraffic(progress.Add)
	started := time.Now()
	// Transaction markers are asked for, because one may be the last thing in a partition.
	client, err := b.Client(append(opts, kgo.ConsumePartitions(start.positions(topic)), kgo.KeepControlRecords(), kgo.WithHooks(traffic))...)
	if err != nil {
		return Result{}, err
	}
	defer client.Close()
	records, bytes, err := b.drain(ctx, client, end)
	if err != nil {
		return Result{}, err
	}
	result := Result{Topic: topic, Batches: traffic.figures(), Fetches: traffic.fetches.percentiles()}
	result.setVolume(records, bytes, time.Since(started))
	return result, nil
}

// drain reads until every partition has been read to its end, or time or Records are up. It counts records, not transaction markers.
func (b *Bench) drain(ctx context.Context, client *kgo.Client, end offsets) (records, bytes int64, err error) {
	timed, cancel := context.WithTimeout(ctx, b.Duration)
	defer cancel()
	for len(end) > 0 && (b.Records == 0 || records < b.Records) {
		fetches := client.PollFetches(timed)
		if ctx.Err() != nil {
			return 0, 0, ctx.Err()
		}
		if err := fetches.Err(); errors.Is(err, context.DeadlineExceeded) && timed.Err() != nil {
			break
		} else if err != nil {
			return 0, 0, err
		}
		for r := range fetches.RecordsAll() {
			if r.Offset+1 >= end[r.Partition] {
				delete(end, r.Partition)
			}
			if !r.Attrs.IsControl() {
				records++
				bytes += int64(len(r.Key) + len(r.Value))
			}
		}
	}
	if records == 0 {
		return 0, 0, fmt.Errorf("nothing was consumed within %s", b.Duration)
	}
	return records, bytes, nil
}
