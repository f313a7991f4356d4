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
