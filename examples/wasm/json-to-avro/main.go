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
	if out, err = appendAvro(out, transcoder.schema, &value); err != nil {
		return jackdaw.Reject(notValid, err.Error())
	}
	r.Value = out
	return jackdaw.Replace(*r)
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
