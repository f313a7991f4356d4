package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/jackdawmq/jackdaw/cmd/broker/bench"
)

// loadFlags are those of all commands that put load on a cluster; the settings of clients have Kafka's names.
type loadFlags struct {
	topic            bench.Topic
	duration, warmup time.Duration
	records          int64
	payload          string
	recordSize       int
	rate             int
	sweep            []string
	rounds           int
	plot             string
	settings         bench.Settings
	fetching         bench.Fetching
}

const benchHelp = `Measure a Kafka cluster with records of your own kind: the lines of --payload FILE, or values of --record-size bytes that look
like JSON and compress as it does. A run creates a topic, works for --duration (after --warmup, which does not count) and deletes the
topic; with --topic it uses one that exists and leaves in it what it wrote.

The client and its settings. The client is franz-go. Its settings have the names, units and defaults
of Kafka's Java producer and consumer; but batch.size is the size before compression. A record that is bigger than batch.size goes
alone, as with Kafka's. Records have no keys, and the partition changes with each full batch.

The figures. A MB is 10^6 bytes of values before compression. The size of a batch is its mean before compression: what of batch.size
was reached. Times are in milliseconds, p99 being what 99 of 100 stayed below; with acks=0 a record counts as acknowledged when it was
written to the connection. When client and broker share a machine, MB/s measures both; measure from where your clients run.

A sweep. --sweep batch.size=16384,65536 --sweep linger.ms=0,5 runs every combination (each with a new topic), --rounds times in turn,
and answers with a table of the median runs, a verdict in words and, with --plot FILE.svg, a plot. All of batch.size, linger.ms,
buffer.memory, compression.type and acks can be swept; one --sweep may hold several (linger.ms=0,5,acks=1,all). The best compromise
is the combination with the lowest p99 from produced to consumed among those that reach 80% of the best throughput. It takes
combinations x rounds x (duration + warmup), with produce twice that.`

func newBenchCommand(a *app) *cobra.Command {
	cmd := newParentCommand("bench", "Measure throughput and latency of a cluster; find the producer settings that suit it",
		newBenchProduceCommand(a), newBenchConsumeCommand(a), newBenchLatencyCommand(a))
	cmd.Long = benchHelp
	cmd.Example = "  broker bench produce --record-size 100 --compression.type lz4\n" +
		"  broker bench latency --rate 5000 --linger.ms 0\n" +
		"  broker bench produce --payload orders.jsonl --sweep batch.size=16384,65536,1048576 --sweep linger.ms=0,5,20 --plot sweep.svg"
	return cmd
}

func newBenchProduceCommand(a *app) *cobra.Command {
	var flags loadFlags
	cmd := &cobra.Command{
		Use: "produce", Short: "Produce as fast as the cluster takes it", Args: cobra.NoArgs,
		Long: "Produce as fast as the cluster takes it. A record's latency counts from when it is handed to the producer to its\n" +
			"acknowledgement, so it includes the wait for room in buffer.memory: at full speed that is most of it.\n\n" +
			"With --sweep each combination of settings runs twice: at full speed, for throughput, and at a fixed rate that is the same\n" +
			"for all, for latency (see 'broker bench latency'). The rate is --rate, or a quarter of what the slowest one reached.",
		Example: "  broker bench produce --record-size 1024 --batch.size 1048576\n" +
			"  broker bench produce --payload orders.jsonl --sweep batch.size=16384,65536,1048576 --sweep linger.ms=0,5,20 --plot sweep.svg\n" +
			"  broker bench produce --sweep buffer.memory=4194304,33554432,compression.type=none,lz4,zstd",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.rate != 0 && len(flags.sweep) == 0 {
				return misusef("--rate goes with --sweep here; 'broker bench latency' produces at a fixed rate")
			}
			return a.benchProducer(cmd.Context(), flags, (*bench.Bench).SweepProduce, func(ctx context.Context, b *bench.Bench) (bench.Result, error) {
				return b.Produce(ctx, flags.settings, "sent")
			})
		},
	}
	flags.register(cmd, "how long to measure a run")
	flags.registerSweep(cmd)
	cmd.Flags().IntVar(&flags.rate, "rate", 0, "with --sweep: records a second of the runs for latency; 0 for a quarter of the slowest throughput")
	return cmd
}

func newBenchConsumeCommand(a *app) *cobra.Command {
	flags := loadFlags{fetching: bench.DefaultFetching()}
	cmd := &cobra.Command{
		Use: "consume", Short: "Consume a topic as fast as the cluster gives it", Args: cobra.NoArgs,
		Long: "Consume a topic as fast as the cluster gives it, from its start to where it ends now. Without --topic it is filled first, with\n" +
			"--records records or for --duration; the producer's flags say how. The latency is that of the fetch requests. To connect is\n" +
			"part of what is measured; there is no warm-up.",
		Example: "  broker bench consume --topic orders --duration 1m\n  broker bench consume --records 1000000 --record-size 100 --batch.size 65536",
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.newBench(flags)
			if err != nil {
				return err
			}
			result, err := b.Consume(cmd.Context(), flags.settings, flags.fetching)
			if err != nil {
				return err
			}
			return a.printBench(result)
		},
	}
	flags.register(cmd, "how long to fill a topic, and how long to consume at most")
	f := cmd.Flags()
	_ = f.MarkHidden("warmup")
	f.Int32Var(&flags.fetching.MinBytes, "fetch.min.bytes", flags.fetching.MinBytes, "bytes that a broker waits for before it answers a fetch")
	f.Int32Var(&flags.fetching.MaxBytes, "fetch.max.bytes", flags.fetching.MaxBytes, "most bytes of an answer")
	f.Int32Var(&flags.fetching.MaxPartitionBytes, "max.partition.fetch.bytes", flags.fetching.MaxPartitionBytes, "most bytes of a partition in an answer")
	f.Int64Var(&flags.fetching.MaxWaitMs, "fetch.max.wait.ms", flags.fetching.MaxWaitMs, "how long a broker waits for fetch.min.bytes")
	return cmd
}

func newBenchLatencyCommand(a *app) *cobra.Command {
	var flags loadFlags
	cmd := &cobra.Command{
		Use: "latency", Short: "Produce at a fixed rate and measure how long a record takes", Args: cobra.NoArgs,
		Long: "Produce at a fixed rate, whatever the answers do (an open loop), beside a consumer of the same topic, and measure how long a\n" +
			"record takes until it is acknowledged, and until it is consumed. Both count from when the record was due, not from when it was\n" +
			"sent: a cluster that stalls for a second is charged for every record of that second (no coordinated omission). Each record\n" +
			"carries a header of 16 bytes that says when it was due.",
		Example: "  broker bench latency --rate 500 --linger.ms 0 --duration 30s\n" +
			"  broker bench latency --rate 5000 --sweep linger.ms=0,1,5,20 --plot latency.svg",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if flags.rate < 1 {
				return misusef("--rate %d: at least one record a second", flags.rate)
			}
			return a.benchProducer(cmd.Context(), flags, (*bench.Bench).SweepLatency, func(ctx context.Context, b *bench.Bench) (bench.Result, error) {
				return b.Latency(ctx, flags.settings, flags.rate, "sent")
			})
		},
	}
	flags.register(cmd, "how long to measure a run")
	flags.registerSweep(cmd)
	cmd.Flags().IntVar(&flags.rate, "rate", 1000, "records a second")
	return cmd
}

// register adds the flags of all three; duration describes --duration.
func (flags *loadFlags) register(cmd *cobra.Command, duration string) {
	flags.settings = bench.DefaultSettings()
	f, s := cmd.Flags(), &flags.settings
	f.StringVar(&flags.topic.Name, "topic", "", "topic to use; without it one is created and deleted")
	f.Int32VarP(&flags.topic.Partitions, "partitions", "p", 6, "number of partitions of the topic that is created; -1 for the cluster's default")
	f.Int16VarP(&flags.topic.Replicas, "replication-factor", "r", -1, "replicas of each partition of the topic that is created; -1 for the cluster's default")
	f.DurationVar(&flags.duration, "duration", 5*time.Second, duration)
	f.DurationVar(&flags.warmup, "warmup", time.Second, "how long to do the same before, uncounted")
	f.Int64Var(&flags.records, "records", 0, "end a run after so many records; 0 for no such end")
	f.StringVar(&flags.payload, "payload", "", "file whose lines are the records; of a large one the first 64 MiB")
	f.IntVar(&flags.recordSize, "record-size", 1024, "bytes of a record that is made up")
	f.Int32Var(&s.BatchSize, bench.BatchSize, s.BatchSize, "bytes of a batch, before compression")
	f.Int64Var(&s.LingerMs, bench.Linger, s.LingerMs, "milliseconds that a record waits for others to fill a batch")
	f.Int64Var(&s.BufferMemory, bench.BufferMemory, s.BufferMemory, "bytes of records that wait to be acknowledged before the producer is held up")
	f.StringVar(&s.Compression, bench.Compression, s.Compression, "none, gzip, snappy, lz4 or zstd")
	f.StringVar(&s.Acks, bench.Acks, s.Acks, "acknowledgements to wait for: 0, 1 or all")
	fixed := func(name string, values ...string) {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	fixed(bench.Compression, "none", "gzip", "snappy", "lz4", "zstd")
	fixed(bench.Acks, "0", "1", "all")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if f.Changed("payload") && f.Changed("record-size") {
			return misusef("--payload and --record-size both say what the records are")
		}
		return nil
	}
}

func (flags *loadFlags) registerSweep(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&flags.sweep, "sweep", nil, "values of a setting to compare, as name=value,value; repeatable: every combination is run")
	cmd.Flags().IntVar(&flags.rounds, "rounds", 3, "with --sweep: how often to measure each combination; the median run counts")
	cmd.Flags().StringVar(&flags.plot, "plot", "", "with --sweep: file to draw the comparison to, as SVG")
}

// newBench checks the flags and makes of them what runs.
func (a *app) newBench(flags loadFlags) (*bench.Bench, error) {
	var payload *bench.Payload
	var err error
	switch {
	case flags.duration <= 0 || flags.warmup < 0 || flags.records < 0:
		return nil, misusef("--duration must be positive, --warmup and --records not negative")
	case flags.payload != "":
		if payload, err = bench.PayloadFromFile(flags.payload); err != nil {
			return nil, misusef("--payload: %v", err)
		}
	default:
		if payload, err = bench.Synthetic(flags.recordSize); err != nil {
			return nil, misusef("--record-size: %v", err)
		}
	}
	if err := flags.settings.Validate(); err != nil {
		return nil, misusef("%v", err)
	}
	return &bench.Bench{
		Client: a.client, Topic: flags.topic, Payload: payload, Duration: flags.duration, Warmup: flags.warmup, Records: flags.records, Rounds: flags.rounds,
		Timeout: a.global.timeout, Progress: a.benchProgress,
	}, nil
}

func (a *app) benchProgress(message string) bench.Progress {
	p := a.startProgress(message)
	return bench.Progress{Add: p.add, Stop: p.stop}
}

// sweeper is one of the two ways to compare settings.
type sweeper func(b *bench.Bench, ctx context.Context, all []bench.Settings, swept []string, rate int) (bench.Sweep, error)

// benchProducer makes a single run or, with --sweep, compares settings.
func (a *app) benchProducer(ctx context.Context, flags loadFlags, sweep sweeper, run func(context.Context, *bench.Bench) (bench.Result, error)) error {
	b, err := a.newBench(flags)
	if err != nil {
		return err
	}
	if len(flags.sweep) == 0 {
		if flags.plot != "" {
			return misusef("--plot draws what --sweep compares; there is no --sweep")
		}
		result, err := run(ctx, b)
		if err != nil {
			return err
		}
		return a.printBench(result)
	}
	if flags.rounds < 1 {
		return misusef("--rounds %d: each combination is measured at least once", flags.rounds)
	}
	all, swept, err := bench.Combinations(flags.settings, flags.sweep)
	if err != nil {
		return misusef("--sweep: %v", err)
	}
	plot, err := openPlot(flags.plot)
	if err != nil {
		return misusef("--plot: %v", err)
	}
	defer plot.discard()
	compared, err := sweep(b, ctx, all, swept, flags.rate)
	if err != nil {
		return err
	}
	return errors.Join(a.printSweep(compared), plot.write(compared))
}

// plotFile is the file of --plot, or nil for none. It is opened before the measurement, which is too long to be lost because of a
// directory that does not exist, and takes its name when it is complete.
type plotFile struct {
	*os.File
	name string
}

func openPlot(name string) (*plotFile, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.CreateTemp(filepath.Dir(name), ".plot-*.svg")
	if err != nil {
		return nil, err
	}
	return &plotFile{file, name}, nil
}

func (p *plotFile) write(sweep bench.Sweep) error {
	if p == nil {
		return nil
	}
	if err := errors.Join(sweep.Plot(p), p.Chmod(0o644), p.Close(), os.Rename(p.Name(), p.name)); err != nil {
		return fmt.Errorf("the plot was not written: %w", err)
	}
	return nil
}

// discard removes what was not given its name.
func (p *plotFile) discard() {
	if p != nil {
		_ = p.Close()
		_ = os.Remove(p.Name())
	}
}
