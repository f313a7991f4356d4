package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	jackdaw "github.com/jackdawmq/jackdaw/sdk/go"
)

// The vectors in testdata test the plugin as a host sees it; these tests look for what nobody thought of.

const treeSchema = `{"schema_id": 1, "schema": {"type": "record", "name": "Node", "fields": [
	{"name": "label", "type": ["null", "boolean", "long", "double", "string"]},
	{"name": "children", "type": {"type": "array", "items": "Node"}, "default": []},
	{"name": "named", "type": {"type": "map", "values": "Node"}, "default": {}}]}}`

func use(t testing.TB, config string) {
	t.Helper()
	if err := configure(jackdaw.Config{Config: []byte(config)}); err != nil {
		t.Fatal(err)
	}
}

// FuzzParse compares the parser with encoding/json's.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"a": [1, -0.5e+3, true, null, "x\u00e9\n"]}`, `"\ud83d\ude00"`, `[1,]`, `01`, `1.`, `{"a" 1}`, "\"\x01\"", `"\x"`, ` `, `-`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := parse(text)
		if err != nil && strings.Contains(err.Error(), "too deeply nested") {
			return
		}
		if valid := json.Valid(text) && utf8.Valid(text); valid != (err == nil) {
			t.Errorf("%q: %v, but valid is %v", text, err, valid)
		}
	})
}

// FuzzDecode: stored bytes may be anything; what is JSON afterwards becomes Avro again.
func FuzzDecode(f *testing.F) {
	use(f, treeSchema)
	for _, s := range []string{"\x00\x00\x00", "\x04\x06\x02\x02\x01\x00\x00\x00\x00", "\x08\x02x\x00\x02\x02k\x00\x00\x00\x00", "\x00\x01\x02\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, avro []byte) {
		d := decoder{rest: avro}
		d.value(transcoder.schema, 0)
		if d.err != nil {
			return
		}
		v, err := parse(d.json)
		if err != nil {
			if !strings.Contains(err.Error(), "too deeply nested") {
				t.Fatalf("%q decodes to %q: %v", avro, d.json, err)
			}
			return
		}
		if _, err := appendAvro(nil, transcoder.schema, &v); err != nil {
			t.Fatalf("%q: %v", d.json, err)
		}
	})
}

func TestRoundTrip(t *testing.T) {
	use(t, treeSchema)
	want := `{"label":"a","children":[{"label":-7,"children":[],"named":{}}],"named":{"x":{"label":0.5,"children":[],"named":{}}}}`
	v, err := parse([]byte(want))
	if err != nil {
		t.Fatal(err)
	}
	avro, err := appendAvro(nil, transcoder.schema, &v)
	if err != nil {
		t.Fatal(err)
	}
	d := decoder{rest: avro}
	d.value(transcoder.schema, 0)
	if string(d.json) != want || d.err != nil {
		t.Errorf("%s %v, want %s", d.json, d.err, want)
	}
}
