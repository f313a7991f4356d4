package e2e_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/IBM/sarama"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

func saramaConfig() *sarama.Config {
	cfg := sarama.NewConfig()
	cfg.Version = sarama.MaxVersion
	cfg.Producer.Return.Successes = true
	cfg.Producer.RequiredAcks = sarama.WaitForAll
	cfg.Producer.Idempotent = true
	cfg.Producer.Retry.Max = 100
	cfg.Metadata.Retry.Max = 100
	cfg.Net.MaxOpenRequests = 1
	cfg.Consumer.Offsets.Initial = sarama.OffsetOldest
	return cfg
}

// saramaGroup collects what a consumer group claims until it has enough.
type saramaGroup struct {
	mu   sync.Mutex
	want int
	got  map[string]int
	done context.CancelFunc
}

func (*saramaGroup) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*saramaGroup) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (g *saramaGroup) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for message := range claim.Messages() {
		session.MarkMessage(message, "")
		g.mu.Lock()
		g.got[string(message.Value)]++
		if len(g.got) == g.want {
			g.done()
		}
		g.mu.Unlock()
	}
	return nil
}

func TestSaramaProducerSurvivesKillAndGroupReadsAll(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "sarama", 3, nil)
	producer, err := sarama.NewSyncProducer([]string{b.Addr}, saramaConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = producer.Close() }()
	const n = 300
	for i := range n {
		if i == n/3 {
			b.Kill()
			b.Restart()
		}
		message := &sarama.ProducerMessage{Topic: "sarama", Value: sarama.StringEncoder(fmt.Sprintf("value-%06d", i))}
		if _, _, err := producer.SendMessage(message); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}

	group, err := sarama.NewConsumerGroup([]string{b.Addr}, "sarama-group", saramaConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = group.Close() }()
	ctx, cancel := context.WithCancel(deadline(t))
	defer cancel()
	handler := &saramaGroup{want: n, got: map[string]int{}, done: cancel}
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{"sarama"}, handler); err != nil && ctx.Err() == nil {
			t.Fatal(err)
		}
	}
	for value, times := range handler.got {
		if times != 1 {
			t.Errorf("%s came %d times", value, times)
		}
	}
	if len(handler.got) != n {
		t.Errorf("got %d of %d messages", len(handler.got), n)
	}
}

func TestSaramaAdmin(t *testing.T) {
	b := process.Start(t)
	admin, err := sarama.NewClusterAdmin([]string{b.Addr}, saramaConfig())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close() }()
	if err := admin.CreateTopic("sa", &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1}, false); err != nil {
		t.Fatal(err)
	}
	if err := admin.CreateTopic("sa", &sarama.TopicDetail{NumPartitions: 2, ReplicationFactor: 1}, false); err == nil {
		t.Error("creating a topic twice succeeded")
	}
	if err := admin.CreatePartitions("sa", 4, nil, false); err != nil {
		t.Error(err)
	}
	topics, err := admin.DescribeTopics([]string{"sa"})
	if err != nil || len(topics) != 1 || len(topics[0].Partitions) != 4 {
		t.Errorf("described %v, %v", topics, err)
	}
	described, err := admin.DescribeConfigs([]*sarama.ConfigResource{{Type: sarama.TopicResource, Name: "sa"}}, sarama.DescribeConfigsOptions{})
	if err != nil || len(described) != 1 || len(described[0].Configs) < 30 {
		t.Errorf("described %+v, %v", described, err)
	}
	if err := admin.DeleteTopic("sa"); err != nil {
		t.Error(err)
	}
}
