// Package vectors reads and runs the test vectors of plugins: files that say what a plugin answers for given records.
// They are run before a version is deployed; sdk/README.md ("Test vectors") explains the format to authors.
package vectors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

// MaxSize is the size of a file of vectors in bytes at most.
const MaxSize = 16 << 20

// Group is one configuration of a plugin and the records that it is called with, in one batch.
type Group struct {
	Line    int // of the setting
	Binding plugin.Binding
	Call    plugin.Functions // exactly one
	// Refused is a part of the message with which the plugin refuses the configuration; then there are no records. Empty:
	// it takes it.
	Refused string
	Batch   plugin.Batch
	Wants   []Want // one for each record
}

// Want is the answer that a record must get.
type Want struct {
	Line      int
	Name      string         // may be empty
	Verdict   plugin.Verdict // of a serializer
	Partition int32          // of a partitioner
}

// setting and vector are the two kinds of lines.
type setting struct {
	Call       string          `json:"call"`
	Bind       string          `json:"bind"`
	Config     json.RawMessage `json:"config"`
	Topic      string          `json:"topic"`
	Partitions int32           `json:"partitions"`
	Refused    string          `json:"refused"`
}

type vector struct {
	Name      string            `json:"name"`
	Key       json.RawMessage   `json:"key"`
	Value     json.RawMessage   `json:"value"`
	Headers   []json.RawMessage `json:"headers"`
	Timestamp int64             `json:"timestamp"`
	Want      json.RawMessage   `json:"want"`
}

// Parse reads a file of vectors. Errors name the line.
func Parse(r io.Reader) ([]Group, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("the vectors are larger than %d bytes", MaxSize)
	}
	var groups []Group
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, MaxSize)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if groups, err = parseLine(groups, n, line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return groups, checkGroups(groups)
}

func parseLine(groups []Group, n int, line []byte) ([]Group, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return nil, fmt.Errorf("this is no JSON object: %w", err)
	}
	if _, ok := fields["call"]; ok {
		g, err := parseSetting(line)
		g.Line = n
		return append(groups, g), err
	}
	if len(groups) == 0 {
		return nil, errors.New(`the first line must say what is called: {"call": "validate"}`)
	}
	g := &groups[len(groups)-1]
	if g.Refused != "" {
		return nil, errors.New("a refused configuration has no records")
	}
	record, want, err := parseVector(line, g.Call)
	want.Line = n
	g.Batch.Records = append(g.Batch.Records, record)
	g.Wants = append(g.Wants, want)
	return groups, err
}

func checkGroups(groups []Group) error {
	if len(groups) == 0 {
		return errors.New("no vectors")
	}
	for i := range groups {
		if len(groups[i].Wants) == 0 && groups[i].Refused == "" {
			return fmt.Errorf("line %d: no records follow", groups[i].Line)
		}
	}
	return nil
}

func parseSetting(line []byte) (Group, error) {
	s := setting{Topic: "vectors", Partitions: 1}
	if err := strict(line, &s); err != nil {
		return Group{}, err
	}
	config, err := parseBytes(s.Config)
	if err != nil {
		return Group{}, fmt.Errorf("config: %w", err)
	}
	g := Group{
		Refused: s.Refused,
		Binding: plugin.Binding{Kind: plugin.KindValueSerializer, Name: "vectors", Target: s.Topic, Config: config},
		Batch:   plugin.Batch{Topic: s.Topic, NumPartitions: s.Partitions},
	}
	switch s.Call {
	case "validate":
		g.Call = plugin.CanValidate
	case "serialize":
		g.Call = plugin.CanSerialize
	case "deserialize":
		g.Call = plugin.CanDeserialize
	case "partition":
		g.Call, g.Binding.Kind, g.Batch.Partition = plugin.CanPartition, plugin.KindPartitioner, plugin.NoPartition
	default:
		return Group{}, fmt.Errorf("call %q is none of validate, serialize, deserialize, partition", s.Call)
	}
	switch {
	case s.Partitions < 1:
		return Group{}, fmt.Errorf("%d partitions", s.Partitions)
	case s.Bind == "", s.Bind == g.Binding.Kind.String():
	case s.Bind == plugin.KindKeySerializer.String() && g.Binding.Kind == plugin.KindValueSerializer:
		g.Binding.Kind = plugin.KindKeySerializer
	default:
		return Group{}, fmt.Errorf("%s can't be called on a %q", s.Call, s.Bind)
	}
	return g, nil
}

// strict is json.Unmarshal that refuses unknown fields, and says what is wrong in words for who wrote the file.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%s can't be a %s", wrong.Field, wrong.Value)
	}
	if err != nil {
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}
