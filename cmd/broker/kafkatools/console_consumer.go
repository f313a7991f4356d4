package kafkatools

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// consoleConsumer is one run of kafka-console-consumer.
type consoleConsumer struct {
	line      *commandLine
	std       Streams
	props     Properties
	formatter formatter
	start     kgo.Offset // of --partition
	client    *kgo.Client
	positions *groupPositions // nil without a group that commits
	count     int64
	limit     int64
	timeout   time.Duration
}

func runConsoleConsumer(ctx context.Context, args []string, std Streams) int {
	set := consoleConsumerOptions()
	line, err := set.parse(args)
	if err != nil {
		return std.misuse(set, err.Error())
	}
	if code, done := std.helpOrVersion(line, "Read topics and print their records."); done {
		return code
	}
	consumer := &consoleConsumer{line: line, std: std}
	err = consumer.configure()
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err == nil {
		err = consumer.run(ctx)
	}
	if err != nil {
		std.errorf("ERROR Unknown error when running consumer:\n%s\n", javaString(err))
		return exitFailed
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitOK
}

// configure checks the options and fills everything but the client.
func (c *consoleConsumer) configure() error {
	if err := checkConsoleConsumerArgs(c.line, c.std); err != nil {
		return err
	}
	files, err := c.line.clientFiles()
	if err != nil {
		return err
	}
	extra := parseKeyValues(c.line.values("command-property"))
	group, err := c.groupID(files, extra)
	if err != nil {
		return err
	}
	c.props = files.merge(extra)
	c.props["bootstrap.servers"] = c.line.value("bootstrap-server")
	if c.start, err = c.startOffset(); err != nil {
		return err
	}
	if err := c.setResetPolicy(); err != nil {
		return err
	}
	c.props.setDefault("client.id", "console-consumer")
	if c.line.has("isolation-level") {
		c.props["isolation.level"] = c.line.value("isolation-level")
	}
	c.props["group.id"] = group
	if group == "" {
		c.props["group.id"] = "console-consumer-" + strconv.Itoa(rand.IntN(100000))
		c.props.setDefault("enable.auto.commit", "false")
	}
	if c.formatter, err = newFormatter(c.line, c.std); err != nil {
		return err
	}
	return c.setLimits()
}

// setLimits reads --max-messages and --timeout-ms; negative ones are none.
func (c *consoleConsumer) setLimits() error {
	if err := c.line.checkTypes(); err != nil {
		return err
	}
	c.limit, c.timeout = math.MaxInt64, math.MaxInt64
	if n := c.line.number("max-messages"); c.line.has("max-messages") && n >= 0 {
		c.limit = n
	}
	if n := c.line.number("timeout-ms"); c.line.has("timeout-ms") && n >= 0 {
		c.timeout = time.Duration(min(n, math.MaxInt64/int64(time.Millisecond))) * time.Millisecond
	}
	return nil
}

// groupID returns the group that --group, a file and a property name together, "" when none does.
func (c *consoleConsumer) groupID(files, extra Properties) (string, error) {
	var groups []string
	for _, group := range []string{c.line.value("group"), files["group.id"], extra["group.id"]} {
		if group != "" && !slices.Contains(groups, group) {
			groups = append(groups, group)
		}
	}
	switch {
	case len(groups) > 1:
		return "", usagef("The group ids provided in different places (directly using '--group', via '--consumer-property', "+
			"or via '--consumer.config') do not match. Detected group ids: '%s'", strings.Join(groups, "', '"))
	case len(groups) == 1 && c.line.has("partition"):
		return "", usagef("Options group and partition cannot be specified together.")
	case len(groups) == 0:
		return "", nil
	}
	return groups[0], nil
}

func (c *consoleConsumer) setResetPolicy() error {
	policy, set := c.props["auto.offset.reset"]
	if set && policy != "earliest" && c.line.has("from-beginning") {
		return errors.New("Can't simultaneously specify --from-beginning and 'auto.offset.reset=" + policy + "', please remove one option")
	}
	if !set {
		c.props["auto.offset.reset"] = map[bool]string{true: "earliest", false: "latest"}[c.line.has("from-beginning")]
	}
	return nil
}

// startOffset is where --partition starts.
func (c *consoleConsumer) startOffset() (kgo.Offset, error) {
	value := c.line.value("offset")
	if !c.line.has("offset") && c.line.has("from-beginning") {
		value = "earliest"
	}
	switch strings.ToLower(value) {
	case "earliest":
		return kgo.NewOffset().AtStart(), nil
	case "latest":
		return kgo.NewOffset().AtEnd(), nil
	}
	offset, err := strconv.ParseInt(value, 10, 64)
	if err != nil || offset < 0 {
		return kgo.Offset{}, usagef("The provided offset value '%s' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long.", value)
	}
	return kgo.NewOffset().At(offset), nil
}

func (c *consoleConsumer) options() ([]kgo.Opt, error) {
	opts, err := c.props.ClientOptions()
	if err != nil {
		return nil, err
	}
	consume, err := c.props.ConsumerOptions()
	if err != nil {
		return nil, err
	}
	opts = append(append(opts, consume...), kgo.AllowAutoTopicCreation(), kgo.MetadataMinAge(metadataRetryPause))
	if c.line.has("partition") {
		partition := map[int32]kgo.Offset{int32(c.line.number("partition")): c.start}
		return append(opts, kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{c.line.value("topic"): partition})), nil
	}
	group, err := c.props.GroupOptions()
	if err != nil {
		return nil, err
	}
	opts = append(opts, group...)
	if commit, set := c.props["enable.auto.commit"]; set && !strings.EqualFold(commit, "true") {
		opts = append(opts, kgo.DisableAutoCommit())
	} else {
		interval, err := c.props.millis("auto.commit.interval.ms", 5*time.Second)
		if err != nil {
			return nil, err
		}
		c.positions = newGroupPositions(c.props["auto.offset.reset"], interval)
		opts = append(opts, c.positions.options()...)
	}
	if c.line.has("topic") {
		return append(opts, kgo.ConsumeTopics(c.line.value("topic"))), nil
	}
	pattern, err := includePattern(c.line.value("include"))
	if err != nil {
		return nil, err
	}
	return append(opts, kgo.ConsumeRegex(), kgo.ConsumeTopics(pattern.String()), kgo.ConsumeExcludeTopics(`^__.*`)), nil
}

func (c *consoleConsumer) run(ctx context.Context) error {
	opts, err := c.options()
	if err != nil {
		return err
	}
	if c.client, err = kgo.NewClient(opts...); err != nil {
		return err
	}
	defer c.close()
	if c.positions != nil {
		committing, stop := context.WithCancel(ctx)
		var done sync.WaitGroup
		done.Go(func() { c.positions.run(committing, c.client) })
		defer done.Wait()
		defer stop()
	}
	c.awaitAssignment(ctx)
	for c.count < c.limit {
		records, err := c.poll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			c.std.errorf("ERROR Error processing message, terminating consumer process:\n%s\n", javaString(err))
			return nil
		}
		if err := c.print(records[:min(c.limit-c.count, int64(len(records)))]); err != nil {
			return err
		}
	}
	return nil
}

func (c *consoleConsumer) print(records []*kgo.Record) error {
	for _, record := range records {
		c.count++
		if err := c.formatter.write(record); err != nil {
			if !c.line.has("skip-message-on-error") {
				return err
			}
			c.std.errorf("ERROR Error processing message, skipping this message:\n%s\n", javaString(err))
		}
		if c.positions != nil {
			c.positions.consumed(record)
		}
	}
	return c.formatter.flush()
}

// close commits what was printed and leaves the group.
func (c *consoleConsumer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if c.positions != nil {
		c.positions.commit(ctx, c.client)
	}
	c.client.Close()
	c.std.errorf("Processed a total of %d messages\n", c.count)
	if c.line.has("enable-systest-events") {
		c.std.printf("shutdown_complete\n")
	}
}

const (
	closeTimeout = 10 * time.Second
	// A member of a KIP-848 group learns its partitions with its second heartbeat, which the Go client sends after
	// group.consumer.heartbeat.interval.ms, by default 5 s. Java's client does not wait, so that time does not count for --timeout-ms.
	assignmentGrace = 6 * time.Second
)

func (c *consoleConsumer) awaitAssignment(ctx context.Context) {
	if c.positions == nil || !strings.EqualFold(c.props["group.protocol"], "consumer") {
		return
	}
	select {
	case <-ctx.Done():
	case <-c.positions.assigned:
	case <-time.After(assignmentGrace):
	}
}

var errNoRecord = errors.New("org.apache.kafka.common.errors.TimeoutException")

// poll waits for records, at most --timeout-ms. Errors that pass by themselves (a broker that is away, a topic that does not
// exist yet) are waited out, as a Java consumer does.
func (c *consoleConsumer) poll(ctx context.Context) ([]*kgo.Record, error) {
	if c.timeout < math.MaxInt64 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	for {
		fetches := c.client.PollFetches(ctx)
		for _, failure := range fetches.Errors() {
			if code, ok := errors.AsType[*kerr.Error](failure.Err); ok && !code.Retriable && !errors.Is(code, kerr.UnknownTopicOrPartition) {
				return nil, failure.Err
			}
		}
		if records := fetches.Records(); len(records) > 0 {
			slices.SortStableFunc(records, func(a, b *kgo.Record) int {
				return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
			})
			return records, nil
		}
		if ctx.Err() != nil {
			return nil, errNoRecord
		}
	}
}
