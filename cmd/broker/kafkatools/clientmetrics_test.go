package kafkatools_test

import (
	"regexp"
	"strings"
	"testing"
)

// The names are those that Apache Kafka's tools print with --print-metrics.
func TestPrintMetrics(t *testing.T) {
	addr := newFake(t)
	produced := mustRun(t, "", "kafka-producer-perf-test", "--bootstrap-server", addr, "--topic", "pm", "--num-records", "1000", "--record-size", "100",
		"--throughput", "-1", "--print-metrics").Stdout
	consumed := mustRun(t, "", "kafka-consumer-perf-test", "--bootstrap-server", addr, "--topic", "pm", "--num-records", "1000", "--print-metrics").Stdout
	for _, c := range []struct{ output, metric, value string }{
		{produced, "producer-metrics:record-send-total:{client-id=perf-producer-client}", "1000.000"},
		{produced, "producer-metrics:record-error-total:{client-id=perf-producer-client}", "0.000"},
		{produced, "producer-topic-metrics:record-send-total:{client-id=perf-producer-client, topic=pm}", "1000.000"},
		{produced, "producer-metrics:batch-size-max:{client-id=perf-producer-client}", `1[0-6]\d\d\d\.000`}, // batch.size is 16 KiB
		{produced, "producer-metrics:request-latency-avg:{client-id=perf-producer-client}", `\d+\.\d{3}`},
		{consumed, "consumer-fetch-manager-metrics:records-consumed-total:{client-id=perf-consumer-client}", "1000.000"},
		{consumed, "consumer-fetch-manager-metrics:fetch-latency-max:{client-id=perf-consumer-client}", `\d+\.\d{3}`},
		{consumed, "consumer-metrics:incoming-byte-total:{client-id=perf-consumer-client}", `1\d{5}\.000`},
	} {
		if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(c.metric) + ` +: ` + c.value + `$`).MatchString(c.output) {
			t.Errorf("no line %s : %s in\n%s", c.metric, c.value, c.output)
		}
	}
	_, table, _ := strings.Cut(produced, "\nMetric Name ")
	lines := strings.Split(strings.TrimSpace(table), "\n")
	for _, line := range lines[1:] {
		if column := strings.Index(line, " : "); column != strings.Index(lines[1], " : ") {
			t.Errorf("the value of %q is in another column than the first", line)
		}
	}
}
