package faults_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// logDirs asks which partitions each directory holds. The error is that of the directory.
func logDirs(t *testing.T, addr string) kadm.DescribedLogDirs {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	all, err := kadm.NewClient(newClient(t, addr)).DescribeAllLogDirs(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all[1]
}

// heldBy returns the partitions of a topic that a directory holds.
func heldBy(dirs kadm.DescribedLogDirs, dir, topic string) (held []kafka.TopicPartition) {
	for _, partitions := range dirs[dir].Topics[topic] {
		held = append(held, kafka.TopicPartition{Topic: topic, Partition: partitions.Partition})
	}
	slices.SortFunc(held, func(a, b kafka.TopicPartition) int { return int(a.Partition - b.Partition) })
	return held
}

// tryProduce sends one record as it is and returns the error code of the answer.
func tryProduce(t *testing.T, addr string, tp kafka.TopicPartition) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	client := newClient(t, addr)
	defer client.Close()
	topics, err := kadm.NewClient(client).ListTopics(ctx, tp.Topic)
	if err != nil {
		t.Fatal(err)
	}
	var batch record.Builder
	batch.Reset(nil, record.NewHeader())
	batch.Append(time.Now().UnixMilli(), nil, []byte("probe"))
	records, err := batch.Finish()
	if err != nil {
		t.Fatal(err)
	}
	p := kmsg.NewProduceRequestTopicPartition()
	p.Partition, p.Records = tp.Partition, records
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic, topic.TopicID, topic.Partitions = tp.Topic, topics[tp.Topic].ID, []kmsg.ProduceRequestTopicPartition{p}
	req := kmsg.NewPtrProduceRequest()
	req.Acks, req.TimeoutMillis, req.Topics = -1, 10_000, []kmsg.ProduceRequestTopic{topic}
	resp, err := req.RequestWith(ctx, client)
	if err != nil {
		t.Fatal(err)
	}
	return kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode)
}

// split starts a broker with two directories and a topic that both have partitions of.
func split(t *testing.T, good, bad string) (b *process.Broker, inGood, inBad []kafka.TopicPartition) {
	t.Helper()
	b = process.StartIn(t, good+","+bad, "log.flush.offset.checkpoint.interval.ms=0", "offsets.topic.num.partitions=2",
		"group.initial.rebalance.delay.ms=0")
	createTopic(t, b.Addr, "orders", 6, nil)
	createTopic(t, b.Addr, "probe", 6, nil)
	dirs := logDirs(t, b.Addr)
	inGood, inBad = heldBy(dirs, good, "orders"), heldBy(dirs, bad, "orders")
	if len(inGood) != 3 || len(inBad) != 3 {
		t.Fatalf("%v and %v hold %v and %v", good, bad, inGood, inBad)
	}
	return b, inGood, inBad
}

// underLoad starts a broker on two directories, and load on partitions in both. The probes are what else each of them holds.
func underLoad(t *testing.T, first, second string) (b *process.Broker, l *load, probeFirst, probeSecond []kafka.TopicPartition) {
	t.Helper()
	b, inFirst, inSecond := split(t, first, second)
	dirs := logDirs(t, b.Addr)
	probeFirst, probeSecond = heldBy(dirs, first, "probe"), heldBy(dirs, second, "probe")
	l = startLoad(t, b.Addr, 2, slices.Concat(inFirst, inSecond))
	must(t, l.ledger.await(t.Context(), 500))
	return b, l, probeFirst, probeSecond
}

// expectOneOffline checks that the bad directory is offline, that everybody can see it, and that the good one serves.
func expectOneOffline(t *testing.T, b *process.Broker, good, bad string, probeGood, probeBad []kafka.TopicPartition) {
	t.Helper()
	eventually(t, "/readyz names the directory", func() bool {
		_, c := component(t, b, "log dirs")
		return strings.Contains(c.Error, bad)
	})
	status, c := component(t, b, "log dirs")
	if status != http.StatusOK || c.State != telemetry.Ready || strings.Contains(c.Error, good) {
		t.Errorf("/readyz answers %d with %+v, though %s works", status, c, good)
	}
	dirs := logDirs(t, b.Addr)
	if dirs[good].Err != nil || !errors.Is(dirs[bad].Err, kerr.KafkaStorageError) {
		t.Errorf("DescribeLogDirs: %v for %s, %v for %s", dirs[good].Err, good, dirs[bad].Err, bad)
	}
	for _, tp := range probeBad {
		if err := tryProduce(t, b.Addr, tp); !errors.Is(err, kerr.KafkaStorageError) {
			t.Errorf("produce to %s in %s: %v", tp, bad, err)
		}
	}
	for _, tp := range probeGood {
		if err := tryProduce(t, b.Addr, tp); err != nil {
			t.Errorf("produce to %s in %s: %v", tp, good, err)
		}
	}
	expectOffline(t, b, probeGood, probeBad)
}

// expectOffline checks what clients and kafka-topics are told of partitions that can and cannot be served.
func expectOffline(t *testing.T, b *process.Broker, online, offline []kafka.TopicPartition) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	topics, err := kadm.NewClient(newClient(t, b.Addr)).ListTopics(ctx)
	must(t, err)
	code, unavailable := runBroker(t, "kafka-topics", "--bootstrap-server", b.Addr, "--describe", "--unavailable-partitions")
	if lines := strings.Count(unavailable, "Leader: none"); code != 0 || lines < len(offline) {
		t.Errorf("kafka-topics --unavailable-partitions exits with %d:\n%s", code, unavailable)
	}
	for _, tp := range offline {
		p := topics[tp.Topic].Partitions[tp.Partition]
		if p.Leader != -1 || !slices.Equal(p.OfflineReplicas, []int32{1}) || len(p.ISR) != 0 || !errors.Is(p.Err, kerr.LeaderNotAvailable) {
			t.Errorf("metadata of %s: %+v", tp, p)
		}
		if !strings.Contains(unavailable, fmt.Sprintf("Topic: %s\tPartition: %d\tLeader: none\tReplicas: 1\t", tp.Topic, tp.Partition)) {
			t.Errorf("kafka-topics --unavailable-partitions leaves out %s:\n%s", tp, unavailable)
		}
	}
	for _, tp := range online {
		p := topics[tp.Topic].Partitions[tp.Partition]
		if p.Leader != 1 || len(p.OfflineReplicas) != 0 || !slices.Equal(p.ISR, []int32{1}) || p.Err != nil {
			t.Errorf("metadata of %s: %+v", tp, p)
		}
		if strings.Contains(unavailable, fmt.Sprintf("Topic: %s\tPartition: %d\t", tp.Topic, tp.Partition)) {
			t.Errorf("kafka-topics --unavailable-partitions lists %s:\n%s", tp, unavailable)
		}
	}
}

// TestFullDirectoryAmongSeveral lets one of two disks fill up under load. Its partitions go offline, the others do not
// notice; with room again and a restart, everything goes on.
func TestFullDirectoryAmongSeveral(t *testing.T) {
	good, bad := filepath.Join(t.TempDir(), "good"), smallDisk(t, "16m")
	b, l, probeGood, probeBad := underLoad(t, good, bad)
	filler := fill(t, bad, 64<<10)
	expectOneOffline(t, b, good, bad, probeGood, probeBad)
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	b.Stop()
	b.Restart()
	if _, c := component(t, b, "log dirs"); c.Error != "" {
		t.Errorf("after the restart /readyz says %q", c.Error)
	}
	l.end()
	for _, tp := range slices.Concat(probeGood, probeBad) {
		if err := tryProduce(t, b.Addr, tp); err != nil {
			t.Errorf("produce to %s after the restart: %v", tp, err)
		}
	}
}

// TestFullDirectoryOfTheMetadata fills the first of two disks, which also holds the metadata: what exists is served from the
// other one, and changes are refused, not left without an answer.
func TestFullDirectoryOfTheMetadata(t *testing.T) {
	bad, good := smallDisk(t, "16m"), filepath.Join(t.TempDir(), "good")
	b, l, probeBad, probeGood := underLoad(t, bad, good)
	filler := fill(t, bad, 64<<10)
	expectOneOffline(t, b, good, bad, probeGood, probeBad)
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	admin := kadm.NewClient(newClient(t, b.Addr))
	fill(t, bad, 0)
	var refused error
	for i := 0; refused == nil && i < 200; i++ { // what is left of a block still takes some changes
		_, refused = admin.CreateTopic(ctx, 1, 1, nil, fmt.Sprintf("topic-%d", i))
	}
	if !errors.Is(refused, kerr.KafkaStorageError) {
		t.Errorf("CreateTopics on a full disk: %v", refused)
	}
	b.Kill()
	must(t, os.Remove(filler))
	b.Restart()
	l.end()
	createTopic(t, b.Addr, "accepted", 1, nil)
}

// TestDirectoryThatIsGone replaces one of two directories by a file, while the broker runs and at a start. Its logs are not
// made anew elsewhere.
func TestDirectoryThatIsGone(t *testing.T) {
	root := t.TempDir()
	good, bad, away := filepath.Join(root, "good"), filepath.Join(root, "bad"), filepath.Join(root, "away")
	b, l, probeGood, probeBad := underLoad(t, good, bad)
	must(t, os.Rename(bad, away))
	must(t, os.WriteFile(bad, nil, 0o644))
	expectOneOffline(t, b, good, bad, probeGood, probeBad)
	later := createTopic(t, b.Addr, "later", 2, nil)
	b.Kill()
	b.Restart()
	expectOneOffline(t, b, good, bad, slices.Concat(probeGood, later), probeBad)
	b.Stop()
	must(t, os.Remove(bad))
	must(t, os.Rename(away, bad))
	b.Restart()
	l.end()
	for _, tp := range slices.Concat(probeGood, probeBad) {
		if err := tryProduce(t, b.Addr, tp); err != nil {
			t.Errorf("produce to %s after the restart: %v", tp, err)
		}
	}
}

// TestOnlyDirectoryIsFull fills the disk of a broker that has no other: it stays, and says why it does not serve.
func TestOnlyDirectoryIsFull(t *testing.T) {
	dir := smallDisk(t, "16m")
	b := process.StartIn(t, dir, "log.flush.offset.checkpoint.interval.ms=0", "offsets.topic.num.partitions=2",
		"group.initial.rebalance.delay.ms=0")
	places := createTopic(t, b.Addr, "orders", 4, nil)
	probe := createTopic(t, b.Addr, "probe", 1, nil)
	l := startLoad(t, b.Addr, 2, places)
	if err := l.ledger.await(t.Context(), 500); err != nil {
		t.Fatal(err)
	}
	filler := fill(t, dir, 64<<10)
	expectAllOffline(t, b, dir, probe[0])
	b.Kill()
	b.Launch() // while the disk is still full
	expectAllOffline(t, b, dir, probe[0])
	b.Kill()
	must(t, os.Remove(filler))
	b.Restart()
	l.end()
}

// TestFullDiskInALoop fills the disk up again and again, with a little room left each time, so that it ends in the middle of
// a write, a roll, a snapshot or a checkpoint; the broker is killed, or stopped, and started with room again.
func TestFullDiskInALoop(t *testing.T) {
	random := newRand(t)
	dir := smallDisk(t, "64m")
	b := process.StartIn(t, dir, "log.flush.offset.checkpoint.interval.ms=0", "offsets.topic.num.partitions=2",
		"group.initial.rebalance.delay.ms=0", "log.cleaner.backoff.ms=50", "log.cleaner.min.cleanable.ratio=0.01")
	small, synced := "65536", "5"
	places := createTopic(t, b.Addr, "orders", 4, map[string]*string{"internal.segment.bytes": &small, "flush.messages": &synced})
	l := startLoad(t, b.Addr, 2, places)
	for i := range scale(3, 30) {
		must(t, l.ledger.await(t.Context(), 1+random.IntN(1000)))
		filler := fill(t, dir, random.Int64N(256<<10))
		eventually(t, "the broker is not ready", func() bool { return !b.Ready() })
		if i%3 == 0 {
			b.Stop()
		} else {
			b.Kill()
		}
		must(t, os.Remove(filler))
		b.Restart()
		if t.Failed() {
			break
		}
	}
	l.end()
	b.Stop()
	verified(t, dir)
}

// expectAllOffline checks that the broker stays, serves nothing, and says why.
func expectAllOffline(t *testing.T, b *process.Broker, dir string, probe kafka.TopicPartition) {
	t.Helper()
	eventually(t, "/readyz names the directory", func() bool {
		_, c := component(t, b, "log dirs")
		return c.State == telemetry.Failed
	})
	if status, c := component(t, b, "log dirs"); status != http.StatusServiceUnavailable ||
		!strings.Contains(c.Error, dir) || !strings.Contains(c.Error, "no space left") {
		t.Errorf("/readyz answers %d with %+v", status, c)
	}
	if err := tryProduce(t, b.Addr, probe); !errors.Is(err, kerr.KafkaStorageError) {
		t.Errorf("produce: %v", err)
	}
	expectOffline(t, b, nil, []kafka.TopicPartition{probe})
}
