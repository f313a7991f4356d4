package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// lineSender sends records and reports failures on standard error. Its callbacks run on the client's goroutines.
type lineSender struct {
	client *kgo.Client // for records that fit into batch.size
	wide   *kgo.Client // for longer ones, nil until the first of them
	props  Properties
	std    Streams
	sync   bool
	mu     sync.Mutex // serializes reports
}

func (s *lineSender) close() {
	if s.wide != nil {
		s.wide.Close()
	}
}

func (s *lineSender) send(ctx context.Context, record *kgo.Record) error {
	client, err := s.clientFor(ctx, record)
	if err != nil {
		return err
	}
	if s.sync || client == s.wide {
		err := client.ProduceSync(ctx, record).FirstErr()
		if s.sync {
			return err
		}
		s.report(ctx, record, err)
		return nil
	}
	client.Produce(ctx, record, func(r *kgo.Record, err error) { s.report(ctx, r, err) })
	return nil
}

// clientFor returns the client whose batches have room for the record. What was sent before a long record is acknowledged before it is
// sent, so that the order stays.
func (s *lineSender) clientFor(ctx context.Context, record *kgo.Record) (*kgo.Client, error) {
	size := int64(len(record.Key) + len(record.Value))
	for _, h := range record.Headers {
		size += int64(len(h.Key)+len(h.Value)) + 10
	}
	batch, err := s.props.batchSize()
	if err != nil || size+batchOverhead <= max(batch, 1<<10) {
		return s.client, err
	}
	if s.wide == nil {
		largest, err := s.props.number("max.request.size", 32, 1<<20)
		if err != nil {
			return nil, err
		}
		if s.wide, err = newProducer(ctx, record.Topic, s.props, largest-batchOverhead); err != nil {
			return nil, err
		}
	}
	return s.wide, s.client.Flush(ctx)
}

// report prints what became of a record that could not be sent.
func (s *lineSender) report(ctx context.Context, r *kgo.Record, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := "null"
	if r.Key != nil {
		key = fmt.Sprintf("%d bytes", len(r.Key))
	}
	s.std.errorf("ERROR Error when sending message to topic %s with key: %s, value: %d bytes with error:\n%s\n",
		r.Topic, key, len(r.Value), sendFailure(r.Topic, err))
}

func sendFailure(topic string, err error) string {
	switch {
	case errors.Is(err, kerr.InvalidTopicException):
		return "org.apache.kafka.common.errors.InvalidTopicException: " + topic
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return "org.apache.kafka.common.errors.TimeoutException: Topic " + topic + " not present in metadata: it does not exist and the broker does not create it"
	}
	return javaString(err)
}
