package broker

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/internal/partition"
)

// adopt creates the topics of logs that the metadata does not know, when the operator asked for that. Topics are created
// one at a time: one that cannot be adopted must not keep the others away.
func (b *Broker) adopt(ctx context.Context) error {
	if !b.parts.Settings.Broker.AdoptTopics {
		return nil
	}
	image := b.parts.Metadata.Image()
	topics, err := partition.Adoptions(partition.Strays(b.parts.Engine.Found(), image), image)
	if err != nil {
		b.parts.Log.Warn("logs that cannot be adopted are left alone", zap.Error(err))
	}
	for i := range topics {
		result := b.parts.Metadata.CreateTopics(ctx, topics[i:i+1], false)[0]
		if result.Err != nil {
			return fmt.Errorf("adopting the logs of topic %s: %w", topics[i].Name, result.Err)
		}
		b.parts.Log.Info("adopted the logs of a topic", zap.String("topic", topics[i].Name), zap.Stringer("topic_id", result.ID),
			zap.Int32("partitions", topics[i].Partitions))
	}
	return nil
}

// passProducerIDs makes sure that no producer id is given out that an adopted log knows: its next batch would be taken for
// another producer's, out of order or, worse, a duplicate.
func (b *Broker) passProducerIDs(ctx context.Context) error {
	if !b.parts.Settings.Broker.AdoptTopics {
		return nil
	}
	last := b.parts.Partitions.LastProducerID()
	if last < 0 {
		return nil
	}
	first, err := b.parts.Metadata.AllocateProducerIDs(ctx, 1)
	if err == nil && first < last {
		_, err = b.parts.Metadata.AllocateProducerIDs(ctx, int(last-first))
	}
	if err != nil {
		return fmt.Errorf("giving out no producer id up to %d, which an adopted log knows: %w", last, err)
	}
	return nil
}
