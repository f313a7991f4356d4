package file

import (
	"context"
	"slices"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// partitionsOf checks the partition count and replica placement of a new topic and returns the count.
func (c *Controller) partitionsOf(t *metadata.NewTopic) (int32, error) {
	switch {
	case len(t.Assignment) > 0 && t.Replicas != -1:
		return 0, kafka.Errorf(kafka.InvalidRequest,
			"A manual partition assignment was specified, but replication factor was not set to -1.")
	case len(t.Assignment) > 0 && t.Partitions != -1:
		return 0, kafka.Errorf(kafka.InvalidRequest,
			"A manual partition assignment was specified, but numPartitions was not set to -1.")
	case len(t.Assignment) > 0:
		return int32(len(t.Assignment)), c.checkAssignment(t.Assignment)
	case t.Replicas < -1 || t.Replicas == 0:
		return 0, kafka.Errorf(kafka.InvalidReplicationFactor,
			"Replication factor must be larger than 0, or -1 to use the default value.")
	case t.Partitions < -1 || t.Partitions == 0:
		return 0, kafka.Errorf(kafka.InvalidPartitions, "Number of partitions was set to an invalid non-positive value.")
	}
	partitions, replicas := t.Partitions, int(t.Replicas)
	if partitions == -1 {
		partitions = int32(c.brokerNumber("num.partitions"))
	}
	if replicas == -1 {
		replicas = c.brokerNumber("default.replication.factor")
	}
	if replicas > 1 {
		return 0, kafka.Errorf(kafka.InvalidReplicationFactor, "Unable to replicate the partition %[1]d time(s): "+
			"The target replication factor of %[1]d cannot be reached because only 1 broker(s) are registered "+
			"or some brokers have all their log directories cordoned.", replicas)
	}
	return partitions, nil
}

func (c *Controller) checkAssignment(assignment []metadata.ReplicaAssignment) error {
	seen := make(map[int32]bool, len(assignment))
	replicas := 0
	for _, a := range assignment {
		if seen[a.Partition] {
			return kafka.Errorf(kafka.InvalidReplicaAssignment,
				"Found multiple manual partition assignments for partition %d", a.Partition)
		}
		seen[a.Partition] = true
		if err := c.checkReplicas(a.Replicas, replicas); err != nil {
			return err
		}
		replicas = len(a.Replicas)
	}
	for i := range len(assignment) {
		if !seen[int32(i)] {
			return kafka.Errorf(kafka.InvalidReplicaAssignment,
				"partitions should be a consecutive 0-based integer sequence")
		}
	}
	return nil
}

// checkReplicas checks the replicas that a client chose for a partition; want is how many there must be, 0 for any.
func (c *Controller) checkReplicas(replicas []kafka.NodeID, want int) error {
	if len(replicas) == 0 {
		return kafka.Errorf(kafka.InvalidReplicaAssignment, "The manual partition assignment includes an empty replica list.")
	}
	last := kafka.NoNode
	for _, id := range slices.Sorted(slices.Values(replicas)) {
		if id != c.self.ID {
			return kafka.Errorf(kafka.InvalidReplicaAssignment,
				"The manual partition assignment includes broker %d, but no such broker is registered.", id)
		}
		if id == last {
			return kafka.Errorf(kafka.InvalidReplicaAssignment,
				"The manual partition assignment includes the broker %d more than once.", id)
		}
		last = id
	}
	if want > 0 && len(replicas) != want {
		return kafka.Errorf(kafka.InvalidReplicaAssignment,
			"The manual partition assignment includes a partition with %d replica(s), but this is not consistent with "+
				"previous partitions, which have %d replica(s).", len(replicas), want)
	}
	return nil
}

// CreatePartitions makes topics grow. What is added starts with leader epoch 0.
func (c *Controller) CreatePartitions(ctx context.Context, topics []metadata.NewPartitions, validateOnly bool) []metadata.TopicResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make([]metadata.TopicResult, len(topics))
	notReady := c.ready(ctx)
	var records []record
	size := 0
	grown := map[string]int32{}
	for i := range topics {
		results[i] = metadata.TopicResult{Name: topics[i].Topic, Err: notReady}
		if notReady != nil {
			continue
		}
		r, err := c.planGrowth(&topics[i], grown)
		if err != nil {
			results[i].Err = err
			continue
		}
		results[i].ID = r.id
		grown[topics[i].Topic] += r.count
		size += int(r.count)
		records = append(records, r)
	}
	var err error
	switch {
	case size > maxRecordsPerRequest:
		err = errTooManyRecords()
	case !validateOnly:
		err = c.commit(records)
	}
	for i := range results {
		if results[i].Err == nil {
			results[i].Err = err
		}
	}
	return results
}

// planGrowth checks how one topic is to grow. grown counts what the same request added before.
func (c *Controller) planGrowth(n *metadata.NewPartitions, grown map[string]int32) (record, error) {
	t := c.state.topics[c.state.names[n.Topic]]
	if t == nil {
		return record{}, kafka.UnknownTopicOrPartition
	}
	current := t.partitions + grown[t.name]
	added := int(n.Count) - int(current)
	switch {
	case added == 0:
		return record{}, kafka.Errorf(kafka.InvalidPartitions, "Topic already has %d partition(s).", current)
	case added < 0:
		return record{}, kafka.Errorf(kafka.InvalidPartitions,
			"The topic %s currently has %d partition(s); %d would not be an increase.", t.name, current, n.Count)
	case n.Assignment != nil && len(n.Assignment) != added:
		return record{}, kafka.Errorf(kafka.InvalidReplicaAssignment,
			"Attempted to add %d additional partition(s), but only %d assignment(s) were specified.", added, len(n.Assignment))
	}
	for _, replicas := range n.Assignment {
		if err := c.checkReplicas(replicas, 1); err != nil {
			return record{}, err
		}
	}
	return record{kind: addPartitions, id: t.id, count: int32(added), start: c.state.starts}, nil
}
