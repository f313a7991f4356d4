package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// result is what a run of the command line left.
type result struct {
	code        int
	out, stderr string
}

// cli runs the command line inside the test.
func cli(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	var out, stderr bytes.Buffer
	code := execute(t.Context(), append([]string{"broker"}, args...), kafkatools.Streams{In: strings.NewReader(stdin), Out: &out, Err: &stderr})
	return result{code, out.String(), stderr.String()}
}

// fakeCluster is a cluster for one test and a function that runs commands against it, failing the test unless they succeed.
func fakeCluster(t *testing.T) (addr string, must func(stdin string, args ...string) string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	addr = cluster.ListenAddrs()[0]
	return addr, func(stdin string, args ...string) string {
		t.Helper()
		got := cli(t, stdin, append([]string{"-b", addr}, args...)...)
		if got.code != exitOK {
			t.Fatalf("%v: exit %d: %s", args, got.code, got.stderr)
		}
		return got.out
	}
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		want string // part of standard error
	}{
		{"version", exitOK, ""},
		{"--help", exitOK, ""},
		{"frob", exitMisuse, `unknown command "frob"`},
		{"topic frob", exitMisuse, `unknown command "frob"`},
		{"topic list --frob", exitMisuse, "unknown flag: --frob"},
		{"topic describe", exitMisuse, "requires at least 1 arg(s)"},
		{"topic alter t", exitMisuse, "nothing to change"},
		{"topic create t --config x", exitMisuse, "not of the form name=value"},
		{"group offsets reset g --to soon", exitMisuse, `"soon" is no position`},
		{"consume t --group g --from 5", exitMisuse, "'broker group offsets reset'"},
		{"consume t --format xml", exitMisuse, "none of text, json and hex"},
		{"topic create t --format xml", exitMisuse, `"xml" is neither table nor json`},
		{"produce t --acks 5", exitMisuse, "Invalid value 5 for configuration acks"},
		{"produce t --input xml", exitMisuse, "neither lines nor json"},
		{"topik list", exitMisuse, "did you mean topic?"},
		{"topic lst", exitMisuse, "did you mean list?"},
		{"topic list -b nohost", exitMisuse, `"nohost" is not host:port`},
		{"topic list -b nothing.invalid:9092", exitFailed, "the host name nothing.invalid has no address"},
		{"log dump .", exitFailed, "holds no file that 'log dump' knows"},
		{"run --set num.partitons=3", exitMisuse, "1 mistake in the settings"},
		{"topic list --command-config /does/not/exist", exitMisuse, "/does/not/exist"},
		{"topic list -b 127.0.0.1:1", exitFailed, "nothing listens at 127.0.0.1:1; start a broker with 'broker'"},
		{"kafka-topics --list", exitFailed, "--bootstrap-server must be specified"},
		{"verifiable-producer --frob", exitFailed, "unrecognized arguments: '--frob'"},
	} {
		got := cli(t, "", strings.Fields(c.args)...)
		if got.code != c.code || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit %d, want %d: %s", c.args, got.code, c.code, got.stderr)
		}
	}
}

func TestLinkNames(t *testing.T) {
	for program, want := range map[string]string{
		"/usr/bin/kafka-topics": "kafka-topics", "kafka-console-consumer.sh": "kafka-console-consumer", "broker": "", "kafka-server-start": "",
	} {
		if got := toolOfLink(program); got != want {
			t.Errorf("%s is %q, want %q", program, got, want)
		}
	}
	var out bytes.Buffer
	if code := execute(t.Context(), []string{"./kafka-topics.sh", "--version"}, kafkatools.Streams{Out: &out}); code != 0 || out.String() != "4.3.1\n" {
		t.Errorf("exit %d: %s", code, out.String())
	}
}

func TestLinkTools(t *testing.T) {
	dir := t.TempDir()
	links, err := linkTools("/opt/broker", dir, true, false)
	if err != nil || len(links) != 2*len(kafkatools.Names()) {
		t.Fatal(links, err)
	}
	if target, err := os.Readlink(filepath.Join(dir, "kafka-topics.sh")); err != nil || target != "/opt/broker" {
		t.Error(target, err)
	}
	if _, err := linkTools("/opt/broker", dir, true, false); err != nil {
		t.Errorf("links that are right already: %v", err)
	}
	if _, err := linkTools("/opt/other", dir, true, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("links of another binary were not kept: %v", err)
	}
	if _, err := linkTools("/opt/other", dir, true, true); err != nil {
		t.Error(err)
	}
}

func TestTopicCommands(t *testing.T) {
	addr, must := fakeCluster(t)
	if got := must("", "topic", "create", "orders", "-p", "2", "-c", "retention.ms=5000"); got != "TOPIC   RESULT\norders  created\n" {
		t.Errorf("create: %q", got)
	}
	if got := cli(t, "", "-b", addr, "topic", "create", "orders"); got.code != exitFailed || !strings.Contains(got.stderr, "topic orders was not created") {
		t.Errorf("create again: exit %d: %s", got.code, got.stderr)
	}
	must("", "topic", "create", "orders", "--if-not-exists")
	must("", "topic", "alter", "orders", "-p", "3", "--set", "max.message.bytes=100000")
	var listed []topicSummary
	decode(t, must("", "topic", "list", "--format", "json"), &listed)
	if len(listed) != 1 || listed[0].Name != "orders" || listed[0].Partitions != 3 || len(listed[0].ID) != 22 {
		t.Errorf("list: %+v", listed)
	}
	var described []topicDescription
	decode(t, must("", "topic", "describe", "orders", "--format", "json"), &described)
	if len(described[0].Partitions) != 3 || *described[0].Partitions[0].End != 0 {
		t.Errorf("describe: %+v", described)
	}
	table := must("", "topic", "describe", "orders")
	for _, want := range []string{"Topic:       orders\n", "retention.ms=5000", "PARTITION  LEADER  EPOCH  REPLICAS  IN SYNC  START  END\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	must("", "topic", "delete", "orders")
	must("", "topic", "delete", "orders", "--if-exists")
	if got := cli(t, "", "-b", addr, "topic", "describe", "orders"); got.code != exitFailed {
		t.Errorf("a deleted topic was described: %s", got.out)
	}
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

func TestProduceAndConsume(t *testing.T) {
	_, must := fakeCluster(t)
	must("", "topic", "create", "t", "-p", "2")
	must("k1:v1\nk2:v2\n", "produce", "t", "-k", ":", "-p", "0", "-H", "h=x")
	var sent []sentPartition
	decode(t, must(`{"key":"j","value":{"n":1},"partition":1,"timestamp":1000,"headers":{"a":"b"}}`+"\n"+`{"value":null,"partition":1}`,
		"produce", "t", "--input", "json", "--format", "json"), &sent)
	if len(sent) != 1 || sent[0] != (sentPartition{Partition: 1, Records: 2, Bytes: 8, First: 0, Last: 1}) {
		t.Errorf("sent %+v", sent)
	}
	for _, c := range []struct{ args, want string }{
		{"-p 0", "v1\nv2\n"},
		{"-p 0 --keys --from 1", "k2\tv2\n"},
		{"-p 0 --from -1", "v2\n"},
		{"-p 0 --until -1", "v1\n"},
		{"-p 1 --until 1 --offsets", "t 1 0 1970-01-01T00:00:01Z\t{\"n\":1}\n"},
		{"-p 1 --from 1 --keys", "null\tnull\n"},
		{"-n 1 -p 1 --format json", `{"topic":"t","partition":1,"offset":0,"timestamp":1000,"key":"j","value":"{\"n\":1}","headers":{"a":"b"}}` + "\n"},
		{"-n 1 -p 0 --format hex", "t 0 0\nkey\n00000000  6b 31                                             |k1|\nvalue\n00000000  76 31                                             |v1|\n"},
	} {
		if got := must("", append([]string{"consume", "t"}, strings.Fields(c.args)...)...); got != c.want {
			t.Errorf("consume %s\n got %q\nwant %q", c.args, got, c.want)
		}
	}
}

func TestProduceFaults(t *testing.T) {
	addr, must := fakeCluster(t)
	must("", "topic", "create", "t", "-p", "1")
	for _, c := range []struct{ stdin, args, want string }{
		{"nosep\n", "-k :", `the line "nosep" has no key separator ":"`},
		{"{\n", "--input json", "line 1 of the input is no JSON object"},
		{"x\n", "-p 9", "1 record was not written to topic t, the first because:"},
	} {
		got := cli(t, c.stdin, append([]string{"-b", addr, "produce", "t"}, strings.Fields(c.args)...)...)
		if got.code != exitFailed || !strings.Contains(got.stderr, c.want) {
			t.Errorf("%s: exit %d: %s", c.args, got.code, got.stderr)
		}
	}
}

func TestGroupCommands(t *testing.T) {
	addr, must := fakeCluster(t)
	must("", "topic", "create", "t", "-p", "1")
	must("a\nb\nc\n", "produce", "t")
	if got := must("", "consume", "t", "-g", "g", "-n", "2"); got != "a\nb\n" {
		t.Errorf("consumed %q", got)
	}
	var groups []groupSummary
	decode(t, must("", "group", "list", "--format", "json"), &groups)
	if len(groups) != 1 || groups[0].Group != "g" {
		t.Errorf("list: %+v", groups)
	}
	lag := func() int64 {
		var views []groupView
		decode(t, must("", "group", "describe", "g", "--format", "json"), &views)
		return views[0].Lag
	}
	if got := lag(); got != 1 {
		t.Errorf("lag %d, want 1", got)
	}
	for _, c := range []struct {
		to  string
		new int64
	}{{"earliest", 0}, {"latest", 3}, {"-1", 1}, {"2", 2}, {"99", 3}, {"1000h", 0}} {
		var rows []resetView
		decode(t, must("", "group", "offsets", "reset", "g", "--to="+c.to, "--format", "json"), &rows)
		if len(rows) != 1 || rows[0].New != c.new || *rows[0].Committed != 2 {
			t.Errorf("reset to %s: %+v", c.to, rows)
		}
	}
	must("", "group", "offsets", "reset", "g", "--to", "earliest", "--execute")
	if got := lag(); got != 3 {
		t.Errorf("lag %d after the reset, want 3", got)
	}
	if got := must("", "group", "delete", "g"); got != "GROUP  RESULT\ng      deleted\n" {
		t.Errorf("delete: %q", got)
	}
	if got := cli(t, "", "-b", addr, "group", "describe", "g"); got.code != exitFailed || !strings.Contains(got.stderr, "group g: ") {
		t.Errorf("exit %d: %s", got.code, got.stderr)
	}
}

func TestClusterCommands(t *testing.T) {
	addr, must := fakeCluster(t)
	var view clusterView
	decode(t, must("", "cluster", "describe", "--format", "json"), &view)
	if len(view.Brokers) != 1 || view.ID == "" || !strings.HasPrefix(addr, view.Brokers[0].Host) {
		t.Errorf("%+v", view)
	}
	if got := must("", "api-versions"); !strings.Contains(got, "Produce") || !strings.Contains(got, "InitProducerId") {
		t.Error(got)
	}
}

func TestCompletion(t *testing.T) {
	addr, must := fakeCluster(t)
	must("", "topic", "create", "orders", "other")
	must("x\n", "produce", "orders")
	must("", "consume", "orders", "-g", "billing", "-n", "1")
	for words, want := range map[string]string{
		"topic describe ":      "orders\nother\n:4\n",
		"topic alter orders ":  ":4\n",
		"group delete ":        "billing\n:4\n",
		"consume orders -g ":   "billing\n:4\n",
		"topic list --format ": "table\njson\n:4\n",
		"consume x --format ":  "text\njson\nhex\n:4\n",
		"group offsets reset ": "billing\n:4\n",
	} {
		args := append([]string{"__complete", "-b", addr}, strings.Split(words, " ")...)
		if got := cli(t, "", args...); got.out != want {
			t.Errorf("%q: %q, want %q", words, got.out, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := cli(t, "", "completion", shell); got.code != exitOK || got.out == "" {
			t.Errorf("%s: exit %d", shell, got.code)
		}
	}
}
