package kafkatools

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// lineReader turns lines into records as Kafka's LineMessageReader does: [headers TAB] [key TAB] value.
type lineReader struct {
	topic               string
	parseKey            bool
	parseHeaders        bool
	keySeparator        string
	headersDelimiter    string
	headersSeparator    *regexp.Regexp
	headersKeySeparator string
	ignoreError         bool
	nullMarker          *string // nil for none
	lineNumber          int
}

// newLineReader reads --reader-property, --reader-config and --line-reader.
func newLineReader(line *commandLine) (*lineReader, error) {
	if class := line.value("line-reader"); class != "" && class != "org.apache.kafka.tools.LineMessageReader" {
		return nil, fmt.Errorf("java.lang.ClassNotFoundException: %s (without Java, only LineMessageReader can read lines)", class)
	}
	props := Properties{}
	if path := line.value("reader-config"); path != "" {
		loaded, err := LoadProperties(path)
		if err != nil {
			return nil, err
		}
		props = loaded
	}
	props = props.merge(parseKeyValues(line.values("reader-property")))
	return configureLineReader(line.value("topic"), props)
}

func configureLineReader(topic string, props Properties) (*lineReader, error) {
	props.setDefault("key.separator", "\t")
	props.setDefault("headers.delimiter", "\t")
	props.setDefault("headers.separator", ",")
	props.setDefault("headers.key.separator", ":")
	for _, pair := range [][2]string{
		{"headers.delimiter", "headers.separator"}, {"headers.delimiter", "headers.key.separator"},
		{"headers.separator", "headers.key.separator"}, {"null.marker", "key.separator"},
		{"null.marker", "headers.separator"}, {"null.marker", "headers.delimiter"}, {"null.marker", "headers.key.separator"},
	} {
		if props[pair[0]] == props[pair[1]] {
			return nil, fmt.Errorf("org.apache.kafka.common.KafkaException: %s and %s may not be equal", pair[0], pair[1])
		}
	}
	separator, err := regexp.Compile(props["headers.separator"])
	if err != nil {
		return nil, fmt.Errorf("headers.separator: %w", err)
	}
	reader := &lineReader{
		topic: topic, parseKey: props.isTrue("parse.key"), parseHeaders: props.isTrue("parse.headers"),
		keySeparator: props["key.separator"], headersDelimiter: props["headers.delimiter"], headersSeparator: separator,
		headersKeySeparator: props["headers.key.separator"], ignoreError: props.isTrue("ignore.error"),
	}
	if marker, ok := props["null.marker"]; ok {
		reader.nullMarker = &marker
	}
	return reader, nil
}

// each calls do for the record of every line until the input ends, do fails or ctx is done.
func (l *lineReader) each(ctx context.Context, std Streams, do func(*kgo.Record) error) error {
	return EachLine(ctx, std, func(line string) error {
		record, err := l.record(line)
		if err != nil {
			return err
		}
		return do(record)
	})
}

// record parses one line.
func (l *lineReader) record(line string) (*kgo.Record, error) {
	l.lineNumber++
	record := &kgo.Record{Topic: l.topic}
	rest := line
	if l.parseHeaders {
		headers, after, err := l.cut(line, rest, l.headersDelimiter, "headers delimiter")
		if err != nil {
			return nil, err
		}
		if headers != nil && !l.isNull(*headers) {
			if record.Headers, err = l.headers(*headers); err != nil {
				return nil, err
			}
		}
		rest = after
	}
	if l.parseKey {
		key, after, err := l.cut(line, rest, l.keySeparator, "key separator")
		if err != nil {
			return nil, err
		}
		if key != nil && !l.isNull(*key) {
			record.Key = []byte(*key)
		}
		rest = after
	}
	if !l.isNull(rest) {
		record.Value = []byte(rest)
	}
	return record, nil
}

func (l *lineReader) isNull(s string) bool { return l.nullMarker != nil && s == *l.nullMarker }

// cut splits rest at the separator. With ignore.error a missing separator leaves rest whole.
func (l *lineReader) cut(line, rest, separator, name string) (part *string, after string, err error) {
	before, after, found := strings.Cut(rest, separator)
	if found {
		return &before, after, nil
	}
	if l.ignoreError {
		return nil, rest, nil
	}
	return nil, "", fmt.Errorf("org.apache.kafka.common.KafkaException: No %s found on line number %d: '%s'", name, l.lineNumber, line)
}

func (l *lineReader) headers(list string) ([]kgo.RecordHeader, error) {
	pairs := l.headersSeparator.Split(list, -1)
	for len(pairs) > 1 && pairs[len(pairs)-1] == "" {
		pairs = pairs[:len(pairs)-1] // Java's split drops empty strings at the end
	}
	var headers []kgo.RecordHeader
	for _, pair := range pairs {
		key, value, found := strings.Cut(pair, l.headersKeySeparator)
		switch {
		case !found && l.ignoreError:
			headers = append(headers, kgo.RecordHeader{Key: pair})
			continue
		case !found:
			return nil, fmt.Errorf("org.apache.kafka.common.KafkaException: No header key separator found in pair '%s' on line number %d", pair, l.lineNumber)
		case l.isNull(key):
			return nil, fmt.Errorf("org.apache.kafka.common.KafkaException: Header keys should not be equal to the null marker '%s' as they can't be null", key)
		}
		header := kgo.RecordHeader{Key: key}
		if !l.isNull(value) {
			header.Value = []byte(value)
		}
		headers = append(headers, header)
	}
	return headers, nil
}
