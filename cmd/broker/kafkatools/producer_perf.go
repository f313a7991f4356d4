package kafkatools

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func producerPerfFlags() *flagSet {
	return &flagSet{
		program:     "kafka-producer-perf-test",
		description: "Sends records as fast as asked and reports throughput and latency.",
		flags: []flag{
			{name: "bootstrap-server", label: "BOOTSTRAP-SERVER", help: "Brokers to ask first."},
			{name: "topic", label: "TOPIC", required: true, help: "The topic to send to."},
			{name: "num-records", label: "NUM-RECORDS", kind: long, required: true, help: "How many records to send."},
			{name: "payload-delimiter", label: "PAYLOAD-DELIMITER", fallback: "\\n", help: "What ends a record in the file of --payload-file."},
			{name: "throughput", label: "THROUGHPUT", kind: long, required: true, help: "Records per second at most, about; -1 for no limit."},
			{name: "producer-props", label: "PROP-NAME=PROP-VALUE...", help: "Old name of --command-property."},
			{name: "command-property", label: "PROP-NAME=PROP-VALUE...", help: "Java client properties; they win over those of the file."},
			{name: "producer.config", label: "CONFIG-FILE", help: "Old name of --command-config."},
			{name: "command-config", label: "CONFIG-FILE", help: "A file of Java client properties."},
			{name: "print-metrics", help: "Print metrics of the client at the end: those of a Java client that this one has too."},
			{name: "transactional-id", label: "TRANSACTIONAL-ID", help: "Send in transactions with this id."},
			{name: "transaction-duration-ms", label: "TRANSACTION-DURATION", kind: long, help: "Commit after this time; 3000 when there is an id."},
			{name: "warmup-records", label: "WARMUP-RECORDS", kind: long, fallback: "0", help: "Report the records after these once more on their own."},
			{name: "reporting-interval", label: "INTERVAL-MS", kind: long, fallback: "5000", help: "Time between reports."},
			{name: "record-size", label: "RECORD-SIZE", kind: integer, help: "Size of each value in bytes, of random letters."},
			{name: "payload-file", label: "PAYLOAD-FILE", help: "A file of values; each is taken at random."},
			{name: "payload-monotonic", help: "Values are the numbers from 0."},
		},
	}
}

// producerPerf is one run of kafka-producer-perf-test (org.apache.kafka.tools.ProducerPerformance).
type producerPerf struct {
	given       flags
	std         Streams
	client      *kgo.Client
	payloads    [][]byte      // of --payload-file
	transaction time.Duration // 0 sends outside of transactions
	all, steady *perfStats    // steady is nil without --warmup-records
}

func runProducerPerf(ctx context.Context, args []string, std Streams) int {
	set := producerPerfFlags()
	args, extra := splitProperties(args)
	given, code, done := set.parse(args, std)
	if done {
		return code
	}
	if err := checkProducerPerf(given); err != nil {
		return set.fail(std, err)
	}
	p := &producerPerf{given: given, std: std}
	if err := p.run(ctx, extra); err != nil {
		std.errorf("Exception in thread \"main\" %s\n", javaString(err))
		return exitFailed
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitOK
}

// splitProperties joins the words behind --producer-props and --command-property, which take as many as there are, and returns them
// beside the other arguments.
func splitProperties(args []string) (rest, properties []string) {
	for i := 0; i < len(args); i++ {
		if args[i] != "--producer-props" && args[i] != "--command-property" {
			rest = append(rest, args[i])
			continue
		}
		rest = append(rest, args[i], "given")
		for i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
			i++
			properties = append(properties, args[i])
		}
	}
	return rest, properties
}

func checkProducerPerf(given flags) error {
	sources := 0
	for _, name := range []string{"record-size", "payload-file", "payload-monotonic"} {
		if given.has(name) {
			sources++
		}
	}
	switch {
	case sources == 0:
		return errors.New("one of the arguments --record-size --payload-file --payload-monotonic is required")
	case sources > 1:
		return errors.New("argument --record-size, --payload-file and --payload-monotonic: not allowed with each other")
	case given.has("record-size") && given.number("record-size") <= 0:
		return errors.New("--record-size should be greater than zero.")
	case given.number("num-records") <= 0:
		return errors.New("--num-records should be greater than zero.")
	case given.number("warmup-records") >= given.number("num-records"):
		return errors.New("The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.")
	case given.number("reporting-interval") <= 0:
		return errors.New("--reporting-interval should be greater than zero.")
	case given.has("transaction-duration-ms") && given.number("transaction-duration-ms") <= 0:
		return errors.New("--transaction-duration-ms should be greater than zero.")
	case given.has("producer-props") && given.has("command-property"):
		return errors.New("--producer-props and --command-property cannot be specified together.")
	}
	return nil
}

func (p *producerPerf) run(ctx context.Context, extra []string) error {
	props, err := p.properties(extra)
	if err == nil {
		err = p.readPayloads()
	}
	if err != nil {
		return err
	}
	metrics := newClientMetrics("producer", props)
	if p.client, err = newProducer(ctx, p.given["topic"], props, p.largest(), kgo.WithHooks(metrics)); err != nil {
		return err
	}
	defer p.client.Close()
	interval := time.Duration(p.given.number("reporting-interval")) * time.Millisecond
	p.all = newPerfStats(p.std, interval, "")
	if p.given.number("warmup-records") > 0 {
		p.std.printf("Warmup first %d records. Steady state results will print after the complete test summary.\n", p.given.number("warmup-records"))
	}
	if err := p.sendAll(ctx); err != nil {
		return err
	}
	p.all.printTotal()
	if p.steady != nil {
		p.steady.printTotal()
	}
	if p.given.has("print-metrics") {
		metrics.print(p.std)
	}
	return nil
}

// properties merges the file, the single properties and the options, as Kafka's tool does.
func (p *producerPerf) properties(extra []string) (Properties, error) {
	if p.given.has("producer-props") {
		p.std.printf("Option --producer-props has been deprecated and will be removed in a future version. Use --command-property instead.\n")
	}
	files, err := p.given.clientProperties("producer.config", p.std)
	if err != nil {
		return nil, err
	}
	for _, pair := range extra {
		if !strings.Contains(pair, "=") {
			return nil, fmt.Errorf("java.lang.IllegalArgumentException: Invalid property: %s", pair)
		}
	}
	if !p.given.has("bootstrap-server") {
		delete(files, "bootstrap.servers")
	}
	props := files.merge(parseKeyValues(extra))
	if p.given.has("bootstrap-server") {
		props["bootstrap.servers"] = p.given["bootstrap-server"]
	}
	props.setDefault("client.id", "perf-producer-client")
	if p.given.has("transactional-id") {
		props["transactional.id"] = p.given["transactional-id"]
	}
	if p.given.has("transaction-duration-ms") {
		p.transaction = time.Duration(p.given.number("transaction-duration-ms")) * time.Millisecond
		props.setDefault("transactional.id", "performance-producer-"+strconv.FormatUint(rand.Uint64(), 36))
	} else if props["transactional.id"] != "" {
		p.transaction = 3 * time.Second
	}
	return props, nil
}

func (p *producerPerf) readPayloads() error {
	if !p.given.has("payload-file") {
		return nil
	}
	path, err := filepath.Abs(p.given["payload-file"])
	if err != nil {
		return err
	}
	p.std.printf("Reading payloads from: %s\n", path)
	raw, err := os.ReadFile(path)
	if err != nil || len(raw) == 0 {
		return errors.New("java.lang.IllegalArgumentException: File does not exist or empty file provided.")
	}
	delimiter := strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r").Replace(p.given["payload-delimiter"])
	for text := range strings.SplitSeq(strings.TrimSuffix(string(raw), delimiter), delimiter) {
		p.payloads = append(p.payloads, []byte(text))
	}
	p.std.printf("Number of records read: %d\n", len(p.payloads))
	return nil
}

// payload returns the value of record number i.
func (p *producerPerf) payload(i int64) []byte {
	switch {
	case p.given.has("payload-monotonic"):
		return strconv.AppendInt(nil, i, 10)
	case len(p.payloads) > 0:
		return p.payloads[rand.IntN(len(p.payloads))]
	}
	value := make([]byte, p.given.number("record-size"))
	for i := range value {
		value[i] = byte('A' + rand.IntN(26))
	}
	return value
}

// largest is the size of the longest value.
func (p *producerPerf) largest() int64 {
	longest := p.given.number("record-size")
	for _, payload := range p.payloads {
		longest = max(longest, int64(len(payload)))
	}
	return longest
}

func (p *producerPerf) sendAll(ctx context.Context) error {
	pace := newPace(p.given.number("throughput"))
	var begun time.Time
	for i := int64(0); i < p.given.number("num-records") && ctx.Err() == nil; i++ {
		if warmup := p.given.number("warmup-records"); warmup > 0 && i == warmup {
			p.steady = newPerfStats(p.std, 0, " steady state")
		}
		if p.transaction > 0 && begun.IsZero() {
			if err := p.client.BeginTransaction(); err != nil {
				return err
			}
			begun = time.Now()
		}
		p.send(ctx, p.payload(i))
		if p.transaction > 0 && time.Since(begun) >= p.transaction {
			begun = time.Time{}
			if err := p.commit(ctx); err != nil {
				return err
			}
		}
		pace.wait(ctx)
	}
	if !begun.IsZero() {
		return p.commit(ctx)
	}
	return p.client.Flush(ctx)
}

func (p *producerPerf) commit(ctx context.Context) error {
	if err := p.client.Flush(ctx); err != nil {
		return err
	}
	return p.client.EndTransaction(ctx, kgo.TryCommit)
}

func (p *producerPerf) send(ctx context.Context, value []byte) {
	start, steady := time.Now(), p.steady
	p.client.Produce(ctx, &kgo.Record{Topic: p.given["topic"], Value: value}, func(_ *kgo.Record, err error) {
		if err != nil {
			p.all.fail(javaString(err))
			return
		}
		p.all.add(time.Since(start), len(value))
		if steady != nil {
			steady.add(time.Since(start), len(value))
		}
	})
}
