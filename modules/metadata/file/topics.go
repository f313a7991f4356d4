package file

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

// Limits of one request, as in org.apache.kafka.controller.QuorumController.
const (
	maxPartitionsPerRequest = 10_000
	maxRecordsPerRequest    = 10_000
)

func errTooManyRecords() error {
	return kafka.Errorf(kafka.PolicyViolation, "Unable to perform excessively large batch operation.")
}

// CreateTopics creates topics with this broker as their only replica.
func (c *Controller) CreateTopics(ctx context.Context, topics []metadata.NewTopic, validateOnly bool) []metadata.TopicResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.createTopics(ctx, topics, validateOnly)
}

// creation is a set of topics that passed all checks.
type creation struct {
	records    []record
	size       int               // in records, as Kafka counts them
	collisions map[string]string // of the request's own names
}

func (c *Controller) createTopics(ctx context.Context, topics []metadata.NewTopic, validateOnly bool) []metadata.TopicResult {
	results := make([]metadata.TopicResult, len(topics))
	fail := func(err error) []metadata.TopicResult {
		for i := range results {
			results[i] = metadata.TopicResult{Name: topics[i].Name, Err: err}
		}
		return results
	}
	if err := c.ready(ctx); err != nil {
		return fail(err)
	}
	if c.totalPartitions(topics) > maxPartitionsPerRequest {
		return fail(kafka.Errorf(kafka.PolicyViolation, "Excessively large number of partitions per request."))
	}
	made := creation{collisions: map[string]string{}}
	for i := range topics {
		results[i] = c.plan(&topics[i], &made)
	}
	if made.size > maxRecordsPerRequest {
		return fail(errTooManyRecords())
	}
	if validateOnly {
		return results
	}
	if err := c.commit(made.records); err != nil {
		for i := range results {
			if results[i].Err == nil {
				results[i] = metadata.TopicResult{Name: topics[i].Name, Err: err}
			}
		}
	}
	return results
}

func (c *Controller) totalPartitions(topics []metadata.NewTopic) int {
	total := 0
	for i := range topics {
		switch t := &topics[i]; {
		case len(t.Assignment) > 0:
			total += len(t.Assignment)
		case t.Partitions == -1:
			total += c.brokerNumber("num.partitions")
		default:
			total += int(max(t.Partitions, 0))
		}
	}
	return total
}

// plan checks one topic in Kafka's order and adds its records to what will be made.
func (c *Controller) plan(t *metadata.NewTopic, made *creation) metadata.TopicResult {
	result := metadata.TopicResult{Name: t.Name}
	key := kafka.CollisionKey(t.Name)
	configs, err := c.checkNewTopic(t, made.collisions[key])
	partitions := int32(0)
	if err == nil {
		partitions, err = c.partitionsOf(t)
	}
	if err != nil {
		result.Err = err
		return result
	}
	id, start := kafka.NewTopicID(), c.state.starts
	if t.Adopted != nil {
		// As if the topic had been here for as many starts as it takes to reach an epoch above those in its logs.
		id, start = t.Adopted.ID, c.state.starts-int32(t.Adopted.LeaderEpoch)/epochsPerStart-1
		if c.state.topics[id] != nil {
			result.Err = kafka.Errorf(kafka.TopicAlreadyExists, "Topic id %s already exists.", id)
			return result
		}
	}
	made.collisions[key] = t.Name
	made.size += 1 + len(configs) + int(partitions)
	made.records = append(made.records, record{kind: createTopic, id: id, name: t.Name},
		record{kind: addPartitions, id: id, count: partitions, start: start})
	for _, name := range slices.Sorted(maps.Keys(configs)) {
		made.records = append(made.records,
			record{kind: setConfig, resource: topicResource(t.Name), key: name, value: configs[name]})
	}
	planned := topic{id: id, name: t.Name, partitions: partitions, runs: []run{{partitions, start}}}
	result.ID, result.Topic, result.Configs = id, planned.image(c.self.ID, c.state.starts), configs
	return result
}

// checkNewTopic checks a new topic's name and configs. claimed is the topic of the same request with a colliding name.
func (c *Controller) checkNewTopic(t *metadata.NewTopic, claimed string) (map[string]string, error) {
	if err := kafka.CheckTopicName(t.Name); err != nil {
		return nil, err
	}
	existing, ok := c.state.collisions[kafka.CollisionKey(t.Name)]
	if !ok && claimed != "" {
		existing, ok = claimed, true
	}
	if ok && existing == t.Name {
		return nil, kafka.Errorf(kafka.TopicAlreadyExists, "Topic '%s' already exists.", t.Name)
	}
	if ok {
		return nil, kafka.Errorf(kafka.InvalidTopicException, "Topic '%s' collides with existing topic: %s", t.Name, existing)
	}
	configs, err := values(t.Configs)
	if err != nil {
		return nil, err
	}
	if err := c.Configs.Check(topicResource(t.Name), configs); err != nil {
		return nil, err
	}
	return configs, c.checkPluginRefs(configs)
}

// values refuses nulls.
func values(configs map[string]*string) (map[string]string, error) {
	out := make(map[string]string, len(configs))
	var nulls []string
	for name, value := range configs {
		if value == nil {
			nulls = append(nulls, name)
			continue
		}
		if len(*value) > maxValueBytes {
			return nil, errValueTooLong()
		}
		out[name] = *value
	}
	if len(nulls) > 0 {
		slices.Sort(nulls)
		return nil, kafka.Errorf(kafka.InvalidConfig, "Null value not supported for topic configs: %s", strings.Join(nulls, ","))
	}
	return out, nil
}

// brokerNumber returns a broker config that is a number; Kafka's default for both that are asked for is 1.
func (c *Controller) brokerNumber(name string) int {
	v, _ := c.Configs.Value(c.Image(), name)
	n, err := strconv.Atoi(v)
	if err != nil {
		return 1
	}
	return n
}

// EnsureInternalTopic creates an internal topic unless it exists. The replication factor that the coordinator asks for
// (offsets.topic.replication.factor is 3 by default) is lowered to what a single broker can give: Kafka would never
// create the topic, and no group could ever work.
func (c *Controller) EnsureInternalTopic(ctx context.Context, topic metadata.NewTopic) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != nil {
		if _, ok := c.state.names[topic.Name]; ok {
			return nil
		}
	}
	if topic.Replicas > 1 {
		topic.Replicas = 1
	}
	return c.createTopics(ctx, []metadata.NewTopic{topic}, false)[0].Err
}

// DeleteTopics deletes topics and their configs.
func (c *Controller) DeleteTopics(ctx context.Context, topics []metadata.TopicRef) []metadata.TopicResult {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := make([]metadata.TopicResult, len(topics))
	notReady := c.ready(ctx)
	var records []record
	taken := map[kafka.TopicID]bool{}
	for i, ref := range topics {
		results[i] = metadata.TopicResult{Name: ref.Name, ID: ref.ID, Err: notReady}
		if notReady != nil {
			continue
		}
		t, err := c.find(ref, taken)
		if err != nil {
			results[i].Err = err
			continue
		}
		taken[t.id] = true
		results[i].Name, results[i].ID = t.name, t.id
		records = append(records, record{kind: removeTopic, id: t.id})
	}
	if err := c.commit(records); err != nil {
		for i := range results {
			if results[i].Err == nil {
				results[i].Err = err
			}
		}
	}
	return results
}

func (c *Controller) find(ref metadata.TopicRef, taken map[kafka.TopicID]bool) (*topic, error) {
	id := ref.ID
	if ref.Name != "" {
		id = c.state.names[ref.Name]
	}
	if t := c.state.topics[id]; t != nil && !taken[id] {
		return t, nil
	}
	if ref.Name != "" {
		return nil, kafka.Errorf(kafka.UnknownTopicOrPartition, "This server does not host this topic-partition.")
	}
	return nil, kafka.Errorf(kafka.UnknownTopicID, "This server does not host this topic ID.")
}
