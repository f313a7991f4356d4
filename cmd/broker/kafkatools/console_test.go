package kafkatools_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/kafkatoolstest"
)

// mustRun runs a tool and fails the test unless it exits with 0.
func mustRun(t *testing.T, stdin string, args ...string) kafkatoolstest.Output {
	t.Helper()
	got := run(t.Context(), args, stdin)
	if got.Exit != 0 {
		t.Fatalf("%v: exit %d\n%s%s", args, got.Exit, got.Stdout, got.Stderr)
	}
	return got
}

// consumed prints n records of partition 0 from the beginning.
func consumed(t *testing.T, addr, topic, n string, args ...string) string {
	t.Helper()
	return mustRun(t, "", append([]string{"kafka-console-consumer", "--bootstrap-server", addr, "--topic", topic, "--partition", "0",
		"--offset", "earliest", "--max-messages", n}, args...)...).Stdout
}

func TestLineReader(t *testing.T) {
	addr := newFake(t)
	for i, c := range []struct {
		name, input string
		properties  []string
		want        string // headers, key and value of each record
		fault       string // on standard error, with exit code 1
	}{
		{name: "values", input: "one\n\nlast without end", want: "NO_HEADERS\tnull\tone\nNO_HEADERS\tnull\t\nNO_HEADERS\tnull\tlast without end\n"},
		{name: "line ends of Windows", input: "one\r\ntwo\r\n", want: "NO_HEADERS\tnull\tone\nNO_HEADERS\tnull\ttwo\n"},
		{name: "keys", input: "k\tv\twith tab\n", properties: []string{"parse.key=true"}, want: "NO_HEADERS\tk\tv\twith tab\n"},
		{name: "own separator", input: "k::v\n", properties: []string{"parse.key=true", "key.separator=::"}, want: "NO_HEADERS\tk\tv\n"},
		{name: "no separator", input: "a\tb\nnosep\n", properties: []string{"parse.key=true"}, want: "NO_HEADERS\ta\tb\n",
			fault: "org.apache.kafka.common.KafkaException: No key separator found on line number 2: 'nosep'\n"},
		{name: "ignored", input: "nosep\n", properties: []string{"parse.key=true", "ignore.error=true"}, want: "NO_HEADERS\tnull\tnosep\n"},
		{name: "headers", input: "h1:a,h2:b\tk\tv\n", properties: []string{"parse.key=true", "parse.headers=true"}, want: "h1:a,h2:b\tk\tv\n"},
		{name: "null marker", input: "h:NIL\tNIL\tNIL\nNIL\tk\tv\n", properties: []string{"parse.key=true", "parse.headers=true", "null.marker=NIL"},
			want: "h:null\tnull\tnull\nNO_HEADERS\tk\tv\n"},
		{name: "header without value", input: "h\tv\n", properties: []string{"parse.headers=true"},
			fault: "org.apache.kafka.common.KafkaException: No header key separator found in pair 'h' on line number 1\n"},
		{name: "equal separators", input: "", properties: []string{"headers.separator=:"},
			fault: "org.apache.kafka.common.KafkaException: headers.separator and headers.key.separator may not be equal\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			topic := "lines" + string(rune('a'+i))
			args := []string{"kafka-console-producer", "--bootstrap-server", addr, "--topic", topic}
			for _, p := range c.properties {
				args = append(args, "--reader-property", p)
			}
			got := run(t.Context(), args, c.input)
			if wantExit := map[bool]int{true: 1}[c.fault != ""]; got.Exit != wantExit || got.Stderr != c.fault {
				t.Fatalf("exit %d, want %d\n%s", got.Exit, wantExit, got.Stderr)
			}
			if n := strings.Count(c.want, "\n"); n > 0 {
				if got := consumed(t, addr, topic, string(rune('0'+n)), "--formatter-property", "print.key=true", "--formatter-property", "print.headers=true"); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			}
		})
	}
}

func produce(t *testing.T, addr string, records ...*kgo.Record) {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.AllowAutoTopicCreation(), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func TestDeserializers(t *testing.T) {
	addr := newFake(t)
	produce(t, addr, &kgo.Record{Topic: "typed", Key: []byte{0, 0, 0, 7}, Value: []byte{0x40, 0x0c, 0, 0, 0, 0, 0, 0}})
	const classes = "org.apache.kafka.common.serialization."
	got := consumed(t, addr, "typed", "1", "--key-deserializer", classes+"IntegerDeserializer",
		"--value-deserializer", classes+"DoubleDeserializer", "--formatter-property", "print.key=true")
	if got != "7\t3.5\n" {
		t.Errorf("got %q", got)
	}
	wrong := run(t.Context(), []string{"kafka-console-consumer", "--bootstrap-server", addr, "--topic", "typed", "--partition", "0", "--offset",
		"earliest", "--max-messages", "1", "--value-deserializer", classes + "LongDeserializer", "--key-deserializer", classes + "LongDeserializer",
		"--formatter-property", "print.key=true"}, "")
	if wrong.Exit != 1 || !strings.Contains(wrong.Stderr, "Size of data received by LongDeserializer is not 8") {
		t.Errorf("exit %d: %s", wrong.Exit, wrong.Stderr)
	}
}

// The lines are those that Apache Kafka's formatters printed for such records.
func TestInternalFormatters(t *testing.T) {
	addr := newFake(t)
	offsetKey := kmsg.OffsetCommitKey{Version: 1, Group: "g1", Topic: "orders", Partition: 2}
	id := [16]byte{0x66, 0x87, 0xd0, 0xcf, 0x9e, 0xc5, 0x4c, 0x1a, 0xac, 0x20, 0x4a, 0x61, 0xe3, 0x30, 0x26, 0x7a}
	offset := kmsg.OffsetCommitValue{Version: 4, Offset: 4, CommitTimestamp: 1795367844971, TopicID: id}
	leader := "m-1"
	groupKey := kmsg.GroupMetadataKey{Version: 2, Group: "g1"}
	group := kmsg.GroupMetadataValue{Version: 3, ProtocolType: "consumer", Generation: 1, Protocol: kmsg.StringPtr("range"), Leader: &leader,
		CurrentStateTimestamp: 5, Members: []kmsg.GroupMetadataValueMember{{MemberID: leader, ClientID: "c", ClientHost: "/h",
			RebalanceTimeoutMillis: 300000, SessionTimeoutMillis: 45000, Subscription: []byte{0, 3}, Assignment: []byte{1}}}}
	produce(t, addr,
		&kgo.Record{Topic: "internal", Key: offsetKey.AppendTo(nil), Value: offset.AppendTo(nil)},
		&kgo.Record{Topic: "internal", Key: groupKey.AppendTo(nil), Value: group.AppendTo(nil)},
		&kgo.Record{Topic: "internal", Key: groupKey.AppendTo(nil)},
		&kgo.Record{Topic: "internal", Key: []byte("x"), Value: []byte("neither")})
	const classes = "org.apache.kafka.tools.consumer."
	for formatter, want := range map[string]string{
		"OffsetsMessageFormatter": `{"key":{"type":1,"data":{"group":"g1","topic":"orders","partition":2}},"value":{"version":4,"data":{"offset":4,"leaderEpoch":0,"metadata":"","commitTimestamp":1795367844971,"topicId":"ZofQz57FTBqsIEph4zAmeg"}}}`,
		"GroupMetadataMessageFormatter": `{"key":{"type":2,"data":{"group":"g1"}},"value":{"version":3,"data":{"protocolType":"consumer","generation":1,"protocol":"range","leader":"m-1","currentStateTimestamp":5,"members":[{"memberId":"m-1","groupInstanceId":null,"clientId":"c","clientHost":"/h","rebalanceTimeout":300000,"sessionTimeout":45000,"subscription":"AAM=","assignment":"AQ=="}]}}}` +
			`{"key":{"type":2,"data":{"group":"g1"}},"value":null}`,
		"NoOpMessageFormatter": "",
	} {
		if got := consumed(t, addr, "internal", "4", "--formatter", classes+formatter); got != want {
			t.Errorf("%s:\n got %s\nwant %s", formatter, got, want)
		}
	}
}

// A group shows an offset for each partition that its member had, also where it read nothing; records that were fetched but
// not printed are not committed.
func TestConsumerCommitsPositions(t *testing.T) {
	addr := newFake(t)
	mustRun(t, "", "kafka-topics", "--bootstrap-server", addr, "--create", "--topic", "positions", "--partitions", "2")
	produce(t, addr, &kgo.Record{Topic: "positions", Partition: 1, Value: []byte("a")}, &kgo.Record{Topic: "positions", Partition: 1, Value: []byte("b")})
	got := mustRun(t, "", "kafka-console-consumer", "--bootstrap-server", addr, "--topic", "positions", "--group", "g", "--from-beginning", "--max-messages", "1")
	if got.Stdout != "a\n" || got.Stderr != "Processed a total of 1 messages\n" {
		t.Errorf("%q %q", got.Stdout, got.Stderr)
	}
	described := mustRun(t, "", "kafka-consumer-groups", "--bootstrap-server", addr, "--describe", "--group", "g").Stdout
	for _, row := range [][]string{{"positions", "0", "0", "0", "0"}, {"positions", "1", "1", "2", "1"}} {
		if !strings.Contains(strings.Join(strings.Fields(described), " "), "g "+strings.Join(row, " ")+" ") {
			t.Errorf("no row %v in%s", row, described)
		}
	}
}

// A tool waits for a cluster that is not there yet, then says so in Kafka's words.
func TestUnreachable(t *testing.T) {
	config := filepath.Join(t.TempDir(), "client.properties")
	if err := os.WriteFile(config, []byte("default.api.timeout.ms=200\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := run(t.Context(), []string{"kafka-topics", "--bootstrap-server", "127.0.0.1:1", "--command-config", config, "--list"}, "")
	if got.Exit != 1 || got.Stdout != "Error while executing topic command : Timed out waiting for a node assignment. Call: listTopics\n" {
		t.Errorf("exit %d: %s", got.Exit, got.Stdout)
	}
	got = run(t.Context(), []string{"kafka-consumer-groups", "--bootstrap-server", "127.0.0.1:1", "--timeout", "100", "--describe", "--group", "g"}, "")
	const want = "\nError: Executing consumer group command failed due to org.apache.kafka.common.errors.TimeoutException: " +
		"Timed out waiting for a node assignment. Call: describeConsumerGroups(api=FIND_COORDINATOR)\n"
	if got.Exit != 0 || got.Stdout != want {
		t.Errorf("exit %d: %s", got.Exit, got.Stdout)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	got = run(canceled, []string{"kafka-console-consumer", "--bootstrap-server", "127.0.0.1:1", "--topic", "t"}, "")
	if got.Exit != 130 {
		t.Errorf("interrupted: exit %d", got.Exit)
	}
}
