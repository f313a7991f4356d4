package vectors_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/record"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

func parse(t *testing.T, text string) []vectors.Group {
	t.Helper()
	groups, err := vectors.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return groups
}

func TestParse(t *testing.T) {
	groups := parse(t, `
# a comment
{"call": "serialize", "bind": "key.serializer", "topic": "orders", "partitions": 3, "config": {"json": { "a":1 }}}
{"name": "first", "key": "k\n", "value": {"base64": "AP8="}, "headers": [["h", null], ["h", ""]], "timestamp": 5, "want": {"replace": {"key": null}}}
{"value": {"json": [1, "x"]}, "want": {"replace": {"value": "", "headers": []}}}

{"call": "partition", "config": "text"}
{"key": null, "want": {"partition": -1}}
{"call": "validate", "refused": "why"}
`)
	if len(groups) != 3 {
		t.Fatalf("%d groups", len(groups))
	}
	g := groups[0]
	if g.Binding.Kind != plugin.KindKeySerializer || g.Call != plugin.CanSerialize || string(g.Binding.Config) != `{ "a":1 }` ||
		g.Binding.Target != "orders" || g.Batch.Topic != "orders" || g.Batch.NumPartitions != 3 || g.Line != 3 {
		t.Errorf("%+v", g)
	}
	first, want := g.Batch.Records[0], g.Wants[0]
	if string(first.Key) != "k\n" || string(first.Value) != "\x00\xff" || first.Timestamp != 5 || len(first.Headers) != 2 ||
		first.Headers[0].Value != nil || first.Headers[1].Value == nil {
		t.Errorf("%+v", first)
	}
	if want.Name != "first" || want.Line != 4 || want.Verdict.Action != plugin.Replace || want.Verdict.Key != nil ||
		string(want.Verdict.Value) != "\x00\xff" || len(want.Verdict.Headers) != 2 {
		t.Errorf("%+v", want)
	}
	second := g.Wants[1].Verdict
	if string(g.Batch.Records[1].Value) != `[1, "x"]` || second.Value == nil || len(second.Value) != 0 || second.Headers != nil {
		t.Errorf("%+v", second)
	}
	if groups[1].Binding.Kind != plugin.KindPartitioner || groups[1].Wants[0].Partition != -1 ||
		string(groups[1].Binding.Config) != "text" {
		t.Errorf("%+v", groups[1])
	}
	if groups[2].Refused != "why" || groups[2].Binding.Config != nil {
		t.Errorf("%+v", groups[2])
	}
}

func TestParseErrors(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := vectors.Parse(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %q", text, err, want)
		}
	}
	validate := `{"call": "validate"}` + "\n"
	f("", "no vectors")
	f("# nothing\n", "no vectors")
	f(validate, "line 1: no records follow")
	f(`{"value": "x", "want": "keep"}`, "line 1: the first line must say what is called")
	f(`{"call": "run"}`, `line 1: call "run" is none of`)
	f(`{"call": "validate", "partitions": 0}`, "0 partitions")
	f(`{"call": "validate", "bind": "partitioner"}`, `can't be called on a "partitioner"`)
	f(`{"call": "partition", "bind": "key.serializer"}`, `can't be called on a "key.serializer"`)
	f(`{"call": "validate", "config": {"json": 1, "base64": ""}}`, "config: it is no null, text, ")
	f(`{"call": "validate", "confg": 1}`, `line 1: unknown field "confg"`)
	f(`{"call": "validate", "partitions": "six"}`, "line 1: partitions can't be a string")
	f(validate+`{"value": "x"}`, "line 2: want: what is missing is none of")
	f(validate+`{"value": "x", "want": "maybe"}`, `line 2: want: "maybe" is none of "keep", "drop", {"reject"`)
	f(validate+`{"value": "x", "want": {}}`, "want: it is none of")
	f(validate+`{"value": "x", "want": {"reject": 7}}`, "want: reject can't be a number")
	f(validate+`{"value": "x", "want": {"reject": "r", "replace": {}}}`, "none of")
	f(validate+`{"value": {"base64": "!"}, "want": "keep"}`, "illegal base64")
	f(validate+`{"value": 7, "want": "keep"}`, "line 2: value: 7 is no null, text, ")
	f(validate+`{"headers": [["h"]], "want": "keep"}`, `["h"] is no header: a header is [KEY, VALUE]`)
	f(validate+`{"headers": [7], "want": "keep"}`, "7 is no header")
	f(validate+`{"headers": [[null, "v"]], "want": "keep"}`, "can't be null")
	f(validate+`not JSON`, "line 2: this is no JSON object")
	f(`{"call": "partition"}`+"\n"+`{"key": "k", "want": {}}`, `{"partition": NUMBER} is missing`)
	f(`{"call": "partition"}`+"\n"+`{"key": "k", "want": 5}`, `{"partition": NUMBER} is missing`)
	f(`{"call": "partition"}`+"\n"+`{"key": "k"}`, `{"partition": NUMBER} is missing`)
	f(`{"call": "validate", "refused": "r"}`+"\n"+`{"value": "x", "want": "keep"}`, "line 2: a refused configuration has no records")
}

// fake is a plugin that rejects "bad", empties "x", drops "", and puts keys into the partition of their length.
type fake struct {
	plugin.Program
	closed int
}

// bound is what the fake's serializer and partitioner have in common.
type bound struct {
	plugin.Bound
	program *fake
}

func (b bound) Close() { b.program.closed++ }

func (f *fake) Serializer(_ context.Context, b plugin.Binding) (plugin.Serializer, error) {
	if string(b.Config) == "wrong" {
		return nil, errors.New("the configuration is wrong")
	}
	return serializer{bound{program: f}}, nil
}

func (f *fake) Partitioner(context.Context, plugin.Binding) (plugin.Partitioner, error) {
	return partitioner{bound{program: f}}, nil
}

type serializer struct{ bound }

func (s serializer) Serialize(_ context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	o.Reset(len(b.Records))
	for i, r := range b.Records {
		switch string(r.Value) {
		case "bad":
			o.Set(i, plugin.Verdict{Action: plugin.Reject, Code: 3, Message: []byte("bad value")})
		case "x":
			o.Set(i, plugin.Verdict{Action: plugin.Replace, Key: r.Key, Value: []byte{}, Headers: []record.RecordHeader{{Key: []byte("h")}}})
		case "":
			o.Set(i, plugin.Verdict{Action: plugin.Drop})
		}
	}
	return nil
}

func (s serializer) Validate(ctx context.Context, b *plugin.Batch, o *plugin.Outcome) error {
	return s.Serialize(ctx, b, o)
}

func (s serializer) Deserialize(context.Context, *plugin.Batch, *plugin.Outcome) error {
	return errors.New("not decoded")
}

type partitioner struct{ bound }

func (p partitioner) Partition(_ context.Context, b *plugin.Batch, out []int32) error {
	for i, r := range b.Records {
		out[i] = int32(len(r.Key))
	}
	return nil
}

func TestRun(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		program := &fake{}
		err := vectors.Run(t.Context(), program, parse(t, text))
		if len(want) == 0 && err != nil {
			t.Error(err)
		}
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%v, want %q", err, w)
			}
		}
	}
	f(`{"call": "serialize"}
{"value": "ok", "want": "keep"}
{"value": "bad", "want": {"reject": "bad value", "code": 3}}
{"key": "k", "value": "x", "want": {"replace": {"value": "", "headers": [["h", null]]}}}
{"want": "drop"}
{"call": "partition", "partitions": 6}
{"key": "abc", "want": {"partition": 3}}
{"call": "validate", "config": "wrong", "refused": "is wrong"}`)
	f(`{"call": "validate"}
{"name": "n", "value": "ok", "want": "drop"}
{"value": "bad", "want": {"reject": "bad value", "code": 4}}
{"value": "bad", "want": {"reject": "worse value", "code": 3}}
{"value": "x", "want": {"replace": {"value": null, "headers": [["h", null]]}}}
{"value": "x", "want": {"replace": {"value": "", "headers": [["h", ""]]}}}`,
		"line 2 (n): keep, want drop",
		`line 3: reject "bad value" (code 3), want reject "bad value" (code 4)`,
		`line 4: reject "bad value" (code 3), want reject "worse value" (code 3)`,
		`line 5: replace by key null, value "", header "h"=null, want replace by key null, value null, header "h"=null`,
		`line 6: `)
	f(`{"call": "partition"}
{"key": "abc", "want": {"partition": 2}}`, "line 2: partition 3, want 2")
	f(`{"call": "deserialize"}
{"want": "keep"}`, "line 1: not decoded")
	f(`{"call": "validate", "refused": "is wrong"}`, "line 1: the configuration was taken")
	f(`{"call": "validate", "config": "wrong", "refused": "is empty"}`, `line 1: refused with "the configuration is wrong"`)
	f(`{"call": "validate", "config": "wrong"}
{"want": "keep"}`, "line 1: the configuration is wrong")
}

func TestRunCloses(t *testing.T) {
	program := &fake{}
	groups := parse(t, `{"call": "validate"}
{"value": "ok", "want": "keep"}
{"call": "partition"}
{"key": "", "want": {"partition": 0}}`)
	if err := vectors.Run(t.Context(), program, groups); err != nil || program.closed != 2 {
		t.Errorf("%v, closed %d times, want 2", err, program.closed)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := vectors.Run(ended, program, groups); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"call": "serialize", "config": {"json": {}}}` + "\n" + `{"key": "k", "headers": [["a", null]], "want": {"replace": {"value": {"base64": "AA=="}}}}`)
	f.Add(`{"call": "partition", "partitions": 2}` + "\n" + `{"key": null, "want": {"partition": 1}}`)
	f.Add(`{"call": "validate", "refused": "x"}`)
	f.Fuzz(func(t *testing.T, text string) {
		groups, err := vectors.Parse(strings.NewReader(text))
		for _, g := range groups {
			if err == nil && len(g.Wants) != len(g.Batch.Records) {
				t.Errorf("%d wants for %d records", len(g.Wants), len(g.Batch.Records))
			}
		}
	})
}
