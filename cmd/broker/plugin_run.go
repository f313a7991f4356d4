package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// calls are the functions of a plugin that commands can call, in the order in which one is chosen.
func calls() []string { return []string{"serialize", "validate", "deserialize", "partition"} }

// pluginCall is how a command calls a plugin.
type pluginCall struct {
	function   string
	config     string
	key        bool
	topic      string
	partitions int32
}

func (c *pluginCall) register(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.function, "call", "", "validate, serialize, deserialize or partition (default: the first that it has of serialize, validate, deserialize, partition)")
	f.StringVar(&c.config, "config", "", "configuration of the plugin")
	f.BoolVar(&c.key, "as-key", false, "bind it as the serializer of keys instead of values")
	f.StringVar(&c.topic, "topic", "test", "topic that the plugin sees")
	f.Int32Var(&c.partitions, "partitions", 6, "number of partitions that the plugin sees")
	_ = cmd.RegisterFlagCompletionFunc("call", cobra.FixedCompletions(calls(), cobra.ShellCompDirectiveNoFileComp))
}

// caller calls a plugin with a batch: verdicts of a serializer, or partitions.
type caller struct {
	bound      plugin.Bound
	serialize  func(context.Context, *plugin.Batch, *plugin.Outcome) error
	partition  func(context.Context, *plugin.Batch, []int32) error
	outcome    plugin.Outcome
	partitions []int32
}

// choose checks the function that is to be called, or chooses one that the plugin has.
func (c *pluginCall) choose(has plugin.Functions) error {
	bits := map[string]plugin.Functions{"serialize": plugin.CanSerialize, "validate": plugin.CanValidate,
		"deserialize": plugin.CanDeserialize, "partition": plugin.CanPartition}
	if c.function == "" {
		i := slices.IndexFunc(calls(), func(name string) bool { return has.Has(bits[name]) })
		if i < 0 {
			return misusef("the plugin has none of the functions that records can be run through: %s", strings.Join(calls(), ", "))
		}
		c.function = calls()[i]
	}
	switch bit := bits[c.function]; {
	case bit == 0:
		return misusef("--call %q is not one of %s", c.function, strings.Join(calls(), ", "))
	case !has.Has(bit):
		return misusef("the plugin has no function %s: it has %s", c.function, has)
	}
	return nil
}

// bind binds the plugin for the function that is called.
func (c *pluginCall) bind(ctx context.Context, p program) (*caller, error) {
	if err := c.choose(p.Info().Functions); err != nil {
		return nil, err
	}
	b := plugin.Binding{Kind: plugin.KindValueSerializer, Name: "run", Target: c.topic}
	if c.key {
		b.Kind = plugin.KindKeySerializer
	}
	if c.config != "" {
		b.Config = []byte(c.config)
	}
	if c.function == "partition" {
		b.Kind = plugin.KindPartitioner
		bound, err := p.Partitioner(ctx, b)
		if err != nil {
			return nil, err
		}
		return &caller{bound: bound, partition: bound.Partition}, nil
	}
	bound, err := p.Serializer(ctx, b)
	if err != nil {
		return nil, err
	}
	made := &caller{bound: bound, serialize: bound.Validate}
	switch c.function {
	case "serialize":
		made.serialize = bound.Serialize
	case "deserialize":
		made.serialize = bound.Deserialize
	}
	return made, nil
}

// call runs a batch through the plugin.
func (c *caller) call(ctx context.Context, b *plugin.Batch) error {
	if c.partition == nil {
		return c.serialize(ctx, b, &c.outcome)
	}
	c.partitions = slices.Grow(c.partitions[:0], len(b.Records))[:len(b.Records)]
	return c.partition(ctx, b, c.partitions)
}

// runAnswer is what the plugin said about a record.
type runAnswer struct {
	Record    int               `json:"record"` // from 1
	Action    string            `json:"action"`
	Partition *int32            `json:"partition,omitempty"`
	Code      int32             `json:"code,omitempty"`
	Message   string            `json:"message,omitempty"`
	Key       *string           `json:"key,omitempty"`
	Value     *string           `json:"value,omitempty"`
	Headers   map[string]string `json:"headers,omitempty"`
}

func newPluginRunCommand(a *app) *cobra.Command {
	var call pluginCall
	var flags produceFlags
	cmd := &cobra.Command{
		Use: "run FILE", Short: "Run records of standard input through a plugin, without a broker", Args: cobra.ExactArgs(1),
		Long: "Run records of standard input through a plugin, without a broker: a line of output for each line of input, with --format json an\n" +
			"object. Lines are read as 'broker produce' reads them.",
		Example:           "  echo '{\"id\":-1}' | broker plugin run positive.wasm",
		ValidArgsFunction: completeModules,
		RunE: func(cmd *cobra.Command, args []string) error {
			b, err := readModule(args[0])
			if err != nil {
				return err
			}
			parse, err := flags.parser(call.topic)
			if err != nil {
				return err
			}
			return withProgram(cmd.Context(), args[0], b, func(_ *wasm.Engine, p program) error {
				bound, err := call.bind(cmd.Context(), p)
				if err != nil {
					return err
				}
				defer bound.bound.Close()
				return a.runLines(cmd.Context(), bound, &call, parse)
			})
		},
	}
	call.register(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.input, "input", "lines", "form of the input: lines or json")
	f.StringVar(&flags.key, "key", "", "key of every record")
	f.StringVarP(&flags.keySeparator, "key-separator", "k", "", "what separates the key from the value in a line; no keys when absent")
	f.StringArrayVarP(&flags.headers, "header", "H", nil, "header of every record as name=value, repeatable")
	_ = cmd.RegisterFlagCompletionFunc("input", cobra.FixedCompletions([]string{"lines", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// maxLine is the longest line of the input, in bytes.
const maxLine = 16 << 20

func (a *app) runLines(ctx context.Context, c *caller, call *pluginCall, parse func(string) (*kgo.Record, error)) error {
	lines := bufio.NewScanner(a.std.In)
	lines.Buffer(nil, maxLine)
	for n := 1; lines.Scan(); n++ {
		parsed, err := parse(lines.Text())
		if err != nil {
			return err
		}
		batch := call.batch([]plugin.Record{recordOf(parsed)})
		if err := c.call(ctx, batch); err != nil {
			return fmt.Errorf("record %d: %w", n, err)
		}
		if err := a.printAnswer(c.answer(n)); err != nil {
			return err
		}
	}
	return lines.Err()
}

// batch is what the plugin sees of records.
func (c *pluginCall) batch(records []plugin.Record) *plugin.Batch {
	return &plugin.Batch{Topic: c.topic, NumPartitions: max(c.partitions, 1), ClientID: "broker-plugin", Records: records}
}

func recordOf(r *kgo.Record) plugin.Record {
	out := plugin.Record{Key: r.Key, Value: r.Value}
	if !r.Timestamp.IsZero() {
		out.Timestamp = r.Timestamp.UnixMilli()
	}
	for _, h := range r.Headers {
		out.Headers = append(out.Headers, record.RecordHeader{Key: []byte(h.Key), Value: h.Value})
	}
	return out
}

// answer is what the plugin said about the one record of the last call.
func (c *caller) answer(n int) runAnswer {
	if c.partition != nil {
		return runAnswer{Record: n, Action: "partition", Partition: &c.partitions[0]}
	}
	v := &c.outcome.Verdicts()[0]
	answer := runAnswer{Record: n, Action: v.Action.String(), Code: v.Code, Message: string(v.Message)}
	switch v.Action {
	case plugin.Failed:
		answer.Message = v.Failure.Error()
	case plugin.Replace:
		answer.Key, answer.Value = textOf(v.Key), textOf(v.Value)
		for _, h := range v.Headers {
			if answer.Headers == nil {
				answer.Headers = map[string]string{}
			}
			answer.Headers[string(h.Key)] = string(h.Value)
		}
	default: // has no more to tell
	}
	return answer
}

func textOf(b []byte) *string {
	if b == nil {
		return nil
	}
	text := string(b)
	return &text
}

func (a *app) printAnswer(r runAnswer) error {
	if a.global.format == formatJSON {
		return a.printJSONLine(r)
	}
	line := strconv.Itoa(r.Record) + "  " + r.Action
	switch {
	case r.Partition != nil && *r.Partition == plugin.NoPartition:
		line += " as the client likes"
	case r.Partition != nil:
		line += " " + strconv.Itoa(int(*r.Partition))
	case r.Action == plugin.Replace.String():
		line += " key=" + quoted(r.Key) + " value=" + quoted(r.Value)
	case r.Message != "":
		line += ": " + r.Message
	}
	_, err := fmt.Fprintln(a.std.Out, line)
	return err
}

func quoted(s *string) string {
	if s == nil {
		return "null"
	}
	return strconv.Quote(*s)
}
