package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Topic says where the records of a run go.
type Topic struct {
	// Name is that of a topic that exists and stays. With "" each run creates a topic and deletes it.
	Name string
	// Partitions and Replicas are those of the topic that is created; -1 for the cluster's defaults.
	Partitions int32
	Replicas   int16
}

// withTopic runs do with the topic of a run, and deletes the topic if it was created for it, also after an interruption.
func (b *Bench) withTopic(ctx context.Context, do func(topic string) error) (err error) {
	if b.Topic.Name != "" {
		return do(b.Topic.Name)
	}
	client, err := b.Client()
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	topic := fmt.Sprintf("bench-%016x", rand.Uint64())
	if err := b.create(ctx, admin, topic); err != nil {
		return err
	}
	defer func() {
		ctx, cancel := b.settle(ctx)
		defer cancel()
		if _, failed := admin.DeleteTopic(ctx, topic); failed != nil {
			err = errors.Join(err, fmt.Errorf("topic %s, made for the measurement, was not deleted: %w", topic, failed))
		}
	}()
	return do(topic)
}

// create asks for a topic whose files go soon after it is deleted, so that the runs of a sweep don't fill the disk. A cluster that
// lets nobody choose that gets the topic without.
func (b *Bench) create(ctx context.Context, admin *kadm.Client, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	soon := "100"
	_, err := admin.CreateTopic(ctx, b.Topic.Partitions, b.Topic.Replicas, map[string]*string{"file.delete.delay.ms": &soon}, topic)
	if errors.Is(err, kerr.InvalidConfig) || errors.Is(err, kerr.PolicyViolation) {
		_, err = admin.CreateTopic(ctx, b.Topic.Partitions, b.Topic.Replicas, nil, topic)
	}
	if err != nil {
		return fmt.Errorf("topic %s was not created: %w", topic, err)
	}
	return nil
}

// offsets are those of a topic's partitions.
type offsets map[int32]int64

// askAgain is how long the brokers of a cluster are left alone that don't all know a new topic yet.
const askAgain = 50 * time.Millisecond

// bounds returns where the topic's partitions start and end now. A topic that was created for the run may not have reached every broker
// when the cluster says that it is there: then it waits. A topic of the user's that nobody knows does not exist.
func (b *Bench) bounds(ctx context.Context, client *kgo.Client, topic string) (start, end offsets, err error) {
	ctx, cancel := context.WithTimeout(ctx, b.Timeout)
	defer cancel()
	pause := time.NewTicker(askAgain)
	defer pause.Stop()
	for {
		start, end, err = listBounds(ctx, client, topic)
		if err == nil || b.Topic.Name != "" || !kerr.IsRetriable(err) {
			return start, end, err
		}
		select {
		case <-pause.C:
		case <-ctx.Done():
			return nil, nil, err
		}
	}
}

func listBounds(ctx context.Context, client *kgo.Client, topic string) (start, end offsets, err error) {
	admin := kadm.NewClient(client)
	first, err := admin.ListStartOffsets(ctx, topic)
	if err = errors.Join(err, first.Error()); err != nil {
		return nil, nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	last, err := admin.ListEndOffsets(ctx, topic)
	if err = errors.Join(err, last.Error()); err != nil {
		return nil, nil, fmt.Errorf("topic %s: %w", topic, err)
	}
	start, end = offsets{}, offsets{}
	first.Each(func(o kadm.ListedOffset) { start[o.Partition] = o.Offset })
	last.Each(func(o kadm.ListedOffset) { end[o.Partition] = o.Offset })
	return start, end, nil
}

// positions is where a consumer of the topic starts.
func (o offsets) positions(topic string) map[string]map[int32]kgo.Offset {
	at := map[int32]kgo.Offset{}
	for partition, offset := range o {
		at[partition] = kgo.NewOffset().At(offset)
	}
	return map[string]map[int32]kgo.Offset{topic: at}
}
