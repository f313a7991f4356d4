// Package kafkatools runs the command line tools of Apache Kafka 4.3 under their own names, without Java: the same
// options, the same output on standard output and the same exit codes. They speak to any Kafka cluster.
//
// What is not copied: Java stack traces and log lines on standard error, and the words of the help texts. An option value
// that only Java can honour (the name of a class, a JKS key store) is refused with a message that says so.
package kafkatools

import (
	"context"
	"fmt"
	"io"
)

// KafkaVersion is what --version prints: the release of Apache Kafka whose tools these stand in for. Scripts parse it, so
// it is not Jackdaw's own version.
const KafkaVersion = "4.3.1"

// Exit codes. Kafka's tools know only these; a tool that an interrupt ended answers exitInterrupted, as the JVM does.
const (
	exitOK          = 0
	exitFailed      = 1
	exitInterrupted = 130
)

// Streams are a tool's standard input, output and error. Prompt says that standard input is a terminal, where
// kafka-console-producer shows a prompt.
type Streams struct {
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	Prompt bool
}

func (s Streams) printf(format string, args ...any) { fmt.Fprintf(s.Out, format, args...) }

func (s Streams) errorf(format string, args ...any) { fmt.Fprintf(s.Err, format, args...) }

// runFunc runs one tool and returns its exit code.
type runFunc func(ctx context.Context, args []string, std Streams) int

// Tool names one tool and says in a line what it does.
type Tool struct {
	Name  string
	Short string
	run   runFunc
}

// Tools lists the tools in the order in which help shows them.
func Tools() []Tool {
	return []Tool{
		{"kafka-topics", "Create, list, describe, alter and delete topics", runTopics},
		{"kafka-console-producer", "Send lines of standard input to a topic", runConsoleProducer},
		{"kafka-console-consumer", "Print the records of topics", runConsoleConsumer},
		{"kafka-consumer-groups", "List, describe, reset and delete consumer groups", runConsumerGroups},
		{"kafka-verifiable-producer", "Send increasing numbers, report each as a line of JSON", runVerifiableProducer},
		{"kafka-verifiable-consumer", "Consume as a group member, report each event as a line of JSON", runVerifiableConsumer},
		{"kafka-broker-api-versions", "Show the API versions that each broker serves", runBrokerAPIVersions},
		{"kafka-configs", "Describe and change configs, quotas and credentials", runConfigs},
		{"kafka-get-offsets", "Print the offsets of partitions", runGetOffsets},
		{"kafka-delete-records", "Delete the records of partitions up to an offset", runDeleteRecords},
		{"kafka-log-dirs", "Show what log directories hold", runLogDirs},
		{"kafka-dump-log", "Print segment, index and snapshot files", runDumpLog},
		{"kafka-cluster", "Print the id and the endpoints of a cluster, remove brokers", runCluster},
		{"kafka-groups", "List groups of all types", runListGroups},
		{"kafka-producer-perf-test", "Measure producing: throughput and latency", runProducerPerf},
		{"kafka-consumer-perf-test", "Measure consuming: throughput", runConsumerPerf},
	}
}

// Names returns the names of the tools, without a .sh ending.
func Names() []string {
	var names []string
	for _, t := range Tools() {
		names = append(names, t.Name)
	}
	return names
}

// Run runs the tool called name with args (without the program's name) and returns the exit code of the process. A done
// ctx ends the tool as an interrupt would. A name that is not in Names is a misuse: exit code 2.
func Run(ctx context.Context, name string, args []string, std Streams) int {
	for _, t := range Tools() {
		if t.Name == name {
			return t.run(ctx, args, std)
		}
	}
	std.errorf("%s is not one of the Kafka tools in this binary: %v\n", name, Names())
	return 2
}
