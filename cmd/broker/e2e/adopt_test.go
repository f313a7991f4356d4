package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestFolderWrittenByApacheKafka takes over a log directory that Apache Kafka 4.3.1 left behind: its cluster id, its topic
// ids and its records, and leader epochs that go on above those in the logs.
func TestFolderWrittenByApacheKafka(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS("../../../modules/log/segment/testdata/kafka")); err != nil {
		t.Fatal(err)
	}
	b := process.StartIn(t, dir, "jackdaw.adopt.topics=true")
	client := newClient(t, b.Addr, kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	admin := kadm.NewClient(client)
	metadata, err := admin.Metadata(deadline(t), "orders")
	if err != nil {
		t.Fatal(err)
	}
	identity, err := os.ReadFile(filepath.Join(dir, "meta.properties"))
	if err != nil || !strings.Contains(string(identity), "cluster.id="+metadata.Cluster) {
		t.Errorf("the cluster is %s, the folder's is another one: %s, %v", metadata.Cluster, identity, err)
	}
	written, err := os.ReadFile(filepath.Join(dir, "orders-0", "partition.metadata"))
	if err != nil || !strings.HasSuffix(string(written), metadata.Topics["orders"].ID.String()) && len(metadata.Topics) != 1 {
		t.Errorf("the topic id changed: %s, %v", written, err)
	}
	ends, err := admin.ListEndOffsets(deadline(t), "orders")
	if err != nil {
		t.Fatal(err)
	}
	starts, err := admin.ListStartOffsets(deadline(t), "orders")
	if err != nil {
		t.Fatal(err)
	}
	end, _ := ends.Lookup("orders", 0)
	start, _ := starts.Lookup("orders", 0)
	n := int(end.Offset - start.Offset)
	if n < 10 {
		t.Fatalf("offsets %d to %d: the folder holds more records", start.Offset, end.Offset)
	}
	old := consume(t, client, 1)
	produce(t, newClient(t, b.Addr), numbered("orders", 0, 10))
	b.Kill()
	b.Restart()
	records := consume(t, newClient(t, b.Addr, kgo.ConsumeTopics("orders")), 10)
	for _, r := range records {
		if r.Offset < start.Offset {
			t.Errorf("offset %d lies below the log start offset %d", r.Offset, start.Offset)
		}
		if r.LeaderEpoch < old[0].LeaderEpoch {
			t.Errorf("the leader epoch went back from %d to %d", old[0].LeaderEpoch, r.LeaderEpoch)
		}
	}
}

// TestFolderWithoutTopicsIsLeftAlone: without the setting nothing of a foreign folder is touched.
func TestFolderWithoutTopicsIsLeftAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS("../../../modules/log/segment/testdata/kafka")); err != nil {
		t.Fatal(err)
	}
	b := process.StartIn(t, dir)
	b.Tells("jackdaw.adopt.topics")
	if _, err := os.Stat(filepath.Join(dir, "orders-0", "00000000000000000000.log")); err != nil {
		t.Error(err)
	}
}

// TestTransactionsWrittenByApacheKafka has a read-committed consumer read a log of Apache Kafka 4.3.1 in which transactions
// were aborted, before and after a restart and a crash.
func TestTransactionsWrittenByApacheKafka(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS("../../../modules/log/segment/testdata/kafka-transactions")); err != nil {
		t.Fatal(err)
	}
	b := process.StartIn(t, dir, "jackdaw.adopt.topics=true")
	expect := func(n int) {
		t.Helper()
		client := newClient(t, b.Addr, kgo.ConsumeTopics("ledger"), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
		for _, r := range consume(t, client, n) {
			if strings.HasPrefix(string(r.Value), "aborted") {
				t.Errorf("offset %d is of an aborted transaction", r.Offset)
			}
		}
	}
	expect(19)
	b.Stop()
	b.Restart()
	produce(t, newClient(t, b.Addr), numbered("ledger", 0, 5))
	expect(24)
	b.Kill()
	b.Restart()
	expect(24)
}
