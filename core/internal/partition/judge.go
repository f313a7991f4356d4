package partition

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackdawmq/jackdaw/core/internal/producer"
	"github.com/jackdawmq/jackdaw/core/internal/stage"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/record"
)

// judgedPerProcessor bounds the batches of a topic whose decoded records wait for plugins. Plugins run on fewer processors
// than there are; more batches would not be faster, but each takes megabytes.
const judgedPerProcessor = 4

// largeJudgedBatches bounds those of all topics that have more than a few megabytes of records.
const largeJudgedBatches = 4

// TopicCreator creates topics. It is the part of metadata.Controller that dead letters need.
type TopicCreator interface {
	CreateTopics(ctx context.Context, topics []metadata.NewTopic, validateOnly bool) []metadata.TopicResult
}

// appendJudged takes a batch through the topic's plugin chain and appends what the chain leaves of it. No lock is held
// while plugins run. A batch that the log already has is answered without a second verdict.
func (p *Partition) appendJudged(b []byte, o *AppendOptions) (AppendResult, error) {
	failed := notAppended()
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
	case <-p.set.ctx.Done():
		return failed, kafka.NotLeaderOrFollower
	}
	now := time.Now().UnixMilli()
	checked, records, err := p.validateOpen(b, now)
	defer records.Close()
	if err != nil {
		failed.RecordErrors = checked.RecordErrors
		return failed, err
	}
	original, duplicate, err := p.progress.check(&checked.Header, producer.Client)
	switch {
	case err != nil:
		return failed, err
	case duplicate:
		return duplicateOf(&original), nil
	}
	chain := p.acquireChain()
	if chain == nil { // unbound since
		return p.append(&checked, o)
	}
	defer chain.Release()
	j, err := stage.Judge(p.set.ctx, &stage.Request{
		Chain: chain, Batch: checked.Batch, Header: checked.Header, Records: records, Partition: p.tp.Partition,
		NumPartitions: p.siblings(), ClientID: o.ClientID, Now: now, Rules: p.rules.Load(),
	})
	defer j.Release()
	if err == nil && len(j.DeadLetters) > 0 {
		err = p.set.appendDeadLetters(chain.DeadLetters, p, j.DeadLetters)
	}
	if err != nil {
		failed.RecordErrors = j.RecordErrors
		return failed, err
	}
	checked.Batch, checked.Header = j.Batch, j.Header
	return p.append(&checked, o)
}

// validateOpen is validate for a batch whose records are looked at afterwards.
func (p *Partition) validateOpen(b []byte, now int64) (record.Result, record.Records, error) {
	if isCompressed(b) {
		p.set.decompressing <- struct{}{}
		defer func() { <-p.set.decompressing }()
	}
	return record.ValidateOpen(b, p.rules.Load(), now)
}

// siblings returns the number of partitions of the topic.
func (p *Partition) siblings() int32 {
	if t := p.set.TopicByID(p.id); t != nil {
		return int32(len(t.partitions))
	}
	return p.tp.Partition + 1 // deleted meanwhile: the append will say so
}

// appendDeadLetters appends batches of records that plugins refused in source to the topic for them, which is created at
// need. Its own plugins do not judge them. A producer that tries again, since the error is retriable or the answer was
// lost, may leave them twice, but never none.
func (s *Set) appendDeadLetters(topic string, source *Partition, batches []byte) error {
	p, err := s.deadLetterPartition(topic, source)
	if err != nil {
		return kafka.Errorf(kafka.NotEnoughReplicas, "Rejected records can't be written to %s: %s; nothing was appended, try again", topic, err)
	}
	for batch, err := range record.Batches(batches) {
		if err == nil {
			_, err = p.AppendAsLeader(batch, AppendOptions{Acks: -1, LeaderEpoch: kafka.NoEpoch, Internal: true})
		}
		if err != nil {
			return kafka.Errorf(kafka.NotEnoughReplicas, "Rejected records can't be written to %s: %s; nothing was appended, try again", p.tp, err)
		}
	}
	return nil
}

// deadLetterPartition returns the partition for the dead letters of a partition: the one with the same number, as far as
// there are as many and this broker leads it, else the next one that it leads.
func (s *Set) deadLetterPartition(topic string, source *Partition) (*Partition, error) {
	t := s.TopicNamed(topic)
	if t == nil {
		if err := s.createDeadLetterTopic(topic, source); err != nil {
			return nil, err
		}
		if t = s.TopicNamed(topic); t == nil {
			return nil, kafka.UnknownTopicOrPartition
		}
	}
	n := int32(len(t.partitions))
	for i := range n {
		p := t.partitions[(source.tp.Partition+i)%n]
		if p == nil {
			continue
		}
		if _, err := p.leading(); err == nil {
			return p, nil
		}
	}
	return nil, fmt.Errorf("this broker leads none of its partitions: %w", kafka.NotLeaderOrFollower)
}

func (s *Set) createDeadLetterTopic(topic string, source *Partition) error {
	if s.Topics == nil {
		return kafka.UnknownTopicOrPartition
	}
	ctx, cancel := context.WithTimeout(s.ctx, deadLetterTopicTimeout)
	defer cancel()
	made := s.Topics.CreateTopics(ctx, []metadata.NewTopic{{Name: topic, Partitions: source.siblings(), Replicas: -1}}, false)
	if err := made[0].Err; err != nil && !errors.Is(err, kafka.TopicAlreadyExists) {
		return err
	}
	return nil
}

// deadLetterTopicTimeout bounds how long a producer waits for a dead letter topic.
const deadLetterTopicTimeout = 10 * time.Second
