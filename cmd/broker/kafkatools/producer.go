package kafkatools

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// metadataRetryPause is how old metadata must be before a client asks again for a topic that is missing; it never asks more often.
const metadataRetryPause = 100 * time.Millisecond

// newProducer builds a client from Java producer properties, for records of at most largest bytes. Like a Java producer it lets the
// broker create a topic that does not exist, and waits max.block.ms for it: retries count only what happens after that.
func newProducer(ctx context.Context, topic string, props Properties, largest int64, more ...kgo.Opt) (*kgo.Client, error) {
	opts, err := props.ClientOptions()
	if err != nil {
		return nil, err
	}
	produce, err := props.ProducerOptions()
	if err != nil {
		return nil, err
	}
	block, err := props.millis("max.block.ms", time.Minute)
	if err != nil {
		return nil, err
	}
	backoff, err := props.millis("retry.backoff.ms", metadataRetryPause)
	if err != nil {
		return nil, err
	}
	batch, errBatch := props.batchSize()
	age, errAge := props.millis("metadata.max.age.ms", 5*time.Minute)
	if err := firstError(errBatch, errAge); err != nil {
		return nil, err
	}
	opts = append(append(opts, produce...), kgo.AllowAutoTopicCreation(), kgo.MetadataMinAge(min(max(backoff, 10*time.Millisecond), max(age, metadataRetryPause))),
		kgo.ProducerBatchMaxBytes(int32(min(max(batch, largest+batchOverhead, 1<<10), 1<<30))))
	client, err := kgo.NewClient(append(opts, more...)...)
	if err == nil {
		awaitTopic(ctx, client, topic, block, backoff)
	}
	return client, err
}

// batchOverhead bounds what a batch and its only record add to the record's contents, in bytes, with some headers.
const batchOverhead = 512

// batchSize returns batch.size: the bytes at which a batch is sent. The Go client knows only a limit that no record may exceed, so its
// users put longer records into batches of their own.
func (p Properties) batchSize() (int64, error) { return p.number("batch.size", 32, 16<<10) }

// awaitTopic returns when the topic has leaders, when it never will, or when the time is over: the producer then reports
// what is wrong for each record.
func awaitTopic(ctx context.Context, client *kgo.Client, topic string, limit, pause time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	request := kmsg.NewPtrMetadataRequest()
	request.AllowAutoTopicCreation = true
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = kmsg.StringPtr(topic)
	request.Topics = append(request.Topics, asked)
	for ctx.Err() == nil {
		response, err := request.RequestWith(ctx, client)
		if err == nil && len(response.Topics) == 1 {
			failure := kerr.ErrorForCode(response.Topics[0].ErrorCode)
			if failure == nil || !kerr.IsRetriable(failure) {
				return
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(pause, 10*time.Millisecond)):
		}
	}
}
