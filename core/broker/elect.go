package broker

import (
	"context"
	"errors"

	"github.com/jackdawmq/jackdaw/core/coordinator"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// startCoordinators lets coordinators load what this broker leads, and from then on follow metadata.
func (b *Broker) startCoordinators(context.Context) error {
	image := b.parts.Metadata.Image()
	all := &metadata.Delta{}
	for _, t := range image.Topics {
		all.Topics = append(all.Topics, t)
	}
	b.coordinating.Store(true)
	b.coordinate(image, all)
	return nil
}

func (b *Broker) stopCoordinators(ctx context.Context) error {
	b.coordinating.Store(false)
	var errs []error
	for _, c := range b.parts.Coordinators {
		errs = append(errs, c.Stop(ctx))
	}
	return errors.Join(errs...)
}

// coordinate tells coordinators of changed metadata, and of the partitions of their topics that this broker now leads or
// no longer leads. It subscribes after the partitions, which have taken the change in by then.
func (b *Broker) coordinate(image *metadata.Image, delta *metadata.Delta) {
	if !b.coordinating.Load() {
		return
	}
	for _, c := range b.parts.Coordinators {
		topic := c.Topic().Name
		for _, t := range delta.Topics {
			if t.Name == topic {
				b.elect(c, t)
			}
		}
		for _, t := range delta.Deleted {
			if t.Name == topic {
				b.resignAll(c, t)
			}
		}
		c.MetadataChanged(image, delta)
	}
}

func (b *Broker) elect(c coordinator.Coordinator, t *metadata.Topic) {
	led := b.led[t.Name]
	if led == nil {
		led = map[int32]kafka.LeaderEpoch{}
		b.led[t.Name] = led
	}
	for i, p := range t.Partitions {
		index := int32(i)
		epoch, had := led[index]
		switch leads := p.Leader == b.self(); {
		case leads && (!had || epoch != p.LeaderEpoch):
			led[index] = p.LeaderEpoch
			c.Elected(index, p.LeaderEpoch)
		case !leads && had:
			delete(led, index)
			c.Resigned(index)
		}
	}
}

func (b *Broker) resignAll(c coordinator.Coordinator, t *metadata.Topic) {
	for index := range b.led[t.Name] {
		c.Resigned(index)
	}
	delete(b.led, t.Name)
}
