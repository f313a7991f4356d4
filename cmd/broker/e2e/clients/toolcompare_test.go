package clients_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestToolsAgreeWithJava runs Kafka's tool and ours against one broker and compares what they print, line by line.
func TestToolsAgreeWithJava(t *testing.T) {
	installed(t, "java/cp.txt")
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	ours := func(args ...string) string {
		return run(t, command(t, process.Binary(t), append(args[:1:1], append([]string{"--bootstrap-server", b.Addr}, args[1:]...)...)...), "")
	}
	ours("kafka-topics", "--create", "--topic", "compared", "--partitions", "3", "--config", "retention.ms=1000000", "--config", "max.message.bytes=2000000")
	ours("kafka-producer-perf-test", "--topic", "compared", "--num-records", "3000", "--record-size", "100", "--throughput", "-1")
	ours("kafka-console-consumer", "--topic", "compared", "--group", "cg", "--from-beginning", "--max-messages", "100")
	for _, c := range []struct {
		class string
		args  []string
	}{
		{tools + "TopicCommand", []string{"kafka-topics", "--describe", "--topic", "compared"}},
		{tools + "consumer.group.ConsumerGroupCommand", []string{"kafka-consumer-groups", "--describe", "--group", "cg"}},
		{"kafka.admin.ConfigCommand", []string{"kafka-configs", "--describe", "--topic", "compared"}},
		{"kafka.admin.ConfigCommand", []string{"kafka-configs", "--describe", "--topic", "compared", "--all"}},
		{"kafka.admin.ConfigCommand", []string{"kafka-configs", "--describe", "--entity-type", "brokers", "--all"}},
		{tools + "GetOffsetShell", []string{"kafka-get-offsets", "--topic", "compared"}},
		{tools + "GetOffsetShell", []string{"kafka-get-offsets", "--time", "earliest", "--topic-partitions", "comp.*:1-"}},
		{tools + "LogDirsCommand", []string{"kafka-log-dirs", "--describe", "--topic-list", "compared"}},
		{tools + "ClusterTool", []string{"kafka-cluster", "cluster-id"}},
		{tools + "ClusterTool", []string{"kafka-cluster", "list-endpoints"}},
		{tools + "GroupsCommand", []string{"kafka-groups", "--list"}},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			arguments := append(slices.Clone(c.args[1:]), "--bootstrap-server", b.Addr)
			binary := append(c.args[:1:1], arguments...)
			compareTools(t, java(t, c.class, arguments...), command(t, process.Binary(t), binary...))
		})
	}
	b.Stop()
	for _, pattern := range []string{"compared-0/0*", "compared-1/0*.log", "__consumer_offsets-*/0*.log"} {
		t.Run("dump-log "+pattern, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join(b.Dir, pattern))
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			arguments := []string{"--files", strings.Join(files, ","), "--deep-iteration"}
			if strings.HasPrefix(pattern, "__") {
				arguments = append(arguments, "--offsets-decoder")
			}
			compareTools(t, java(t, tools+"DumpLogSegments", arguments...), command(t, process.Binary(t), append([]string{"kafka-dump-log"}, arguments...)...))
		})
	}
}

// compareTools fails for lines of standard output that only one of two commands printed.
func compareTools(t *testing.T, theirs, ours *exec.Cmd) {
	t.Helper()
	want, got := comparableLines(run(t, theirs, "")), comparableLines(run(t, ours, ""))
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("only Java prints %q", line)
		}
	}
	for _, line := range got {
		if !slices.Contains(want, line) {
			t.Errorf("Java does not print %q", line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines, Java prints %d", len(got), len(want))
	}
}

// comparableLines are the lines of an output without what has no order: the configs of a topic and the entries of a JSON array.
func comparableLines(output string) []string {
	var lines []string
	set := regexp.MustCompile(`Configs: .*|\{"partition":.*\}`)
	for line := range strings.Lines(output) {
		lines = append(lines, set.ReplaceAllStringFunc(strings.TrimRight(line, "\n"), func(list string) string {
			words := strings.FieldsFunc(list, func(r rune) bool { return strings.ContainsRune(" ,{}[]", r) })
			slices.Sort(words)
			return strings.Join(words, ",")
		}))
	}
	return lines
}
