package e2e_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

func TestFranzProduceConsumeAllCodecs(t *testing.T) {
	b := process.Start(t)
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
		"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		t.Run(name, func(t *testing.T) {
			topic := "codec-" + name
			createTopic(t, b.Addr, topic, 3, nil)
			produce(t, newClient(t, b.Addr, kgo.ProducerBatchCompression(codec)), numbered(topic, 0, 1000))
			expectEach(t, consume(t, newClient(t, b.Addr, kgo.ConsumeTopics(topic)), 1000), 1000)
		})
	}
}

func TestFranzAcks(t *testing.T) {
	b := process.Start(t)
	for name, acks := range map[string]kgo.Acks{"none": kgo.NoAck(), "leader": kgo.LeaderAck(), "all": kgo.AllISRAcks()} {
		t.Run(name, func(t *testing.T) {
			topic := "acks-" + name
			createTopic(t, b.Addr, topic, 2, nil)
			produce(t, newClient(t, b.Addr, kgo.RequiredAcks(acks), kgo.DisableIdempotentWrite()), numbered(topic, 0, 500))
			expectEach(t, consume(t, newClient(t, b.Addr, kgo.ConsumeTopics(topic)), 500), 500)
		})
	}
}

// TestFranzTransactionIsRefused: what is not served is refused at once, with an error that is final; nothing hangs.
func TestFranzTransactionIsRefused(t *testing.T) {
	b := process.Start(t)
	err := newClient(t, b.Addr, kgo.TransactionalID("tx")).BeginTransaction()
	if err == nil || !strings.Contains(err.Error(), kerr.InvalidRequest.Message) {
		t.Errorf("a transactional producer was told: %v", err)
	}
}

func TestFranzSurvivesKillDuringProduce(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "killed", 2, nil)
	client := newClient(t, b.Addr)
	const rounds, each = 4, 500
	for round := range rounds {
		done := make(chan error, 1)
		go func() {
			done <- client.ProduceSync(t.Context(), numbered("killed", round*each, each)...).FirstErr()
		}()
		b.Kill()
		b.Restart()
		if err := <-done; err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
	}
	expectEach(t, consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("killed")), rounds*each), rounds*each)
}

func TestFranzGroupRebalancesAndResumes(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "grouped", 4, nil)
	producer := newClient(t, b.Addr)
	produce(t, producer, numbered("grouped", 0, 200))

	group := []kgo.Opt{kgo.ConsumerGroup("g"), kgo.ConsumeTopics("grouped"), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart())}
	first := newClient(t, b.Addr, group...)
	expectEach(t, consume(t, first, 200), 200)
	if err := first.CommitUncommittedOffsets(deadline(t)); err != nil {
		t.Fatal(err)
	}
	b.Kill() // committed offsets must survive
	b.Restart()
	first.Close()

	produce(t, producer, numbered("grouped", 200, 100))
	second := newClient(t, b.Addr, group...)
	got := consume(t, second, 100)
	for _, r := range got {
		if string(r.Value) < "value-000200" {
			t.Errorf("%s came again although its offset was committed", r.Value)
		}
	}
	lags, err := kadm.NewClient(newClient(t, b.Addr)).Lag(deadline(t), "g")
	if lag := lags["g"]; err != nil || lag.Error() != nil {
		t.Fatalf("lag of group g: %v, %v", err, lag.Error())
	}
}

func TestFranzStaticMemberRestartsWithoutRebalance(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "static", 2, nil)
	opts := []kgo.Opt{kgo.ConsumerGroup("gs"), kgo.ConsumeTopics("static"), kgo.InstanceID("i-1")}
	produce(t, newClient(t, b.Addr), numbered("static", 0, 10))
	first := newClient(t, b.Addr, opts...)
	consume(t, first, 10)
	_, generation := first.GroupMetadata()
	first.CloseAllowingRebalance() // a static member does not leave
	second := newClient(t, b.Addr, opts...)
	produce(t, newClient(t, b.Addr), numbered("static", 10, 10))
	consume(t, second, 10)
	if _, now := second.GroupMetadata(); now != generation {
		t.Errorf("generation went from %d to %d when a static member restarted", generation, now)
	}
}

func TestTopicDeletedWhileInUse(t *testing.T) {
	b := process.Start(t, "auto.create.topics.enable=false")
	createTopic(t, b.Addr, "doomed", 2, nil)
	producer := newClient(t, b.Addr, kgo.UnknownTopicRetries(1))
	produce(t, producer, numbered("doomed", 0, 100))
	consumer := newClient(t, b.Addr, kgo.ConsumeTopics("doomed"))
	consume(t, consumer, 100)

	admin := kadm.NewClient(newClient(t, b.Addr))
	if _, err := admin.DeleteTopic(deadline(t), "doomed"); err != nil {
		t.Fatal(err)
	}
	err := producer.ProduceSync(deadline(t), numbered("doomed", 100, 1)...).FirstErr()
	if !errors.Is(err, kerr.UnknownTopicOrPartition) && !errors.Is(err, kerr.UnknownTopicID) {
		t.Errorf("producing to a deleted topic: %v", err)
	}
	createTopic(t, b.Addr, "doomed", 1, nil)
	produce(t, newClient(t, b.Addr), numbered("doomed", 0, 5))
	expectEach(t, consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("doomed")), 5), 5)
}

func TestClockADayOff(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "clock", 1, nil)
	client := newClient(t, b.Addr)
	behind := &kgo.Record{Topic: "clock", Value: []byte("yesterday"), Timestamp: time.Now().Add(-24 * time.Hour)}
	produce(t, client, []*kgo.Record{behind})
	ahead := &kgo.Record{Topic: "clock", Value: []byte("tomorrow"), Timestamp: time.Now().Add(24 * time.Hour)}
	err := client.ProduceSync(deadline(t), ahead).FirstErr()
	if !errors.Is(err, kerr.InvalidTimestamp) {
		t.Errorf("a record a day ahead: %v, want INVALID_TIMESTAMP", err)
	}
	createTopic(t, b.Addr, "clock-lax", 1, map[string]string{"message.timestamp.after.max.ms": "9223372036854775807"})
	ahead.Topic = "clock-lax"
	produce(t, client, []*kgo.Record{ahead})
}

func TestIdempotentProducerAcrossRestart(t *testing.T) {
	b := process.Start(t)
	createTopic(t, b.Addr, "idem", 1, nil)
	client := newClient(t, b.Addr)
	for round := range 3 {
		produce(t, client, numbered("idem", round*50, 50))
		b.Stop()
		b.Restart()
	}
	expectEach(t, consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("idem")), 150), 150)
}

func TestManyTopicsAndConfigs(t *testing.T) {
	b := process.Start(t)
	admin := kadm.NewClient(newClient(t, b.Addr))
	names := make([]string, 200)
	for i := range names {
		names[i] = fmt.Sprintf("many-%03d", i)
	}
	created, err := admin.CreateTopics(deadline(t), 3, 1, nil, names...)
	if err != nil || created.Error() != nil {
		t.Fatal(err, created.Error())
	}
	value := "1000"
	altered, err := admin.AlterTopicConfigs(deadline(t), []kadm.AlterConfig{{Op: kadm.SetConfig, Name: "retention.ms", Value: &value}}, names...)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range altered {
		if a.Err != nil {
			t.Errorf("%s: %v", a.Name, a.Err)
		}
	}
	b.Kill()
	b.Restart()
	described, err := admin.DescribeTopicConfigs(deadline(t), names...)
	if err != nil {
		t.Fatal(err)
	}
	for _, rc := range described {
		found := false
		for _, c := range rc.Configs {
			found = found || c.Key == "retention.ms" && c.MaybeValue() == "1000"
		}
		if !found {
			t.Errorf("%s lost its retention.ms", rc.Name)
		}
	}
	if len(described) != len(names) {
		t.Errorf("described %d topics, want %d", len(described), len(names))
	}
}
