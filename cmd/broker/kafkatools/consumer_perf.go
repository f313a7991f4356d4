package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func consumerPerfOptions() optionSet {
	return optionSet{
		{name: "topic", argument: requiredArgument, label: "topic", help: "The topic to read."},
		{name: "include", argument: requiredArgument, label: "Java regex (String)", help: "A regular expression of topics to read."},
		{name: "group", argument: requiredArgument, label: "gid", help: "The group to join; a random one when absent."},
		{name: "fetch-size", argument: requiredArgument, kind: integer, label: "size", fallback: "1048576", help: "Bytes of a partition per fetch."},
		{name: "from-latest", help: "Begin at the end of the log when the group has no offset."},
		{name: "socket-buffer-size", argument: requiredArgument, kind: integer, label: "size", fallback: "2097152", help: "Receive buffer of connections (receive.buffer.bytes)."},
		{name: "consumer.config", argument: requiredArgument, label: "config file", help: "Old name of --command-config."},
		{name: "command-property", argument: requiredArgument, label: "prop1=val1", many: true, help: "A Java client property."},
		{name: "print-metrics", help: "Print metrics of the client at the end: those of a Java client that this one has too."},
		{name: "show-detailed-stats", help: "Report every --reporting-interval in place of once."},
		{name: "timeout", argument: requiredArgument, kind: long, label: "milliseconds", fallback: "10000", help: "Give up after this time without a record."},
		{name: "num-records", argument: requiredArgument, kind: long, label: "count", help: "REQUIRED: how many records to read."},
		{name: "messages", argument: requiredArgument, kind: long, label: "count", help: "Old name of --num-records."},
		{name: "reporting-interval", argument: requiredArgument, kind: long, label: "interval_ms", fallback: "5000", help: "Time between reports."},
		{name: "date-format", argument: requiredArgument, label: "date format", fallback: "yyyy-MM-dd HH:mm:ss:SSS", help: "Pattern of times, of the letters y M d H m s S."},
		{name: "hide-header", help: "Leave out the line of column names."},
	}.withCommon()
}

// consumerPerf is one run of kafka-consumer-perf-test (org.apache.kafka.tools.ConsumerPerformance).
type consumerPerf struct {
	line     *commandLine
	std      Streams
	layout   string
	client   *kgo.Client
	metrics  *clientMetrics
	begun    time.Time
	assigned atomic.Int64 // ms from begun to the first assignment; 0 for none yet

	records, bytes         int64
	lastRecords, lastBytes int64
	lastReport             time.Time
}

func runConsumerPerf(ctx context.Context, args []string, std Streams) int {
	set := consumerPerfOptions()
	line, err := set.parse(args)
	if err != nil {
		return std.misuse(set, err.Error())
	}
	const about = "Measure the throughput of a consumer."
	if len(args) == 0 {
		return std.misuse(set, about)
	}
	if code, done := std.helpOrVersion(line, about); done {
		return code
	}
	c := &consumerPerf{line: line, std: std}
	err = c.configure()
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err == nil {
		err = c.run(ctx)
	}
	switch {
	case err != nil:
		std.errorf("%s\n", javaString(err))
		return exitFailed
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return exitOK
}

// exactlyOne returns a usageError unless one of two options is given.
func (c *commandLine) exactlyOne(a, b string) error {
	if c.has(a) == c.has(b) {
		return usagef("Exactly one of the following arguments is required: [%s], [%s]", a, b)
	}
	return nil
}

// configure checks the options and opens the client, which begins to join its group.
func (c *consumerPerf) configure() error {
	err := firstError(c.line.required("bootstrap-server"), c.line.exactlyOne("topic", "include"), c.line.exactlyOne("messages", "num-records"))
	if err == nil {
		err = c.line.excludes("consumer.config", "command-config")
	}
	if err != nil {
		return err
	}
	if c.line.has("messages") {
		c.std.printf("Warning: --messages is deprecated. Use --num-records instead.\n")
	}
	if err := c.line.checkTypes(); err != nil {
		return err
	}
	if c.line.number("reporting-interval") <= 0 {
		return errors.New("Reporting interval must be greater than 0.")
	}
	if c.layout, err = goTimeLayout(c.line.value("date-format")); err != nil {
		return err
	}
	opts, err := c.options()
	if err != nil {
		return err
	}
	c.begun = time.Now()
	c.client, err = kgo.NewClient(opts...)
	return err
}

func (c *consumerPerf) options() ([]kgo.Opt, error) {
	files, err := c.line.clientFiles()
	if err != nil {
		return nil, err
	}
	if path := c.line.value("consumer.config"); path != "" {
		c.std.printf("Option --consumer.config has been deprecated and will be removed in a future version. Use --command-config instead.\n")
		old, err := LoadProperties(path)
		if err != nil {
			return nil, err
		}
		files = old.merge(files)
	}
	props := files.merge(parseKeyValues(c.line.values("command-property")))
	props.setDefault("client.id", "perf-consumer-client")
	props["group.id"] = nonEmpty(c.line.value("group"), "perf-consumer-"+strconv.Itoa(rand.IntN(100000)))
	props["max.partition.fetch.bytes"] = c.line.value("fetch-size")
	props["receive.buffer.bytes"] = c.line.value("socket-buffer-size")
	props["auto.offset.reset"] = map[bool]string{true: "latest", false: "earliest"}[c.line.has("from-latest")]
	c.metrics = newClientMetrics("consumer", props)
	opts, err := props.ClientOptions()
	consume, errConsume := props.ConsumerOptions()
	group, errGroup := props.GroupOptions()
	if err := firstError(err, errConsume, errGroup); err != nil {
		return nil, err
	}
	opts = append(slices.Concat(opts, consume, group), kgo.WithHooks(c.metrics), kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) {
		c.assigned.CompareAndSwap(0, max(1, time.Since(c.begun).Milliseconds()))
	}))
	if !c.line.has("include") {
		return append(opts, kgo.ConsumeTopics(c.line.value("topic"))), nil
	}
	pattern, err := includePattern(c.line.value("include"))
	if err != nil {
		return nil, err
	}
	return append(opts, kgo.ConsumeRegex(), kgo.ConsumeTopics(pattern.String())), nil
}

// goTimeLayout translates a pattern of Java's SimpleDateFormat that consists of numbers and punctuation.
func goTimeLayout(pattern string) (string, error) {
	layout := strings.NewReplacer("yyyy", "2006", "yy", "06", "MM", "01", "dd", "02", "HH", "15", "mm", "04", ":SSS", ".000", ".SSS", ".000", "ss", "05").Replace(pattern)
	if i := strings.IndexFunc(layout, func(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }); i >= 0 {
		return "", fmt.Errorf("Illegal pattern character '%c'", layout[i])
	}
	return layout, nil
}

// time renders a time by --date-format. Go has milliseconds only behind a dot.
func (c *consumerPerf) time(at time.Time) string {
	text := at.Format(c.layout)
	if strings.HasSuffix(c.line.value("date-format"), ":SSS") {
		if i := strings.LastIndexByte(text, '.'); i >= 0 {
			text = text[:i] + ":" + text[i+1:]
		}
	}
	return text
}

func (c *consumerPerf) run(ctx context.Context) error {
	defer c.client.Close()
	detailed := c.line.has("show-detailed-stats")
	if !c.line.has("hide-header") {
		first := "start.time, end.time"
		if detailed {
			first = "time, threadId"
		}
		c.std.printf("%s, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n", first)
	}
	wanted := c.line.number("num-records")
	if c.line.has("messages") {
		wanted = c.line.number("messages")
	}
	if err := c.consume(ctx, wanted, detailed); err != nil || ctx.Err() != nil {
		return err
	}
	end := time.Now()
	if c.records < wanted {
		c.std.printf("WARNING: Exiting before consuming the expected number of records: timeout (%d ms) exceeded. You can use the --timeout option to increase the timeout.\n",
			c.line.number("timeout"))
	}
	if !detailed {
		c.report(c.time(c.begun)+", "+c.time(end), c.records, c.bytes, end.Sub(c.begun))
	}
	if c.line.has("print-metrics") {
		c.metrics.print(c.std)
	}
	return nil
}

// consume reads whole polls, so that more records than wanted may be counted, as in Kafka's tool.
func (c *consumerPerf) consume(ctx context.Context, wanted int64, detailed bool) error {
	timeout := time.Duration(c.line.number("timeout")) * time.Millisecond
	interval := time.Duration(c.line.number("reporting-interval")) * time.Millisecond
	c.lastReport = c.begun
	for last := time.Now(); c.records < wanted && time.Since(last) <= timeout && ctx.Err() == nil; {
		poll, cancel := context.WithTimeout(ctx, min(timeout, 100*time.Millisecond))
		fetches := c.client.PollRecords(poll, 500) // max.poll.records of a Java consumer
		cancel()
		for _, fault := range fetches.Errors() {
			if !errors.Is(fault.Err, context.DeadlineExceeded) && !errors.Is(fault.Err, context.Canceled) {
				return fault.Err
			}
		}
		fetches.EachRecord(func(r *kgo.Record) {
			last = time.Now()
			c.records++
			c.bytes += int64(len(r.Key) + len(r.Value))
			if detailed && last.Sub(c.lastReport) >= interval {
				c.reportInterval(last)
			}
		})
	}
	return nil
}

// reportInterval prints totals beside the rates since the last report.
func (c *consumerPerf) reportInterval(now time.Time) {
	elapsed := now.Sub(c.lastReport)
	joined := int64(0)
	if c.lastReport.Equal(c.begun) {
		joined = c.assigned.Load()
	}
	fetching := elapsed.Milliseconds() - joined
	records, size := c.records-c.lastRecords, float64(c.bytes-c.lastBytes)/mebibyte
	c.std.printf("%s, 0, %.4f, %.4f, %d, %.4f, %d, %d, %.4f, %.4f\n", c.time(now), float64(c.bytes)/mebibyte, size/elapsed.Seconds(),
		c.records, float64(records)/elapsed.Seconds(), joined, fetching, perSecond(size, fetching), perSecond(float64(records), fetching))
	c.lastReport, c.lastRecords, c.lastBytes = now, c.records, c.bytes
}

// report prints the line of the whole run.
func (c *consumerPerf) report(times string, records, bytes int64, elapsed time.Duration) {
	size, joined := float64(bytes)/mebibyte, c.assigned.Load()
	fetching := elapsed.Milliseconds() - joined
	c.std.printf("%s, %.4f, %.4f, %d, %.4f, %d, %d, %.4f, %.4f\n", times, size, size/elapsed.Seconds(), records, float64(records)/elapsed.Seconds(),
		joined, fetching, perSecond(size, fetching), perSecond(float64(records), fetching))
}

// perSecond is a rate; none when no time went by.
func perSecond(amount float64, millis int64) float64 {
	if millis <= 0 {
		return 0
	}
	return amount / float64(millis) * 1000
}
