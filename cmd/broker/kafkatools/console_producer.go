package kafkatools

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func consoleProducerOptions() optionSet {
	return optionSet{
		{name: "topic", argument: requiredArgument, label: "topic", help: "REQUIRED: the topic to send to."},
		{name: "sync", help: "Wait for the answer to each record before reading the next line; the first failure ends the tool."},
		{name: "compression-codec", argument: optionalArgument, label: "compression-codec",
			help: "none, gzip, snappy, lz4 or zstd; gzip when no codec follows."},
		{name: "batch-size", argument: requiredArgument, kind: integer, label: "size", fallback: "16384", help: "Bytes of a batch at which it is sent (batch.size); a longer record is a batch of its own."},
		{name: "message-send-max-retries", argument: requiredArgument, kind: integer, fallback: "3", help: "How often a record is sent again (retries)."},
		{name: "retry-backoff-ms", argument: requiredArgument, kind: long, fallback: "100", help: "Pause before sending again (retry.backoff.ms)."},
		{name: "timeout", argument: requiredArgument, kind: long, label: "timeout_ms", fallback: "1000",
			help: "How long a record may wait for others to fill a batch (linger.ms)."},
		{name: "request-required-acks", argument: requiredArgument, label: "request required acks", fallback: "-1", help: "0, 1, -1 or all (acks)."},
		{name: "request-timeout-ms", argument: requiredArgument, kind: integer, label: "request timeout ms", fallback: "1500",
			help: "How long a broker may take to answer (request.timeout.ms); one that hangs is given up after twice this time."},
		{name: "metadata-expiry-ms", argument: requiredArgument, kind: long, label: "metadata expiration interval", fallback: "300000",
			help: "Age at which metadata is fetched again (metadata.max.age.ms)."},
		{name: "max-block-ms", argument: requiredArgument, kind: long, label: "max block on send", fallback: "60000",
			help: "How long to wait for the topic to exist (max.block.ms). Full buffers are waited for without limit."},
		{name: "max-memory-bytes", argument: requiredArgument, kind: long, label: "total memory in bytes", fallback: "33554432",
			help: "Bytes of records waiting to be sent (buffer.memory)."},
		{name: "max-partition-memory-bytes", argument: requiredArgument, kind: integer, label: "memory in bytes per partition",
			fallback: "16384", help: "Old name of --batch-size, and stronger than it."},
		{name: "line-reader", argument: requiredArgument, label: "reader_class", help: "Only Kafka's own LineMessageReader: other classes need Java."},
		{name: "socket-buffer-size", argument: requiredArgument, kind: integer, label: "size", fallback: "102400", help: "Send buffer of connections (send.buffer.bytes)."},
		{name: "property", argument: requiredArgument, label: "prop", many: true, help: "Old name of --reader-property."},
		{name: "reader-property", argument: requiredArgument, label: "prop", many: true,
			help: "key=value for the line reader: parse.key, parse.headers, key.separator, headers.delimiter, headers.separator, " +
				"headers.key.separator, ignore.error, null.marker."},
		{name: "reader-config", argument: requiredArgument, label: "config file", help: "A file of reader properties."},
		{name: "producer-property", argument: requiredArgument, label: "producer_prop", many: true, help: "Old name of --command-property."},
		{name: "command-property", argument: requiredArgument, label: "producer_prop", many: true, help: "key=value of a Java producer property."},
		{name: "producer.config", argument: requiredArgument, label: "config file", help: "Old name of --command-config."},
	}.withCommon()
}

func runConsoleProducer(ctx context.Context, args []string, std Streams) int {
	set := consoleProducerOptions()
	line, err := set.parse(args)
	if err != nil {
		return std.misuse(set, err.Error())
	}
	const about = "Read lines from standard input and send each as a record to a topic."
	if len(args) == 0 {
		return std.misuse(set, about)
	}
	if code, done := std.helpOrVersion(line, about); done {
		return code
	}
	err = checkConsoleProducerArgs(line, std)
	if misuse, ok := errors.AsType[usageError](err); ok {
		return std.misuse(set, misuse.Error())
	}
	if err == nil {
		err = produceLines(ctx, line, std)
	}
	if err != nil && ctx.Err() == nil {
		std.errorf("%s\n", javaString(err))
		return exitFailed
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return exitOK
}

func checkConsoleProducerArgs(line *commandLine, std Streams) error {
	if err := line.required("topic"); err != nil {
		return err
	}
	if !line.has("bootstrap-server") {
		return usagef("Error while validating the bootstrap address\n")
	}
	if _, err := bootstrapServers(line.value("bootstrap-server")); err != nil {
		return usagef("Please provide valid host:port like host1:9091,host2:9092\n")
	}
	renamed := []struct{ old, now, kind string }{
		{"producer-property", "command-property", "Warning: --%s is deprecated and will be removed in a future version. Use --%s instead.\n"},
		{"producer.config", "command-config", "Warning: --%s is deprecated and will be removed in a future version. Use --%s instead.\n"},
		{"property", "reader-property", "Warning: --%s is deprecated and will be removed in a future version. Use --%s instead.\n"},
	}
	for _, r := range renamed {
		if err := line.rename(r.old, r.now, std, r.kind); err != nil {
			return err
		}
	}
	return line.checkTypes()
}

// rename treats a deprecated option as its successor, after printing the warning that the tool has for it.
func (c *commandLine) rename(old, now string, std Streams, warning string) error {
	if !c.has(old) {
		return nil
	}
	if c.has(now) {
		return usagef("Options --%s and --%s cannot be specified together.", now, old)
	}
	std.printf(warning, old, now)
	c.given[now] = c.given[old]
	return nil
}

// producerProperties merges the options and files; command line properties win over files, both over the options' defaults.
func producerProperties(line *commandLine) (Properties, error) {
	props, err := line.clientFiles()
	if err != nil {
		return nil, err
	}
	props = props.merge(parseKeyValues(line.values("command-property")))
	props["bootstrap.servers"] = line.value("bootstrap-server")
	if line.has("compression-codec") {
		props["compression.type"] = nonEmpty(line.value("compression-codec"), "gzip")
	}
	props.setDefault("client.id", "console-producer")
	for option, key := range map[string]string{
		"timeout": "linger.ms", "request-required-acks": "acks", "request-timeout-ms": "request.timeout.ms",
		"message-send-max-retries": "retries", "max-memory-bytes": "buffer.memory", "metadata-expiry-ms": "metadata.max.age.ms",
		"max-block-ms": "max.block.ms", "retry-backoff-ms": "retry.backoff.ms", "socket-buffer-size": "send.buffer.bytes",
		"batch-size": "batch.size",
	} {
		if line.has(option) {
			props[key] = line.value(option)
		}
		props.setDefault(key, line.value(option))
	}
	if line.has("max-partition-memory-bytes") {
		props["batch.size"] = line.value("max-partition-memory-bytes")
	}
	return props, nil
}

func produceLines(ctx context.Context, line *commandLine, std Streams) error {
	reader, err := newLineReader(line)
	if err != nil {
		return err
	}
	props, err := producerProperties(line)
	if err != nil {
		return err
	}
	client, err := newProducer(ctx, line.value("topic"), props, 0)
	if err != nil {
		return err
	}
	defer client.Close()
	sender := &lineSender{client: client, std: std, sync: line.has("sync"), props: props}
	defer sender.close()
	readErr := reader.each(ctx, std, func(r *kgo.Record) error { return sender.send(ctx, r) })
	// What was read before an error or an interrupt is still sent, as Java's close() does.
	flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return firstError(readErr, client.Flush(flush))
}
