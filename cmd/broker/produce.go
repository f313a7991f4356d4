package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
)

// produceLinger lets records wait for others: lines come faster than requests.
const produceLinger = 5 * time.Millisecond

type produceFlags struct {
	input, key, keySeparator, acks, compression string
	headers                                     []string
	partition                                   int32
}

func newProduceCommand(a *app) *cobra.Command {
	var flags produceFlags
	cmd := &cobra.Command{
		Use: "produce TOPIC", Short: "Send lines of standard input to a topic", Args: cobra.ExactArgs(1),
		Long: "Send lines of standard input to a topic. With --input json a line is an object with value and, where wanted, key, headers,\n" +
			"partition and timestamp (milliseconds); a value or key that is not a string is sent as JSON, null as null.",
		Example: "  echo 'k1:hello' | broker produce orders -k :\n" +
			"  echo '{\"key\":\"k1\",\"value\":{\"n\":1},\"headers\":{\"h\":\"x\"}}' | broker produce orders --input json",
		ValidArgsFunction: a.completeTopics(1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.produce(cmd.Context(), args[0], flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.input, "input", "lines", "form of the input: lines or json")
	f.StringVar(&flags.key, "key", "", "key of every record")
	f.StringVarP(&flags.keySeparator, "key-separator", "k", "", "what separates the key from the value in a line; no keys when absent")
	f.StringArrayVarP(&flags.headers, "header", "H", nil, "header of every record as name=value, repeatable")
	f.Int32VarP(&flags.partition, "partition", "p", -1, "partition to send to; chosen by the key when absent")
	f.StringVar(&flags.acks, "acks", "all", "acknowledgements to wait for: 0, 1 or all")
	f.StringVarP(&flags.compression, "compression", "z", "none", "none, gzip, snappy, lz4 or zstd")
	fixed := func(name string, values ...string) {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	fixed("input", "lines", "json")
	fixed("acks", "0", "1", "all")
	fixed("compression", "none", "gzip", "snappy", "lz4", "zstd")
	return cmd
}

// sentPartition is a row of the summary of "produce".
type sentPartition struct {
	Partition int32 `json:"partition"`
	Records   int64 `json:"records"`
	Bytes     int64 `json:"bytes"`
	First     int64 `json:"first"`
	Last      int64 `json:"last"`
}

// sending collects what became of records. Its callback runs on the client's goroutines.
type sending struct {
	mu         sync.Mutex
	partitions map[int32]*sentPartition
	failure    error
	failed     int
	progress   *progress
}

func (a *app) produce(ctx context.Context, topic string, flags produceFlags) error {
	parse, err := flags.parser(topic)
	if err != nil {
		return err
	}
	client, err := a.producer(flags)
	if err != nil {
		return err
	}
	defer client.Close()
	s := &sending{partitions: map[int32]*sentPartition{}, progress: a.startProgress("sent")}
	readErr := kafkatools.EachLine(ctx, kafkatools.Streams{In: a.std.In}, func(line string) error {
		record, err := parse(line)
		if err != nil {
			return err
		}
		client.Produce(context.WithoutCancel(ctx), record, s.done)
		return s.firstFailure()
	})
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.global.timeout)
	defer cancel()
	flushErr := client.Flush(flush)
	s.progress.stop()
	if s.failure != nil {
		return fmt.Errorf("%d records were not written to topic %s, the first because: %w", s.failed, topic, s.failure)
	}
	return firstOf(readErr, flushErr, a.printSent(s))
}

func (a *app) producer(flags produceFlags) (*kgo.Client, error) {
	props, err := a.properties()
	if err != nil {
		return nil, err
	}
	props["acks"], props["compression.type"] = flags.acks, flags.compression
	opts, err := props.ProducerOptions()
	if err != nil {
		return nil, misusef("%v", err)
	}
	partitioner := namedPartitioner{kgo.StickyKeyPartitioner(nil)} // keys go where Kafka's clients send them
	return a.client(append(opts, kgo.RecordPartitioner(partitioner), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(20), kgo.ProducerLinger(produceLinger))...)
}

func (s *sending) done(r *kgo.Record, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.failed++
		s.failure = firstOf(s.failure, err)
		return
	}
	p := s.partitions[r.Partition]
	if p == nil {
		p = &sentPartition{Partition: r.Partition, First: r.Offset}
		s.partitions[r.Partition] = p
	}
	p.Records++
	p.Bytes += int64(len(r.Key) + len(r.Value))
	p.First, p.Last = min(p.First, r.Offset), max(p.Last, r.Offset)
	s.progress.add(1)
}

func (s *sending) firstFailure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

func (a *app) printSent(s *sending) error {
	rows := []sentPartition{}
	for _, p := range s.partitions {
		rows = append(rows, *p)
	}
	slices.SortFunc(rows, func(a, b sentPartition) int { return cmp.Compare(a.Partition, b.Partition) })
	number := func(title string, value func(sentPartition) int64) column[sentPartition] {
		return column[sentPartition]{title: title, number: true, value: func(p sentPartition) string { return strconv.FormatInt(value(p), 10) }}
	}
	return printRows(a, rows,
		number("partition", func(p sentPartition) int64 { return int64(p.Partition) }),
		number("records", func(p sentPartition) int64 { return p.Records }),
		number("bytes", func(p sentPartition) int64 { return p.Bytes }),
		number("first offset", func(p sentPartition) int64 { return p.First }),
		number("last offset", func(p sentPartition) int64 { return p.Last }))
}
