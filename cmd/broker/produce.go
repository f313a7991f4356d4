package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools"
	"github.com/jackdawmq/jackdaw/cmd/broker/refusal"
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

func (a *app) produce(ctx context.Context, topic string, flags produceFlags) error {
	parse, err := flags.parser(topic)
	if err != nil {
		return err
	}
	s := &sending{topic: topic, partitions: map[int32]*sentPartition{}}
	client, err := a.producer(flags, &s.refusals)
	if err != nil {
		return err
	}
	defer client.Close()
	s.progress = a.startProgress("sent")
	number := 0
	readErr := kafkatools.EachLine(ctx, kafkatools.Streams{In: a.std.In}, func(line string) error {
		number++
		record, err := parse(line)
		if err != nil {
			return err
		}
		client.Produce(context.WithoutCancel(ctx), record, s.done(number))
		return s.firstFailure()
	})
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.global.timeout)
	defer cancel()
	flushErr := client.Flush(flush)
	s.progress.stop()
	if err := s.outcome(flushErr); err != nil {
		return err
	}
	return firstOf(readErr, a.printSent(s))
}

// producer returns a client whose refusals are logged. With acks=0 there is no response to read.
func (a *app) producer(flags produceFlags, refusals *refusal.Log) (*kgo.Client, error) {
	props, err := a.properties()
	if err != nil {
		return nil, err
	}
	props["acks"], props["compression.type"] = flags.acks, flags.compression
	opts, err := props.ProducerOptions()
	if err != nil {
		return nil, misusef("%v", err)
	}
	like, err := a.client()
	if err != nil {
		return nil, err
	}
	defer like.Close()
	partitioner := namedPartitioner{kgo.StickyKeyPartitioner(nil)} // keys go where Kafka's clients send them
	opts = append(opts, kgo.RecordPartitioner(partitioner), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(20), kgo.ProducerLinger(produceLinger))
	return a.client(append(opts, refusals.Options(like)...)...)
}
