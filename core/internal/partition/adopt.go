package partition

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/log"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Strays returns the logs on disk that belong to no topic of an image.
func Strays(found []log.Found, image *metadata.Image) []log.Found {
	return slices.DeleteFunc(slices.Clone(found), func(f log.Found) bool {
		t := image.TopicIDs[f.TopicID]
		return t != nil && t.Name == f.TopicPartition.Topic && int(f.TopicPartition.Partition) < len(t.Partitions)
	})
}

// Adoptions turns logs without a topic into the topics to create for them. Logs that disagree on the id of their topic, or
// whose topic exists with another id, are left out, and the error says which and why; the other topics are returned all
// the same.
func Adoptions(strays []log.Found, image *metadata.Image) ([]metadata.NewTopic, error) {
	byTopic := map[string][]log.Found{}
	for _, f := range strays {
		byTopic[f.TopicPartition.Topic] = append(byTopic[f.TopicPartition.Topic], f)
	}
	var topics []metadata.NewTopic
	var errs []error
	for name, logs := range byTopic {
		t, err := adoption(name, logs)
		if err == nil && image.Topics[name] != nil {
			err = fmt.Errorf("topic %s exists with id %s", name, image.Topics[name].ID)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		topics = append(topics, t)
	}
	slices.SortFunc(topics, func(a, b metadata.NewTopic) int { return cmp.Compare(a.Name, b.Name) })
	return topics, errors.Join(errs...)
}

func adoption(name string, logs []log.Found) (metadata.NewTopic, error) {
	adopted := &metadata.Adopted{ID: logs[0].TopicID, LeaderEpoch: kafka.NoEpoch}
	last := int32(0)
	for _, f := range logs {
		if f.TopicID.IsZero() || f.TopicID != adopted.ID {
			return metadata.NewTopic{}, fmt.Errorf("%s in %s says that its topic id is %s, another partition says %s: remove partition.metadata of the wrong one",
				f.TopicPartition, f.Dir, f.TopicID, adopted.ID)
		}
		entries, err := foundEpochs(&f)
		if err != nil {
			return metadata.NewTopic{}, fmt.Errorf("leader epochs of %s in %s: %w", f.TopicPartition, f.Dir, err)
		}
		for _, e := range entries {
			adopted.LeaderEpoch = max(adopted.LeaderEpoch, e.epoch)
		}
		last = max(last, f.TopicPartition.Partition)
	}
	return metadata.NewTopic{Name: name, Partitions: last + 1, Replicas: -1, Adopted: adopted}, nil
}

// foundEpochs reads the leader epochs of a log that is not open; an engine that keeps none of logs at rest has none.
func foundEpochs(f *log.Found) ([]epochEntry, error) {
	if f.LeaderEpochs == nil {
		return nil, nil
	}
	data, err := f.LeaderEpochs()
	if err != nil {
		return nil, err
	}
	return decodeEpochs(data)
}

// LastProducerID returns the largest producer id that a log knows, or NoProducerID.
func (s *Set) LastProducerID() kafka.ProducerID {
	last := kafka.NoProducerID
	s.Each(func(p *Partition) bool {
		p.progress.mu.Lock()
		defer p.progress.mu.Unlock()
		if list := p.progress.producers.Producers(); len(list) > 0 {
			last = max(last, list[len(list)-1].ID)
		}
		return true
	})
	return last
}
