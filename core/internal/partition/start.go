package partition

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Start opens the logs of every partition that the image assigns to this broker and begins to follow changes. Progress,
// which may be nil, is told after each log.
func (s *Set) Start(_ context.Context, image *metadata.Image, progress func(opened, total int)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.image == nil || s.image.Offset < image.Offset {
		s.image = image
	}
	s.apply(&metadata.Delta{Topics: slices.Collect(maps.Values(s.image.Topics))}, progress)
	s.started = true
	s.reportStrays()
	s.tasks.Go(s.saveEpochs)
	if s.ProducerExpiryCheck > 0 {
		s.tasks.Go(s.expireProducers)
	}
	return nil
}

// expireProducers looks for idle producers until Stop.
func (s *Set) expireProducers() {
	tick := time.NewTicker(s.ProducerExpiryCheck)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			s.Each(func(p *Partition) bool {
				p.expireProducers(now)
				return true
			})
		case <-s.ctx.Done():
			return
		}
	}
}

// reportStrays names the logs that no topic in the metadata belongs to. They are left alone: a wrong metadata directory
// must not cost anybody data.
func (s *Set) reportStrays() {
	for _, found := range Strays(s.Engine.Found(), s.image) {
		s.Log.Warn("a log belongs to no topic that the metadata knows; it is left alone, see jackdaw.adopt.topics",
			zap.Stringer("partition", found.TopicPartition), zap.Stringer("topic_id", found.TopicID), zap.String("dir", found.Dir))
	}
}

// Stop ends service, wakes whoever waits, and closes the logs as far as ctx allows. What it does not reach is recovered
// at the next start.
func (s *Set) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started = false
	s.cancel()
	s.tasks.Wait()
	var all []*Partition
	s.Each(func(p *Partition) bool {
		p.resign(&role{leader: kafka.NoNode, epoch: kafka.NoEpoch})
		all = append(all, p)
		return true
	})
	errs := make([]error, len(all))
	s.parallel(len(all), nil, func(i int) {
		if ctx.Err() == nil {
			errs[i] = all[i].close(ctx)
		}
	})
	return errors.Join(append(errs, ctx.Err())...)
}
