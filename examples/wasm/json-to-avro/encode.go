package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// mismatch is the error for a value that does not match its schema.
type mismatch struct {
	path string // JSON pointer
	what string
}

func (m *mismatch) Error() string {
	if m.path == "" {
		return "the value " + m.what
	}
	return m.path + " " + m.what
}

func wrong(format string, args ...any) error { return &mismatch{what: fmt.Sprintf(format, args...)} }

// below puts a step in front of a mismatch's path.
func below(step string, err error) error {
	var m *mismatch
	if errors.As(err, &m) {
		m.path = "/" + step + m.path
	}
	return err
}

// appendAvro appends a JSON value in Avro binary.
func appendAvro(out []byte, s *schema, value any) ([]byte, error) {
	switch s.kind {
	case "union":
		return appendUnion(out, s, value)
	case "record":
		return appendRecord(out, s, value)
	case "array":
		return appendArray(out, s, value)
	case "map":
		return appendMap(out, s, value)
	case "null":
		if value == nil {
			return out, nil
		}
	case "boolean":
		if b, ok := value.(bool); ok {
			if b {
				return append(out, 1), nil
			}
			return append(out, 0), nil
		}
	case "int", "long", "float", "double":
		if n, ok := value.(json.Number); ok {
			return appendNumber(out, s.kind, string(n))
		}
	default:
		if text, ok := value.(string); ok {
			return appendText(out, s, text)
		}
	}
	return out, wrong("is %s, not %s", jsonType(value), s)
}

func appendNumber(out []byte, kind, text string) ([]byte, error) {
	bits := map[string]int{"int": 32, "long": 64, "float": 32, "double": 64}[kind]
	if kind == "int" || kind == "long" {
		n, err := strconv.ParseInt(text, 10, bits)
		if err != nil {
			return out, wrong("is %s, which is no %s", text, kind)
		}
		return binary.AppendVarint(out, n), nil // Avro's zigzag is Go's
	}
	f, err := strconv.ParseFloat(text, bits)
	switch {
	case err != nil:
		return out, wrong("is %s, which is no %s", text, kind)
	case bits == 32:
		return binary.LittleEndian.AppendUint32(out, math.Float32bits(float32(f))), nil
	}
	return binary.LittleEndian.AppendUint64(out, math.Float64bits(f)), nil
}

// appendText appends a string, bytes, fixed or enum. Each character of bytes stands for one byte.
func appendText(out []byte, s *schema, text string) ([]byte, error) {
	switch s.kind {
	case "string":
		return append(binary.AppendVarint(out, int64(len(text))), text...), nil
	case "enum":
		i := slices.Index(s.symbols, text)
		if i < 0 {
			return out, wrong("is no symbol of %s", s.name)
		}
		return binary.AppendVarint(out, int64(i)), nil
	}
	b := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return out, wrong("has a character above U+00FF, which stands for no byte")
		}
		b = append(b, byte(r))
	}
	if s.kind == "bytes" {
		return append(binary.AppendVarint(out, int64(len(b))), b...), nil
	}
	if len(b) != s.size {
		return out, wrong("has %d bytes, but %s has %d", len(b), s.name, s.size)
	}
	return append(out, b...), nil
}

// appendUnion takes the first branch that the value matches.
func appendUnion(out []byte, s *schema, value any) ([]byte, error) {
	for i, branch := range s.unions {
		if with, err := appendAvro(binary.AppendVarint(out, int64(i)), branch, value); err == nil {
			return with, nil
		}
	}
	return out, wrong("matches no branch of the union")
}

func appendRecord(out []byte, s *schema, value any) ([]byte, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return out, wrong("is %s, not %s", jsonType(value), s)
	}
	known := 0
	for i := range s.fields {
		f := &s.fields[i]
		value, ok := object[f.name]
		if !ok {
			if f.fallback == nil {
				return out, wrong("has no %q", f.name)
			}
			out = append(out, f.fallback...)
			continue
		}
		known++
		var err error
		if out, err = appendAvro(out, f.schema, value); err != nil {
			return out, below(f.name, err)
		}
	}
	if known < len(object) {
		return out, wrong("has %q, which %s does not", firstUnknown(s, object), s.name)
	}
	return out, nil
}

func firstUnknown(s *schema, object map[string]any) string {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.ContainsFunc(s.fields, func(f field) bool { return f.name == name }) {
			return name
		}
	}
	return ""
}

// appendArray appends all items as one block.
func appendArray(out []byte, s *schema, value any) ([]byte, error) {
	items, ok := value.([]any)
	if !ok {
		return out, wrong("is %s, not %s", jsonType(value), s)
	}
	if len(items) > 0 {
		out = binary.AppendVarint(out, int64(len(items)))
	}
	for i, item := range items {
		var err error
		if out, err = appendAvro(out, s.items, item); err != nil {
			return out, below(strconv.Itoa(i), err)
		}
	}
	return append(out, 0), nil
}

// appendMap sorts by key: equal values must have equal bytes.
func appendMap(out []byte, s *schema, value any) ([]byte, error) {
	object, ok := value.(map[string]any)
	if !ok {
		return out, wrong("is %s, not %s", jsonType(value), s)
	}
	if len(object) > 0 {
		out = binary.AppendVarint(out, int64(len(object)))
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		out = append(binary.AppendVarint(out, int64(len(key))), key...)
		var err error
		if out, err = appendAvro(out, s.items, object[key]); err != nil {
			return out, below(key, err)
		}
	}
	return append(out, 0), nil
}

// String returns the type as messages call it.
func (s *schema) String() string {
	if s.name != "" {
		return s.kind + " " + s.name
	}
	return s.kind
}

func jsonType(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case string:
		return "string"
	case []any:
		return "array"
	}
	return "object"
}
