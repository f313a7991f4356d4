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
// end, and reports the shortest time of each and their ratio, which should be 30 or more: the rest is what else the machine did. The
// ratio of processor time, which a busy machine disturbs less, stands beside it. Java gets the flags of kafka-run-class.sh; the
// shell script itself is not counted.
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
			ours, java := newCost(), newCost()
			for range b.N {
				code := ours.measure(b, command(b, process.Binary(b), append([]string{name}, args...)...))
				if javaCode := java.measure(b, command(b, "java", jvm...)); code != javaCode {
					b.Fatalf("%s ended with %d, Java's with %d", c.line, code, javaCode)
				}
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(ours.wall.Seconds()*1e3, "ms")
			b.ReportMetric(java.wall.Seconds()*1e3, "java-ms")
			b.ReportMetric(java.wall.Seconds()/ours.wall.Seconds(), "java/ours")
			b.ReportMetric(java.cpu.Seconds()/ours.cpu.Seconds(), "java/ours-cpu")
		})
	}
}

// cost is the least that runs of a command took.
type cost struct{ wall, cpu time.Duration }

func newCost() cost { return cost{math.MaxInt64, math.MaxInt64} }

// measure runs a command and returns its exit code.
func (c *cost) measure(b *testing.B, cmd *exec.Cmd) int {
	b.Helper()
	started := time.Now()
	err := cmd.Run()
	wall := time.Since(started)
	if cmd.ProcessState == nil {
		b.Fatal(err)
	}
	c.wall, c.cpu = min(c.wall, wall), min(c.cpu, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	return cmd.ProcessState.ExitCode()
}
