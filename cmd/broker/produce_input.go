package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// namedPartitioner obeys the partition that a record names, and else chooses like the partitioner within. Records that
// name none have a negative one.
type namedPartitioner struct{ kgo.Partitioner }

// ForTopic is called by the client.
func (p namedPartitioner) ForTopic(topic string) kgo.TopicPartitioner {
	return namedTopicPartitioner{p.Partitioner.ForTopic(topic)}
}

type namedTopicPartitioner struct{ kgo.TopicPartitioner }

// RequiresConsistency keeps a named partition even when it has no leader.
func (p namedTopicPartitioner) RequiresConsistency(r *kgo.Record) bool {
	return r.Partition >= 0 || p.TopicPartitioner.RequiresConsistency(r)
}

// Partition returns the partition of r out of n.
func (p namedTopicPartitioner) Partition(r *kgo.Record, n int) int {
	if r.Partition >= 0 {
		return int(r.Partition)
	}
	return p.TopicPartitioner.Partition(r, n)
}

// OnNewBatch lets the partitioner within change the partition of records without a key.
func (p namedTopicPartitioner) OnNewBatch() {
	if sticky, ok := p.TopicPartitioner.(kgo.TopicPartitionerOnNewBatch); ok {
		sticky.OnNewBatch()
	}
}

// parser returns the function that makes a record of a line.
func (f produceFlags) parser(topic string) (func(string) (*kgo.Record, error), error) {
	var headers []kgo.RecordHeader
	for _, word := range f.headers {
		name, value, found := strings.Cut(word, "=")
		if !found {
			return nil, misusef("--header %q is not of the form name=value", word)
		}
		headers = append(headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	parse := f.parseLine
	switch {
	case f.input == "json":
		parse = newJSONParser()
	case f.input != "lines":
		return nil, misusef("--input %q is neither lines nor json", f.input)
	}
	return func(line string) (*kgo.Record, error) {
		record, err := parse(line)
		if err != nil {
			return nil, err
		}
		record.Topic = topic
		record.Headers = append(record.Headers, headers...)
		if f.key != "" && record.Key == nil {
			record.Key = []byte(f.key)
		}
		if record.Partition < 0 {
			record.Partition = f.partition
		}
		return record, nil
	}, nil
}

func (f produceFlags) parseLine(line string) (*kgo.Record, error) {
	if f.keySeparator == "" {
		return &kgo.Record{Value: []byte(line), Partition: -1}, nil
	}
	key, value, found := strings.Cut(line, f.keySeparator)
	if !found {
		return nil, fmt.Errorf("the line %q has no key separator %q", shortened(line), f.keySeparator)
	}
	return &kgo.Record{Key: []byte(key), Value: []byte(value), Partition: -1}, nil
}

func shortened(line string) string {
	if len(line) > 60 {
		return line[:60] + "..."
	}
	return line
}

// jsonRecord is a line of --input json; "consume --format json" writes lines of this form.
type jsonRecord struct {
	Key       json.RawMessage   `json:"key"`
	Value     json.RawMessage   `json:"value"`
	Headers   map[string]string `json:"headers"`
	Partition *int32            `json:"partition"`
	Timestamp int64             `json:"timestamp"`
}

func newJSONParser() func(string) (*kgo.Record, error) {
	number := 0
	return func(line string) (*kgo.Record, error) {
		number++
		var parsed jsonRecord
		if err := json.Unmarshal([]byte(line), &parsed); err != nil {
			return nil, fmt.Errorf("line %d of the input is no JSON object with key, value, headers, partition and timestamp: %w", number, err)
		}
		record := &kgo.Record{Key: jsonBytes(parsed.Key), Value: jsonBytes(parsed.Value), Partition: -1}
		for name, value := range parsed.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
		}
		slices.SortFunc(record.Headers, func(a, b kgo.RecordHeader) int { return cmp.Compare(a.Key, b.Key) })
		if parsed.Timestamp > 0 {
			record.Timestamp = time.UnixMilli(parsed.Timestamp)
		}
		if parsed.Partition != nil {
			record.Partition = *parsed.Partition
		}
		return record, nil
	}
}

// jsonBytes is the content of a JSON string, nil for null or absence, and the text of any other JSON value.
func jsonBytes(raw json.RawMessage) []byte {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return []byte(text)
	}
	return bytes.Clone(raw)
}
