package kafkatools

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/javanum"
)

const (
	formatterPackage = "org.apache.kafka.tools.consumer."
	defaultFormatter = formatterPackage + "DefaultMessageFormatter"
)

// formatter prints records. flush writes what is buffered.
type formatter interface {
	write(r *kgo.Record) error
	flush() error
}

// newFormatter builds the formatter that --formatter names.
func newFormatter(line *commandLine, std Streams) (formatter, error) {
	props := Properties{}
	if path := line.value("formatter-config"); path != "" {
		loaded, err := LoadProperties(path)
		if err != nil {
			return nil, err
		}
		props = loaded
	}
	for _, option := range []string{"key-deserializer", "value-deserializer"} {
		if class := line.value(option); class != "" {
			props[strings.ReplaceAll(option, "-", ".")] = class
		}
	}
	props = props.merge(parseKeyValues(line.values("formatter-property")))
	out := bufio.NewWriterSize(std.Out, 64<<10)
	class := line.value("formatter")
	switch name, _ := strings.CutPrefix(class, formatterPackage); name {
	case "DefaultMessageFormatter", "LoggingMessageFormatter": // the second one also logs, which there is no log for here
		return newRecordFormatter(out, props)
	case "NoOpMessageFormatter":
		return noFormatter{}, nil
	case "OffsetsMessageFormatter":
		return &internalFormatter{out: out, decode: decodeOffset}, nil
	case "GroupMetadataMessageFormatter":
		return &internalFormatter{out: out, decode: decodeGroup}, nil
	case "TransactionLogMessageFormatter":
		return &internalFormatter{out: out, decode: decodeTransaction}, nil
	}
	return nil, usageError(class)
}

// noFormatter prints nothing.
type noFormatter struct{}

func (noFormatter) write(*kgo.Record) error { return nil }

func (noFormatter) flush() error { return nil }

// recordFormatter is Kafka's DefaultMessageFormatter.
type recordFormatter struct {
	out                                           *bufio.Writer
	timestamp, partition, offset, delivery, epoch bool
	headers, key, value                           bool
	keySeparator, lineSeparator, headersSeparator string
	nullLiteral                                   string
	keyDecoder, valueDecoder, headersDecoder      decoder
}

func newRecordFormatter(out *bufio.Writer, props Properties) (*recordFormatter, error) {
	for key, value := range map[string]string{
		"print.value": "true", "key.separator": "\t", "line.separator": "\n", "headers.separator": ",", "null.literal": "null",
	} {
		props.setDefault(key, value)
	}
	f := &recordFormatter{
		out: out, timestamp: props.isTrue("print.timestamp"), partition: props.isTrue("print.partition"),
		offset: props.isTrue("print.offset"), delivery: props.isTrue("print.delivery"), epoch: props.isTrue("print.epoch"),
		headers: props.isTrue("print.headers"), key: props.isTrue("print.key"), value: props.isTrue("print.value"),
		keySeparator: props["key.separator"], lineSeparator: props["line.separator"],
		headersSeparator: props["headers.separator"], nullLiteral: props["null.literal"],
	}
	var errs [3]error
	f.keyDecoder, errs[0] = newDecoder(props["key.deserializer"])
	f.valueDecoder, errs[1] = newDecoder(props["value.deserializer"])
	f.headersDecoder, errs[2] = newDecoder(props["headers.deserializer"])
	return f, firstError(errs[:]...)
}

func (f *recordFormatter) flush() error { return f.out.Flush() }

func (f *recordFormatter) write(r *kgo.Record) error {
	var columns []string
	add := func(enabled bool, column func() string) {
		if enabled {
			columns = append(columns, column())
		}
	}
	add(f.timestamp, func() string { return timestampColumn(r) })
	add(f.partition, func() string { return "Partition:" + strconv.Itoa(int(r.Partition)) })
	add(f.offset, func() string { return "Offset:" + strconv.FormatInt(r.Offset, 10) })
	// Java's console consumer drops the leader epoch of a record before it prints it; only share consumers count deliveries.
	add(f.delivery, func() string { return "Delivery:NOT_PRESENT" })
	add(f.epoch, func() string { return "Epoch:NOT_PRESENT" })
	var err error
	decode := func(decode decoder, raw []byte) string {
		if raw == nil {
			return f.nullLiteral
		}
		text, decodeErr := decode(raw)
		err = firstError(err, decodeErr)
		return text
	}
	add(f.headers, func() string {
		return f.headersColumn(r, func(value []byte) string { return decode(f.headersDecoder, value) })
	})
	add(f.key, func() string { return decode(f.keyDecoder, r.Key) })
	add(f.value, func() string { return decode(f.valueDecoder, r.Value) })
	if err != nil || len(columns) == 0 {
		return err
	}
	f.out.WriteString(strings.Join(columns, f.keySeparator))
	_, err = f.out.WriteString(f.lineSeparator)
	return err
}

func (f *recordFormatter) headersColumn(r *kgo.Record, decode func([]byte) string) string {
	if len(r.Headers) == 0 {
		return "NO_HEADERS"
	}
	var pairs []string
	for _, h := range r.Headers {
		pairs = append(pairs, h.Key+":"+decode(h.Value))
	}
	return strings.Join(pairs, f.headersSeparator)
}

func timestampColumn(r *kgo.Record) string {
	kind := map[int8]string{0: "CreateTime", 1: "LogAppendTime"}[r.Attrs.TimestampType()]
	if kind == "" {
		return "NO_TIMESTAMP"
	}
	return kind + ":" + strconv.FormatInt(r.Timestamp.UnixMilli(), 10)
}

// decoder renders bytes as Java's deserializer of some type, followed by toString, does.
type decoder func([]byte) (string, error)

// newDecoder finds one of Kafka's own deserializers by class name; "" copies the bytes.
func newDecoder(class string) (decoder, error) {
	name := strings.TrimPrefix(class, "org.apache.kafka.common.serialization.")
	switch name {
	case "", "StringDeserializer", "ByteArrayDeserializer", "BytesDeserializer", "ByteBufferDeserializer":
		return func(b []byte) (string, error) { return string(b), nil }, nil
	case "LongDeserializer":
		return sized(name, 8, func(b []byte) string { return strconv.FormatInt(int64(binary.BigEndian.Uint64(b)), 10) }), nil
	case "IntegerDeserializer":
		return sized(name, 4, func(b []byte) string { return strconv.Itoa(int(int32(binary.BigEndian.Uint32(b)))) }), nil
	case "ShortDeserializer":
		return sized(name, 2, func(b []byte) string { return strconv.Itoa(int(int16(binary.BigEndian.Uint16(b)))) }), nil
	case "DoubleDeserializer":
		return sized(name, 8, func(b []byte) string { return javanum.Double(math.Float64frombits(binary.BigEndian.Uint64(b))) }), nil
	case "FloatDeserializer":
		return sized(name, 4, func(b []byte) string { return javanum.Float(math.Float32frombits(binary.BigEndian.Uint32(b))) }), nil
	case "BooleanDeserializer":
		return sized(name, 1, func(b []byte) string { return strconv.FormatBool(b[0] != 0) }), nil
	}
	return nil, usagef("%s: this tool knows Kafka's own deserializers for strings, bytes, numbers and booleans; others need Java", class)
}

func sized(name string, size int, render func([]byte) string) decoder {
	return func(b []byte) (string, error) {
		if len(b) != size {
			return "", fmt.Errorf("org.apache.kafka.common.errors.SerializationException: Size of data received by %s is not %d", name, size)
		}
		return render(b), nil
	}
}
