package clients_test

import (
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// BenchmarkToolsAgainstJava times a tool of ours and Kafka's own in turn, on the same broker, from the start of the process to its
// end, and reports the shortest time of each and their ratio: the rest is what else the machine did. Java gets the flags of
// kafka-run-class.sh; the shell script itself is not counted. The aim is a ratio of 30 or more.
//
//	E2E_CLIENTS=$(.ci/clients | tail -1) go test -run '^$' -bench ToolsAgainstJava -benchtime 7x ./cmd/broker/e2e/clients
func BenchmarkToolsAgainstJava(b *testing.B) {
	classpath, err := os.ReadFile(installed(b, "java/cp.txt"))
	if err != nil {
		b.Fatal(err)
	}
	broker := process.Start(b, "group.initial.rebalance.delay.ms=0")
	for _, line := range []string{
		"kafka-topics --create --topic timed --partitions 6 --config retention.ms=1000000",
		"kafka-producer-perf-test --topic timed --num-records 1000 --record-size 100 --throughput -1",
		"kafka-console-consumer --topic timed --group tg --from-beginning --max-messages 100",
	} {
		words := append(strings.Fields(line), "--bootstrap-server", broker.Addr)
		run(b, command(b, process.Binary(b), words...), "")
	}
	for _, c := range []struct{ class, line string }{
		{tools + "TopicCommand", "kafka-topics --help"},
		{tools + "TopicCommand", "kafka-topics --list"},
		{tools + "TopicCommand", "kafka-topics --describe"},
		{"kafka.admin.ConfigCommand", "kafka-configs --help"},
		{"kafka.admin.ConfigCommand", "kafka-configs --describe --topic timed --all"},
		{"kafka.admin.ConfigCommand", "kafka-configs --describe --broker 1 --all"},
		{tools + "consumer.group.ConsumerGroupCommand", "kafka-consumer-groups --help"},
		{tools + "consumer.group.ConsumerGroupCommand", "kafka-consumer-groups --list"},
		{tools + "consumer.group.ConsumerGroupCommand", "kafka-consumer-groups --describe --group tg"},
		{tools + "GroupsCommand", "kafka-groups --help"},
		{tools + "GroupsCommand", "kafka-groups --list"},
	} {
		b.Run(strings.ReplaceAll(c.line, " ", "_"), func(b *testing.B) {
			name, rest, _ := strings.Cut(c.line, " ")
			args := strings.Fields(rest)
			if rest != "--help" {
				args = append(args, "--bootstrap-server", broker.Addr)
			}
			jvm := append([]string{"-Xmx256M", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35",
				"-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15", "-Djava.awt.headless=true",
				"-Dlog4j2.configurationFile=" + installed(b, "java/log4j2.properties"),
				"-cp", strings.TrimSpace(string(classpath)), c.class}, args...)
			ours, java := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for range b.N {
				took, code := timed(b, command(b, process.Binary(b), append([]string{name}, args...)...))
				javaTook, javaCode := timed(b, command(b, "java", jvm...))
				if code != javaCode {
					b.Fatalf("%s ended with %d, Java's with %d", c.line, code, javaCode)
				}
				ours, java = min(ours, took), min(java, javaTook)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ours.Seconds()*1e3, "ms")
			b.ReportMetric(java.Seconds()*1e3, "java-ms")
			b.ReportMetric(java.Seconds()/ours.Seconds(), "java/ours")
		})
	}
}

// timed runs a command and returns how long it took and its exit code.
func timed(b *testing.B, cmd *exec.Cmd) (time.Duration, int) {
	b.Helper()
	started := time.Now()
	err := cmd.Run()
	took := time.Since(started)
	if cmd.ProcessState == nil {
		b.Fatal(err)
	}
	return took, cmd.ProcessState.ExitCode()
}
