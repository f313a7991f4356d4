// Json-to-avro stores JSON as Avro. Producers send JSON; before the append it becomes Avro binary with the five bytes in
// front that Confluent's clients write (a zero and the number of the schema). Readers that ask for decoded records get JSON
// again. The binding's configuration is {"schema_id": NUMBER, "schema": AVRO SCHEMA}.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	jackdaw "github.com/jackdawmq/jackdaw/sdk/go"
)

// Codes of rejections.
const (
	notJSON  = 1 // the value is not JSON
	notValid = 2 // it does not match the schema
	notAvro  = 3 // stored bytes can't be decoded
)

// transcoder is the plugin's configuration.
var transcoder struct {
	schema *schema
	prefix []byte // what stands in front of every value
}

//go:wasmexport jd_configure
func jdConfigure(block, size uint32) uint64 { return jackdaw.Configure(block, size, configure) }

//go:wasmexport jd_interest
func jdInterest() int32 { return jackdaw.Value }

//go:wasmexport jd_serialize
func jdSerialize(block, size uint32) uint64 { return jackdaw.Each(block, size, serialize) }

//go:wasmexport jd_deserialize
func jdDeserialize(block, size uint32) uint64 { return jackdaw.Each(block, size, deserialize) }

func configure(c jackdaw.Config) error {
	var config struct {
		SchemaID *uint32         `json:"schema_id"`
		Schema   json.RawMessage `json:"schema"`
	}
	if err := json.Unmarshal(c.Config, &config); err != nil || config.SchemaID == nil || config.Schema == nil {
		return errors.New(`want {"schema_id": NUMBER, "schema": AVRO SCHEMA}`)
	}
	s, err := parseSchema(config.Schema)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	transcoder.schema = s
	transcoder.prefix = binary.BigEndian.AppendUint32([]byte{0}, *config.SchemaID)
	return nil
}

func serialize(r *jackdaw.Record, _ *jackdaw.Batch) jackdaw.Verdict {
	if r.Value == nil { // a tombstone
		return jackdaw.Keep()
	}
	value, err := parse(r.Value)
	if err != nil {
		return jackdaw.Reject(notJSON, "the value is not JSON: "+err.Error())
	}
	out := append(make([]byte, 0, len(r.Value)+len(transcoder.prefix)), transcoder.prefix...)
	if out, err = appendAvro(out, transcoder.schema, value); err != nil {
		return jackdaw.Reject(notValid, err.Error())
	}
	r.Value = out
	return jackdaw.Replace(*r)
}

// parse reads one JSON value. Numbers stay as they are written. (json.Decoder would do, but whatever calls Read on an
// io.Reader keeps os.File.Read in the module, and with it a WASI function that hosts of plugins do not have.)
func parse(text []byte) (any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("invalid UTF-8")
	}
	var value json.RawMessage
	if err := json.Unmarshal(text, &value); err != nil {
		return nil, err
	}
	return tree(value, 0)
}

// tree takes valid JSON apart.
func tree(text json.RawMessage, depth int) (any, error) {
	if depth == maxDepth {
		return nil, errors.New("too deeply nested")
	}
	switch text[0] {
	case '{':
		return object(text, depth)
	case '[':
		return array(text, depth)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		return json.Number(text), nil
	}
	var value any
	err := json.Unmarshal(text, &value)
	return value, err
}

func object(text json.RawMessage, depth int) (any, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	out := make(map[string]any, len(fields))
	for name, field := range fields {
		value, err := tree(field, depth+1)
		if err != nil {
			return nil, err
		}
		out[name] = value
	}
	return out, nil
}

func array(text json.RawMessage, depth int) (any, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return nil, err
	}
	out := make([]any, len(items))
	for i, item := range items {
		value, err := tree(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = value
	}
	return out, nil
}

func deserialize(r *jackdaw.Record, _ *jackdaw.Batch) jackdaw.Verdict {
	if r.Value == nil {
		return jackdaw.Keep()
	}
	avro, ok := bytes.CutPrefix(r.Value, transcoder.prefix)
	if !ok {
		return jackdaw.Reject(notAvro, "the value does not begin with the number of the schema")
	}
	d := decoder{rest: avro}
	d.value(transcoder.schema, 0)
	if d.err == nil && len(d.rest) > 0 {
		d.err = errors.New("something follows the end")
	}
	if d.err != nil {
		return jackdaw.Reject(notAvro, "the value is not Avro: "+d.err.Error())
	}
	r.Value = d.json
	return jackdaw.Replace(*r)
}

func main() {}
