package kafkatools_test

import (
	"bytes"
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/kafkatoolstest"
)

// With -bootstrap the whole scenario runs against a real, empty cluster of one broker, for example Apache Kafka itself:
// go test ./cmd/broker/kafkatools -run TestReplay -bootstrap 127.0.0.1:9092
var (
	bootstrap = flag.String("bootstrap", "", "address of an empty cluster on which to replay all recorded commands")
	classic   = flag.Bool("classic", false, "the cluster has no groups of the KIP-848 protocol")
)

// run runs a tool inside the test process.
func run(ctx context.Context, args []string, stdin string) kafkatoolstest.Output {
	var out, errs bytes.Buffer
	code := kafkatools.Run(ctx, args[0], args[1:], kafkatools.Streams{In: strings.NewReader(stdin), Out: &out, Err: &errs})
	return kafkatoolstest.Output{Exit: code, Stdout: out.String(), Stderr: errs.String()}
}

func TestReplay(t *testing.T) {
	if *bootstrap != "" {
		kafkatoolstest.Replay(t, *bootstrap, run, func(name string) bool { return *classic && kafkatoolstest.NeedsConsumerProtocol(name) })
		return
	}
	kafkatoolstest.Replay(t, newFake(t), run, leftOutOfFake)
}

func newFake(t *testing.T) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()[0]
}

// leftOutOfFake names what an in-process fake of a cluster answers differently (it validates less, and words its errors in its
// own way) and what waits for seconds. The end-to-end tests run all of it against the real broker.
func leftOutOfFake(name string) bool {
	if strings.HasPrefix(name, "group act") || strings.Contains(name, "-active") || strings.Contains(name, "-848") ||
		strings.HasPrefix(name, "configs-") {
		return true
	}
	return slices.Contains([]string{
		"topics-create-exists", "topics-create-badname", "topics-create-dots", "topics-create-collide", "topics-create-rf3",
		"topics-create-bad-config-name", "topics-create-bad-config-value", "topics-create-assignment-bad", "topics-list",
		"topics-describe-all", "topics-describe-one", "topics-describe-overrides", "topics-describe-regex", "topics-describe-minisr",
		"topics-describe-under-min-isr", "topics-alter-same", "topics-alter-fewer", "producer-badname",
		"consumer-from-beginning", "consumer-partition-earliest", "consumer-partition-nonexistent", "consumer-missing-topic",
		"consumer-latest-group", "groups-describe-after-latest", "groups-describe-inactive-state", "groups-list-state-filter",
		"groups-list-type-filter", "delete-records", "log-dirs-broker", "log-dirs-bad-broker", "cluster-id", "cluster-list-endpoints",
		"cluster-unregister-bad",
	}, name)
}
