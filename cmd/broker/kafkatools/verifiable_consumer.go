package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func verifiableConsumerFlags() *flagSet {
	return &flagSet{
		program:     "verifiable-consumer",
		description: "Consumes a topic as a member of a group and prints one line of JSON for each event: assignments, records, commits.",
		flags: []flag{
			{name: "topic", label: "TOPIC", required: true, help: "The topic to read."},
			{name: "group-protocol", label: "GROUP_PROTOCOL", fallback: "classic", help: "classic, or consumer (KIP-848)."},
			{name: "group-remote-assignor", label: "GROUP_REMOTE_ASSIGNOR", help: "With the consumer protocol: uniform or range."},
			{name: "group-id", label: "GROUP_ID", required: true, help: "The group to join."},
			{name: "group-instance-id", label: "GROUP_INSTANCE_ID", help: "Join as a static member with this id."},
			{name: "max-messages", label: "MAX-MESSAGES", kind: integer, fallback: "-1", help: "How many records to read; -1 until interrupted."},
			{name: "session-timeout", label: "TIMEOUT_MS", kind: integer, help: "Session timeout; not for the consumer protocol."},
			{name: "verbose", help: "Print every record."},
			{name: "enable-autocommit", help: "Commit in the background instead of after each batch."},
			{name: "reset-policy", label: "RESET_POLICY", fallback: "earliest", help: "earliest, latest or none: where to start without an offset."},
			{name: "assignment-strategy", label: "ASSIGNMENT_STRATEGY", fallback: "org.apache.kafka.clients.consumer.RangeAssignor",
				help: "With the classic protocol: one of Kafka's own assignors."},
			{name: "consumer.config", label: "CONFIG-FILE", help: "Old name of --command-config."},
			{name: "command-config", label: "CONFIG-FILE", help: "A file of Java client properties."},
			{name: "bootstrap-server", label: "HOST1:PORT1[,HOST2:PORT2[...]]", required: true, help: "Brokers to ask first."},
		},
	}
}

// verifiableConsumer is one run of kafka-verifiable-consumer.
type verifiableConsumer struct {
	events     *eventWriter
	client     *kgo.Client
	autoCommit bool
	verbose    bool
	left       int64 // records still to read, negative for no limit
}

type partitionName struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
}

type partitionsEvent struct {
	event
	Partitions []partitionName `json:"partitions"`
}

type recordEvent struct {
	event
	Key       *string `json:"key"`
	Value     *string `json:"value"`
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
	Offset    int64   `json:"offset"`
}

type consumedEvent struct {
	event
	Count      int               `json:"count"`
	Partitions []consumedSummary `json:"partitions"`
}

type consumedSummary struct {
	partitionName
	Count     int   `json:"count"`
	MinOffset int64 `json:"minOffset"`
	MaxOffset int64 `json:"maxOffset"`
}

type committedOffset struct {
	partitionName
	Offset int64 `json:"offset"`
}

type committedEvent struct {
	event
	Offsets []committedOffset `json:"offsets"`
	Error   string            `json:"error,omitempty"`
	Success bool              `json:"success"`
}

func runVerifiableConsumer(ctx context.Context, args []string, std Streams) int {
	set := verifiableConsumerFlags()
	given, code, done := set.parse(args, std)
	if done {
		return code
	}
	consumer := &verifiableConsumer{
		events: &eventWriter{std: std}, autoCommit: given.has("enable-autocommit"), verbose: given.has("verbose"),
		left: given.number("max-messages"),
	}
	props, err := given.clientProperties("consumer.config", std)
	if err == nil {
		err = consumer.open(given, props)
	}
	if err != nil {
		std.errorf("%s\n", javaString(err))
		return exitFailed
	}
	if err := consumer.run(ctx); err != nil {
		std.errorf("ERROR Error during processing, terminating consumer process:\n%s\n", javaString(err))
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitOK
}

func (c *verifiableConsumer) open(given flags, props Properties) error {
	props["group.protocol"], props["group.id"] = given["group-protocol"], given["group-id"]
	props["auto.offset.reset"] = given["reset-policy"]
	for name, key := range map[string]string{
		"group-instance-id": "group.instance.id", "session-timeout": "session.timeout.ms", "group-remote-assignor": "group.remote.assignor",
		"assignment-strategy": "partition.assignment.strategy",
	} {
		if given.has(name) {
			props[key] = given[name]
		}
	}
	client, errClient := props.ClientOptions()
	consume, errConsume := props.ConsumerOptions()
	group, errGroup := props.GroupOptions()
	if err := firstError(errClient, errConsume, errGroup); err != nil {
		return err
	}
	opts := append(append(client, consume...), group...)
	opts = append(opts, kgo.AllowAutoTopicCreation(), kgo.MetadataMinAge(metadataRetryPause), kgo.ConsumeTopics(given["topic"]),
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(c.report("partitions_assigned")), kgo.OnPartitionsRevoked(c.report("partitions_revoked")),
		kgo.OnPartitionsLost(c.report("partitions_revoked")))
	commit := kgo.DisableAutoCommit()
	if c.autoCommit {
		commit = kgo.AutoCommitMarks()
	}
	opts = append(opts, commit)
	var err error
	c.client, err = kgo.NewClient(opts...)
	return err
}

// report returns a callback that prints the partitions of a rebalance.
func (c *verifiableConsumer) report(name string) func(context.Context, *kgo.Client, map[string][]int32) {
	return func(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
		data := partitionsEvent{newEvent(name), []partitionName{}}
		for topic, partitions := range assigned {
			for _, p := range partitions {
				data.Partitions = append(data.Partitions, partitionName{topic, p})
			}
		}
		slices.SortFunc(data.Partitions, func(a, b partitionName) int {
			return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
		})
		c.events.print(data)
	}
}

func (c *verifiableConsumer) run(ctx context.Context) error {
	c.events.print(newEvent("startup_complete"))
	defer func() {
		c.client.CloseAllowingRebalance()
		c.events.print(newEvent("shutdown_complete"))
		c.events.print(newEvent("shutdown_requested"))
	}()
	for c.left != 0 {
		fetches := c.client.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		for _, failure := range fetches.Errors() {
			if code, ok := errors.AsType[*kerr.Error](failure.Err); ok && !code.Retriable && !errors.Is(code, kerr.UnknownTopicOrPartition) {
				return failure.Err
			}
		}
		if records := c.consume(fetches); len(records) > 0 {
			c.commit(ctx, records)
		}
		c.client.AllowRebalance()
	}
	return nil
}

// consume prints what came, up to the limit, and returns the last record of each partition.
func (c *verifiableConsumer) consume(fetches kgo.Fetches) []*kgo.Record {
	summary := consumedEvent{newEvent("records_consumed"), fetches.NumRecords(), []consumedSummary{}}
	if summary.Count == 0 {
		return nil
	}
	var last []*kgo.Record
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		records := p.Records
		if c.left >= 0 {
			records = records[:min(int64(len(records)), c.left)]
			c.left -= int64(len(records))
		}
		if len(records) == 0 {
			return
		}
		final := records[len(records)-1]
		last = append(last, final)
		summary.Partitions = append(summary.Partitions, consumedSummary{
			partitionName{p.Topic, p.Partition}, len(records), records[0].Offset, final.Offset,
		})
		for _, r := range records {
			if c.verbose {
				c.events.print(recordEvent{newEvent("record_data"), optionalText(r.Key), optionalText(r.Value), r.Topic, r.Partition, r.Offset})
			}
		}
	})
	c.events.print(summary)
	return last
}

func optionalText(b []byte) *string {
	if b == nil {
		return nil
	}
	text := string(b)
	return &text
}

// commit commits behind the given records, now or, with --enable-autocommit, in the background.
func (c *verifiableConsumer) commit(ctx context.Context, last []*kgo.Record) {
	if c.autoCommit {
		c.client.MarkCommitRecords(last...)
		return
	}
	err := c.client.CommitRecords(ctx, last...)
	data := committedEvent{event: newEvent("offsets_committed"), Success: err == nil}
	for _, r := range last {
		data.Offsets = append(data.Offsets, committedOffset{partitionName{r.Topic, r.Partition}, r.Offset + 1})
	}
	if err != nil {
		data.Error = javaText(err)
	}
	c.events.print(data)
}
