package clients_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// java returns a command that runs a class of Apache Kafka.
func java(t *testing.T, class string, args ...string) *exec.Cmd {
	t.Helper()
	classpath, err := os.ReadFile(installed(t, "java/cp.txt"))
	if err != nil {
		t.Fatal(err)
	}
	quiet := "-Dlog4j2.configurationFile=" + installed(t, "java/log4j2.properties")
	jvm := []string{"-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", quiet, "-cp", strings.TrimSpace(string(classpath)), class}
	return command(t, "java", append(jvm, args...)...)
}

const tools = "org.apache.kafka.tools."

func TestJavaConsoleTools(t *testing.T) {
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	run(t, java(t, tools+"TopicCommand", "--bootstrap-server", b.Addr, "--create", "--topic", "console", "--partitions", "2"), "")
	run(t, java(t, tools+"ConsoleProducer", "--bootstrap-server", b.Addr, "--topic", "console", "--reader-property", "parse.key=true",
		"--reader-property", "key.separator=:"), "a:1\nb:2\nc:3\n")
	b.Kill()
	b.Restart()
	got := run(t, java(t, tools+"consumer.ConsoleConsumer", "--bootstrap-server", b.Addr, "--topic", "console", "--group", "jg",
		"--from-beginning", "--max-messages", "3", "--timeout-ms", "60000"), "")
	for _, want := range []string{"1", "2", "3"} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("the console consumer missed %q: %q", want, got)
		}
	}
	described := run(t, java(t, tools+"TopicCommand", "--bootstrap-server", b.Addr, "--describe", "--topic", "console"), "")
	if !strings.Contains(described, "PartitionCount: 2") {
		t.Errorf("described: %s", described)
	}
	group := run(t, java(t, tools+"consumer.group.ConsumerGroupCommand", "--bootstrap-server", b.Addr, "--describe", "--group", "jg"), "")
	if !strings.Contains(group, "console") {
		t.Errorf("the group lacks its topic: %s", group)
	}
	reset := run(t, java(t, tools+"consumer.group.ConsumerGroupCommand", "--bootstrap-server", b.Addr, "--reset-offsets", "--to-earliest",
		"--topic", "console", "--group", "jg", "--execute"), "")
	if !strings.Contains(reset, "console") {
		t.Errorf("resetting offsets printed %s", reset)
	}
	run(t, java(t, tools+"TopicCommand", "--bootstrap-server", b.Addr, "--delete", "--topic", "console"), "")
}

func TestJavaVerifiableAndPerf(t *testing.T) {
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	out := run(t, java(t, tools+"VerifiableProducer", "--bootstrap-server", b.Addr, "--topic", "verifiable", "--max-messages", "500"), "")
	if n := strings.Count(out, `"name":"producer_send_success"`); n != 500 {
		t.Errorf("%d sends succeeded, want 500", n)
	}
	out = run(t, java(t, tools+"VerifiableConsumer", "--bootstrap-server", b.Addr, "--topic", "verifiable", "--group-id", "vg", "--max-messages", "500"), "")
	if !strings.Contains(out, `"name":"offsets_committed"`) {
		t.Errorf("the verifiable consumer committed nothing: %s", out)
	}
	out = run(t, java(t, tools+"ProducerPerformance", "--bootstrap-server", b.Addr, "--topic", "perf", "--num-records", "20000",
		"--record-size", "500", "--throughput", "-1"), "")
	if !strings.Contains(out, "20000 records sent") {
		t.Errorf("the perf producer printed %s", out)
	}
	out = run(t, java(t, tools+"ConsumerPerformance", "--bootstrap-server", b.Addr, "--topic", "perf", "--num-records", "20000", "--timeout", "60000"), "")
	if !strings.Contains(out, ", 20000, ") {
		t.Errorf("the perf consumer printed %s", out)
	}
}

// TestJavaDumpLogReadsOurFiles gives the files of a data folder to Apache Kafka's own reader.
func TestJavaDumpLogReadsOurFiles(t *testing.T) {
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	for _, codec := range []string{"none", "gzip", "snappy", "lz4", "zstd"} {
		run(t, java(t, tools+"ConsoleProducer", "--bootstrap-server", b.Addr, "--topic", "dump", "--compression-codec", codec),
			strings.Repeat("a line of text\n", 500))
	}
	run(t, java(t, tools+"consumer.ConsoleConsumer", "--bootstrap-server", b.Addr, "--topic", "dump", "--group", "dg", "--from-beginning",
		"--max-messages", "2500"), "")
	b.Stop()
	files, err := filepath.Glob(filepath.Join(b.Dir, "dump-0", "0*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("files of the partition: %v, %v", files, err)
	}
	for _, file := range files {
		out := run(t, java(t, tools+"DumpLogSegments", "--files", file, "--print-data-log", "--deep-iteration"), "")
		for _, bad := range []string{"Mismatches", "Non-consecutive", "isvalid: false", "Exception", "corrupt"} {
			if strings.Contains(out, bad) {
				t.Errorf("dump-log of %s complains (%s): %s", filepath.Base(file), bad, out)
			}
		}
	}
	offsets, err := filepath.Glob(filepath.Join(b.Dir, "__consumer_offsets-*", "0*.log"))
	if err != nil || len(offsets) == 0 {
		t.Fatalf("no files of __consumer_offsets: %v", err)
	}
	decoded := run(t, java(t, tools+"DumpLogSegments", "--files", strings.Join(offsets, ","), "--print-data-log", "--offsets-decoder"), "")
	for _, want := range []string{`"group":"dg"`, `"offset":2500`} {
		if !strings.Contains(decoded, want) {
			t.Errorf("the offsets decoder did not find %s", want)
		}
	}
}

func TestJavaConnectStandalone(t *testing.T) {
	b := process.Start(t, "group.initial.rebalance.delay.ms=0")
	dir := t.TempDir()
	source, sink := filepath.Join(dir, "source.txt"), filepath.Join(dir, "sink.txt")
	write(t, source, "one\ntwo\nthree\n")
	worker := write(t, filepath.Join(dir, "worker.properties"), fmt.Sprintf(`bootstrap.servers=%s
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=%s
offset.flush.interval.ms=500
listeners=http://%s
plugin.discovery=service_load
`, b.Addr, filepath.Join(dir, "offsets"), process.FreeAddr(t)))
	from := write(t, filepath.Join(dir, "source.properties"), "name=src\nconnector.class=org.apache.kafka.connect.file.FileStreamSourceConnector\ntasks.max=1\nfile="+source+"\ntopic=connect\n")
	to := write(t, filepath.Join(dir, "sink.properties"), "name=snk\nconnector.class=org.apache.kafka.connect.file.FileStreamSinkConnector\ntasks.max=1\nfile="+sink+"\ntopics=connect\n")
	connect := java(t, "org.apache.kafka.connect.cli.ConnectStandalone", worker, from, to)
	if err := connect.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connect.Process.Kill(); _ = connect.Wait() }()
	awaitFile(t, sink, "one\ntwo\nthree\n")
	b.Kill()
	b.Restart()
	appendTo(t, source, "four\n")
	awaitFile(t, sink, "one\ntwo\nthree\nfour\n")
}
