package recordschema

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/twmb/franz-go/pkg/kbin"

	"github.com/jackdawmq/jackdaw/cmd/broker/kafkatools/javanum"
	"github.com/jackdawmq/jackdaw/core/kafka"
)

// errShort says that a record ends too early, or that a length in it is not believed.
var errShort = errors.New("the record is cut short or damaged")

// decoder reads one record. Its reader remembers the first fault, so callers look at it once.
type decoder struct {
	kbin.Reader
	version  int16
	newest   int16 // version of the record that the table knows
	flexible bool  // KIP-482: compact lengths and tagged fields
}

// object reads the fields of a record or struct and appends them as a JSON object.
func (d *decoder) object(out []byte, fields []field) []byte {
	values := make([][]byte, len(fields))
	for i, f := range fields {
		if f.tag < 0 && f.has(d.version) {
			values[i] = d.value(nil, f)
		}
	}
	if d.flexible {
		d.tags(fields, values)
	}
	out = append(out, '{')
	comma := ""
	for i, f := range fields {
		if values[i] == nil || f.tag >= 0 && string(values[i]) == f.absent {
			continue
		}
		out = append(out, comma...)
		out = strconv.AppendQuote(out, f.name)
		out = append(append(out, ':'), values[i]...)
		comma = ","
	}
	return append(out, '}')
}

func (f field) has(version int16) bool { return version >= f.oldest }

// tags reads the tagged fields behind the others. Unknown ones are skipped.
func (d *decoder) tags(fields []field, values [][]byte) {
	for range d.Uvarint() {
		tag, size := d.Uvarint(), d.Uvarint()
		inner := decoder{Reader: kbin.Reader{Src: d.Span(int(size))}, version: d.version, newest: d.newest, flexible: true}
		if !d.Ok() {
			return
		}
		for i, f := range fields {
			if f.tag == int(tag) && f.has(d.version) {
				values[i] = inner.value(nil, f)
			}
		}
		if !inner.Ok() {
			d.Span(-1) // makes this reader faulty too
			return
		}
	}
}

// value reads a field and appends its JSON.
func (d *decoder) value(out []byte, f field) []byte {
	if !f.list {
		return d.element(out, f)
	}
	n := d.listLength()
	if n < 0 {
		return append(out, "null"...)
	}
	out = append(out, '[')
	for i := range n {
		if i > 0 {
			out = append(out, ',')
		}
		if out = d.element(out, f); !d.Ok() {
			break // a length that lies must not cost more than the bytes that are there
		}
	}
	return append(out, ']')
}

func (d *decoder) listLength() int32 {
	if d.flexible {
		return d.CompactArrayLen()
	}
	return d.ArrayLen()
}

func (d *decoder) element(out []byte, f field) []byte {
	switch f.kind {
	case "int8":
		return strconv.AppendInt(out, int64(d.Int8()), 10)
	case "int16":
		return strconv.AppendInt(out, int64(d.Int16()), 10)
	case "uint16":
		return strconv.AppendInt(out, int64(d.Uint16()), 10)
	case "int32":
		return strconv.AppendInt(out, int64(d.Int32()), 10)
	case "int64":
		return strconv.AppendInt(out, d.Int64(), 10)
	case "float64":
		return append(out, javanum.Double(d.Float64())...)
	case "bool":
		return strconv.AppendBool(out, d.Bool())
	case "uuid":
		return strconv.AppendQuote(out, kafka.TopicID(d.Uuid()).String())
	case "string":
		return appendText(out, d.text())
	case "bytes":
		return d.bytes(out, f.nullable)
	}
	if d.version > d.newest {
		d.Span(-1) // no guess at what a newer struct has: the reader is faulty from here on
		return out
	}
	return d.object(out, f.fields)
}

// bytes appends bytes in base64.
func (d *decoder) bytes(out []byte, nullable bool) []byte {
	raw := d.CompactNullableBytes()
	if raw == nil && nullable {
		return append(out, "null"...)
	}
	return append(base64.StdEncoding.AppendEncode(append(out, '"'), raw), '"')
}

func (d *decoder) text() *string {
	if d.flexible {
		return d.CompactNullableString()
	}
	return d.NullableString()
}

// appendText appends a string as Kafka's JSON library does: without escapes for HTML. nil is null.
func appendText(out []byte, text *string) []byte {
	if text == nil {
		return append(out, "null"...)
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(*text) // a string always encodes
	return append(out, bytes.TrimSuffix(buffer.Bytes(), []byte("\n"))...)
}

// render decodes src, all of it, as a record of the given version.
func (r *record) render(src []byte, version int16, flexible bool) ([]byte, error) {
	d := decoder{Reader: kbin.Reader{Src: src}, version: version, newest: r.newest, flexible: flexible}
	out := d.object(nil, r.fields)
	if !d.Ok() {
		return nil, errShort
	}
	if rest := len(d.Src); rest > 0 {
		return nil, &garbageError{rest}
	}
	return out, nil
}

// garbageError says that bytes follow the last field.
type garbageError struct{ bytes int }

func (e *garbageError) Error() string { return fmt.Sprintf("%d byte(s) of garbage follow", e.bytes) }
