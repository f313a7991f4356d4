package kafkatoolstest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Difference compares an output with the step's reference and says how they differ; "" when they agree. The flags of the
// scenario's line decide what is compared: "sorted" ignores the order of lines, "numbers" any number, "exit" all but
// the exit code.
func (s Step) Difference(got Output) string {
	var faults []string
	if got.Exit != s.Want.Exit {
		faults = append(faults, fmt.Sprintf("exit code %d, want %d", got.Exit, s.Want.Exit))
	}
	if !s.has("exit") {
		if g, w := s.normalize(got.Stdout), s.normalize(s.Want.Stdout); g != w {
			faults = append(faults, fmt.Sprintf("stdout\n%s\nwant\n%s", g, w))
		}
		for _, line := range significant(s.Want.Stderr) {
			if !strings.Contains(normalizeLine(got.Stderr), normalizeLine(line)) {
				faults = append(faults, fmt.Sprintf("stderr lacks %q, it has\n%s", line, got.Stderr))
			}
		}
	}
	return strings.Join(faults, "\n")
}

func (s Step) has(flag string) bool { return slices.Contains(s.flags, flag) }

type mask struct {
	pattern *regexp.Regexp
	with    string
}

// masks replace what differs from run to run.
func masks() []mask {
	return []mask{
		{regexp.MustCompile(`127\.0\.0\.1:\d+`), "HOST:PORT"},
		{regexp.MustCompile(`/127\.0\.0\.1`), "/HOST"},
		{regexp.MustCompile(`Cluster ID: [\w-]{22}`), "Cluster ID: ID"},
		{regexp.MustCompile(`"logDir":"[^"]*"`), `"logDir":"DIR"`},
		{regexp.MustCompile(`TopicId: [\w-]{22}`), "TopicId: ID"},
		{regexp.MustCompile(`\b[\w.-]*-?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "MEMBER"},
		{regexp.MustCompile(`(act848 .*) [\w+/=-]{22,24} /HOST`), "$1 MEMBER /HOST"},
		{regexp.MustCompile(`"timestamp":\d+`), `"timestamp":T`},
		{regexp.MustCompile(`(CreateTime|LogAppendTime):\d+`), "$1:T"},
		{regexp.MustCompile(`"avg_throughput":[\d.E]+`), `"avg_throughput":N`},
	}
}

// normalizeLine applies the masks and folds runs of spaces, whose length follows from the masked words.
func normalizeLine(text string) string {
	for _, m := range masks() {
		text = m.pattern.ReplaceAllString(text, m.with)
	}
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}

func (s Step) normalize(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(normalizeLine(line), " \n")
		if strings.Contains(line, "console-consumer-") {
			continue // groups that earlier commands left, with random names
		}
		line = sortConfigs(line)
		if s.has("numbers") {
			line = regexp.MustCompile(`(^|[ ,:])\d+\b`).ReplaceAllString(line, "${1}N")
			line = regexp.MustCompile(`([ ,:])\d+\b`).ReplaceAllString(line, "${1}N")
		}
		lines = append(lines, line)
	}
	if s.has("sorted") {
		slices.Sort(lines)
	}
	return strings.Join(lines, "\n")
}

// sortConfigs sorts the configs of a topic, which Kafka prints in the order of a hash table.
func sortConfigs(line string) string {
	before, list, found := strings.Cut(line, "Configs: ")
	if !found {
		return line
	}
	configs := strings.Split(list, ",")
	slices.Sort(configs)
	return before + "Configs: " + strings.Join(configs, ",")
}

// NeedsConsumerProtocol reports whether a reference can only be met by a cluster that serves groups of the KIP-848 protocol. It is a
// leaveOut of Replay.
func NeedsConsumerProtocol(name string) bool {
	return strings.Contains(name, "848") || name == "groups-list-type-filter" || name == "groups-list-state-filter"
}

// NeedsUnservedAPI reports whether a reference needs an API that Jackdaw does not serve: client quotas, SCRAM credentials,
// UnregisterBroker, transactions. It is a leaveOut of Replay.
func NeedsUnservedAPI(name string) bool {
	if name == "cluster-unregister-bad" || name == "producer-perf-txn" {
		return true
	}
	for _, kind := range []string{"clients-alter", "clients-describe", "user", "ips"} {
		if strings.HasPrefix(name, "configs-"+kind) {
			return true
		}
	}
	return false
}

// significant are the lines of the recorded standard error that are part of the tool's behaviour: not Java's log, stack traces or
// help texts.
func significant(stderr string) []string {
	var lines []string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		switch {
		case line == "", strings.HasPrefix(line, "[TIME]"), strings.HasPrefix(line, "("), strings.HasPrefix(line, "java."),
			strings.HasPrefix(line, "joptsimple."), strings.HasPrefix(line, "The consumer rebalance protocol"),
			strings.HasPrefix(line, "org.apache.kafka.common.InvalidRecordException"),
			strings.HasPrefix(line, "org.apache.kafka.common.errors.InvalidTopicException"):
		default:
			lines = append(lines, line)
		}
	}
	return lines
}
