package kafkatools

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/javanum"
)

func verifiableProducerFlags() *flagSet {
	return &flagSet{
		program:     "verifiable-producer",
		description: "Sends increasing numbers to a topic and prints one line of JSON for each: acknowledged, or not and why.",
		flags: []flag{
			{name: "topic", label: "TOPIC", required: true, help: "The topic to send to."},
			{name: "max-messages", label: "MAX-MESSAGES", kind: integer, fallback: "-1", help: "How many records to send; -1 until interrupted."},
			{name: "throughput", label: "THROUGHPUT", kind: integer, fallback: "-1", help: "Records per second at most, about; -1 for no limit."},
			{name: "acks", label: "ACKS", kind: integer, fallback: "-1", choices: []string{"0", "1", "-1"}, help: "Acknowledgements to wait for."},
			{name: "producer.config", label: "CONFIG-FILE", help: "Old name of --command-config."},
			{name: "message-create-time", label: "CREATE-TIME", kind: long, fallback: "-1",
				help: "Timestamp of the first record in ms since the epoch; the clock runs on from there."},
			{name: "value-prefix", label: "VALUE-PREFIX", kind: integer, help: "A number put before each value, with a dot."},
			{name: "repeating-keys", label: "REPEATING-KEYS", kind: integer, help: "Give records the keys 0 up to this number, round and round."},
			{name: "command-config", label: "CONFIG-FILE", help: "A file of Java client properties."},
			{name: "bootstrap-server", label: "HOST1:PORT1[,HOST2:PORT2[...]]", required: true, help: "Brokers to ask first."},
		},
	}
}

// verifiableProducer is one run of kafka-verifiable-producer.
type verifiableProducer struct {
	events *eventWriter
	given  flags
	client *kgo.Client
	start  time.Time
	sent   int64
	acked  atomic.Int64
}

type sendSuccess struct {
	event
	Key       *string `json:"key"`
	Value     string  `json:"value"`
	Offset    int64   `json:"offset"`
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
}

type sendError struct {
	event
	Exception string  `json:"exception"`
	Key       *string `json:"key"`
	Value     string  `json:"value"`
	Topic     string  `json:"topic"`
	Message   string  `json:"message"`
}

type toolData struct {
	event
	Sent             int64       `json:"sent"`
	Acked            int64       `json:"acked"`
	TargetThroughput int64       `json:"target_throughput"`
	AvgThroughput    json.Number `json:"avg_throughput"`
}

func runVerifiableProducer(ctx context.Context, args []string, std Streams) int {
	set := verifiableProducerFlags()
	given, code, done := set.parse(args, std)
	if done {
		return code
	}
	props, err := given.clientProperties("producer.config", std)
	if err != nil {
		return set.fail(std, err)
	}
	props.setDefault("acks", given["acks"])
	props.setDefault("retries", "0") // each failure is reported, as in Kafka's tool
	if props["acks"] != "-1" && props["acks"] != "all" {
		props.setDefault("enable.idempotence", "false")
	}
	client, err := newProducer(ctx, given["topic"], props, 0)
	if err != nil {
		std.errorf("%s\n", javaString(err))
		return exitFailed
	}
	p := &verifiableProducer{events: &eventWriter{std: std}, given: given, client: client, start: time.Now()}
	p.run(ctx)
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitOK
}

// clientProperties reads the file of --command-config or of its deprecated name.
func (f flags) clientProperties(deprecated string, std Streams) (Properties, error) {
	path := f["command-config"]
	if f.has(deprecated) {
		if path != "" {
			return nil, errors.New("Options --" + deprecated + " and --command-config are mutually exclusive.")
		}
		std.printf("Option --%s has been deprecated and will be removed in a future version. Use --command-config instead.\n", deprecated)
		path = f[deprecated]
	}
	props := Properties{}
	if path != "" {
		loaded, err := LoadProperties(path)
		if err != nil {
			return nil, err
		}
		props = loaded
	}
	if f.has("bootstrap-controller") {
		props["bootstrap.controllers"] = f["bootstrap-controller"]
	} else {
		props["bootstrap.servers"] = f["bootstrap-server"]
	}
	return props, nil
}

func (p *verifiableProducer) run(ctx context.Context) {
	p.events.print(newEvent("startup_complete"))
	pace := newPace(p.given.number("throughput"))
	limit := p.given.number("max-messages")
	for i := int64(0); (limit < 0 || i < limit) && ctx.Err() == nil; i++ {
		p.send(ctx, i)
		pace.wait(ctx)
	}
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	_ = p.client.Flush(flush) // what could not be sent is reported by its own event
	p.client.Close()
	p.events.print(newEvent("shutdown_complete"))
	acked := p.acked.Load()
	average := 1000 * float64(acked) / float64(max(1, time.Since(p.start).Milliseconds()))
	p.events.print(toolData{newEvent("tool_data"), p.sent, acked, p.given.number("throughput"), json.Number(javanum.Double(average))})
}

func (p *verifiableProducer) send(ctx context.Context, i int64) {
	value := strconv.FormatInt(i, 10)
	if p.given.has("value-prefix") {
		value = p.given["value-prefix"] + "." + value
	}
	record := &kgo.Record{Topic: p.given["topic"], Value: []byte(value)}
	var key *string
	if keys := p.given.number("repeating-keys"); p.given.has("repeating-keys") && keys > 0 {
		text := strconv.FormatInt(i%keys, 10)
		key, record.Key = &text, []byte(text)
	}
	if created := p.given.number("message-create-time"); created >= 0 {
		record.Timestamp = time.UnixMilli(created).Add(time.Since(p.start))
	}
	p.sent++
	p.client.Produce(context.WithoutCancel(ctx), record, func(r *kgo.Record, err error) {
		if err != nil {
			p.events.print(sendError{newEvent("producer_send_error"), javaClass(err), key, value, r.Topic, javaText(err)})
			return
		}
		p.acked.Add(1)
		p.events.print(sendSuccess{newEvent("producer_send_success"), key, value, r.Offset, r.Topic, r.Partition})
	})
}

// javaClass names an error as Java's getClass().toString() does.
func javaClass(err error) string {
	if code, ok := errors.AsType[*kerr.Error](err); ok {
		return "class org.apache.kafka.common.errors." + javaException(code)
	}
	if isUnreachable(err) || strings.Contains(err.Error(), "timeout") {
		return "class org.apache.kafka.common.errors.TimeoutException"
	}
	return "class org.apache.kafka.common.KafkaException"
}

// pace spreads calls evenly over time.
type pace struct {
	interval time.Duration // 0 for no limit
	next     time.Time
}

func newPace(perSecond int64) *pace {
	p := &pace{next: time.Now()}
	if perSecond > 0 {
		p.interval = time.Second / time.Duration(perSecond)
	}
	return p
}

// wait returns when the next call is due. It never catches up on more than one second of delay.
func (p *pace) wait(ctx context.Context) {
	if p.interval == 0 {
		return
	}
	now := time.Now()
	p.next = p.next.Add(p.interval)
	if p.next.Before(now.Add(-time.Second)) {
		p.next = now.Add(-time.Second)
	}
	if delay := p.next.Sub(now); delay > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(delay):
		}
	}
}
