package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

type consumeFlags struct {
	from, until, group, format, isolation string
	partitions                            []int32
	max                                   int64
	follow, offsets, keys                 bool
}

func newConsumeCommand(a *app) *cobra.Command {
	var flags consumeFlags
	cmd := &cobra.Command{
		Use: "consume TOPIC...", Short: "Print the records of topics", Args: cobra.MinimumNArgs(1),
		Long: "Print the records of topics, from the oldest to what is the end now; --follow goes on with what comes.\n" +
			"--from and --until take earliest, latest, an offset, -N (from the end), a time or a duration ago (90m).\n" +
			"With --group the members of the group share the partitions, offsets are committed behind what was printed, and it goes on until\n" +
			"--max or an interrupt.",
		Example: "  broker consume orders --from -10 --offsets\n  broker consume orders --from 1h --format json\n" +
			"  broker consume orders --group billing --follow",
		ValidArgsFunction: a.completeTopics(0),
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.global.format == formatJSON && !cmd.Flags().Changed("format") {
				flags.format = formatJSON
			}
			return a.consume(cmd.Context(), args, flags)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.from, "from", "earliest", "where to start; with --group only where it has no offset yet")
	f.StringVar(&flags.until, "until", "latest", "where to stop, not printed itself")
	f.StringVarP(&flags.group, "group", "g", "", "consumer group to join")
	f.Int32SliceVarP(&flags.partitions, "partition", "p", nil, "only these partitions")
	f.Int64VarP(&flags.max, "max", "n", 0, "stop after so many records; 0 for no limit")
	f.BoolVarP(&flags.follow, "follow", "f", false, "go on until interrupted")
	f.StringVar(&flags.format, "format", "text", "form of the records: text, json or hex")
	f.BoolVarP(&flags.offsets, "offsets", "o", false, "text: begin lines with topic, partition, offset and time")
	f.BoolVar(&flags.keys, "keys", false, "text: print keys too")
	f.StringVar(&flags.isolation, "isolation", "read_uncommitted", "read_uncommitted or read_committed")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json", "hex"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("isolation", cobra.FixedCompletions([]string{"read_uncommitted", "read_committed"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("group", a.completeGroups(0))
	return cmd
}

// check reports flags that contradict each other and parses the positions.
func (f consumeFlags) check() (from, until position, err error) {
	from, errFrom := parsePosition(f.from, time.Now())
	until, errUntil := parsePosition(f.until, time.Now())
	switch {
	case f.group != "" && len(f.partitions) > 0:
		err = misusef("--group and --partition can't go together: a group assigns partitions itself")
	case f.group != "" && from.kind != atStart && from.kind != atEnd:
		err = misusef("--from with --group can only be earliest or latest: the group's own offsets come first ('broker group offsets reset' changes them)")
	case f.format != "text" && f.format != formatJSON && f.format != "hex":
		err = misusef("--format %q is none of text, json and hex", f.format)
	case until.kind == relative && until.offset > 0:
		err = misusef("--until can't lie behind the end; leave it out and --follow")
	}
	return from, until, firstOf(errFrom, errUntil, err)
}

func (a *app) consume(ctx context.Context, topics []string, flags consumeFlags) error {
	from, until, err := flags.check()
	if err != nil {
		return err
	}
	if flags.group != "" {
		return a.consumeAsGroup(ctx, topics, flags, from)
	}
	var ranges []logRange
	err = a.withAdmin(ctx, func(ctx context.Context, admin *kadm.Client) (err error) {
		ranges, err = findRanges(ctx, admin, topics, flags, from, until)
		return err
	})
	if err != nil {
		return err
	}
	starts := map[string]map[int32]kgo.Offset{}
	reading := &reading{flags: flags, ends: map[string]map[int32]int64{}}
	for _, r := range ranges {
		if !flags.follow && r.from >= r.until {
			continue
		}
		if starts[r.topic] == nil {
			starts[r.topic], reading.ends[r.topic] = map[int32]kgo.Offset{}, map[int32]int64{}
		}
		starts[r.topic][r.partition] = kgo.NewOffset().At(r.from)
		reading.ends[r.topic][r.partition] = r.until
		reading.open++
	}
	if reading.open == 0 {
		return nil
	}
	return a.read(ctx, reading, kgo.ConsumePartitions(starts), kgo.KeepControlRecords())
}

func (a *app) consumeAsGroup(ctx context.Context, topics []string, flags consumeFlags, from position) error {
	start := kgo.NewOffset().AtStart()
	if from.kind == atEnd {
		start = kgo.NewOffset().AtEnd()
	}
	flags.follow = true // a group decides by its commits what is next; --max or an interrupt ends it
	return a.read(ctx, &reading{flags: flags}, kgo.ConsumerGroup(flags.group), kgo.ConsumeTopics(topics...), kgo.ConsumeResetOffset(start),
		kgo.AutoCommitMarks(), kgo.Balancers(kgo.RangeBalancer(), kgo.CooperativeStickyBalancer()))
}

// reading is the state of one "consume".
type reading struct {
	flags consumeFlags
	ends  map[string]map[int32]int64 // where each partition stops; nil when following a group
	open  int                        // partitions that have not reached their end
	count int64
}

// read polls and prints until the reading is complete.
func (a *app) read(ctx context.Context, r *reading, opts ...kgo.Opt) error {
	if r.flags.isolation == "read_committed" {
		opts = append(opts, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	} else if r.flags.isolation != "read_uncommitted" {
		return misusef("--isolation %q is neither read_uncommitted nor read_committed", r.flags.isolation)
	}
	client, err := a.client(opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	out := bufio.NewWriterSize(a.std.Out, 64<<10)
	printer := newRecordPrinter(out, r.flags)
	for !r.complete() {
		fetches, err := a.poll(ctx, client, r)
		if ctx.Err() != nil {
			return nil // an interrupt is how following ends
		}
		if err != nil {
			return err
		}
		iter := fetches.RecordIter()
		for !iter.Done() && !r.complete() {
			record := iter.Next()
			if !r.take(record) {
				continue
			}
			if err := printer.print(record); err != nil {
				return err
			}
			client.MarkCommitRecords(record)
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// poll waits for records. Without --follow a cluster that sends nothing for --timeout is an error.
func (a *app) poll(ctx context.Context, client *kgo.Client, r *reading) (kgo.Fetches, error) {
	wait := ctx
	if !r.flags.follow {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, a.global.timeout)
		defer cancel()
	}
	fetches := client.PollFetches(wait)
	for _, failure := range fetches.Errors() {
		code, ok := errors.AsType[*kerr.Error](failure.Err)
		switch {
		case wait.Err() != nil && ctx.Err() == nil:
			return nil, fmt.Errorf("no record came for %s although %d partitions have more: %w", a.global.timeout, r.open, context.DeadlineExceeded)
		case ok && !code.Retriable, errors.Is(failure.Err, kerr.UnknownTopicOrPartition):
			return nil, fmt.Errorf("topic %s: %w", failure.Topic, failure.Err)
		}
	}
	return fetches, nil
}

func (r *reading) complete() bool {
	return (r.flags.max > 0 && r.count >= r.flags.max) || (!r.flags.follow && r.open <= 0)
}

// take notes how far the record's partition has come and reports whether the record is to be printed.
func (r *reading) take(record *kgo.Record) bool {
	if r.flags.follow {
		return r.counted(record)
	}
	end, open := r.ends[record.Topic][record.Partition]
	if !open {
		return false
	}
	if record.Offset+1 >= end {
		delete(r.ends[record.Topic], record.Partition)
		r.open--
	}
	return record.Offset < end && r.counted(record)
}

func (r *reading) counted(record *kgo.Record) bool {
	if record.Attrs.IsControl() {
		return false
	}
	r.count++
	return true
}
