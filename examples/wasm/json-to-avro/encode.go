package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
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
func appendAvro(out []byte, s *schema, v *value) ([]byte, error) {
	if s.kind == "union" {
		return appendUnion(out, s, v)
	}
	if strings.IndexByte(s.takes(), v.kind) < 0 {
		return out, wrong("is %s, not %s", v, s)
	}
	switch s.kind {
	case "null":
		return out, nil
	case "boolean":
		if v.kind == 't' {
			return append(out, 1), nil
		}
		return append(out, 0), nil
	case "int", "long", "float", "double":
		return appendNumber(out, s.kind, v.text)
	case "record":
		return appendRecord(out, s, v)
	case "array":
		return appendArray(out, s, v)
	case "map":
		return appendMap(out, s, v)
	}
	return appendText(out, s, v.text)
}

// takes returns the kinds of JSON that a type can be made from.
func (s *schema) takes() string {
	switch s.kind {
	case "null":
		return "n"
	case "boolean":
		return "tf"
	case "int", "long", "float", "double":
		return "0"
	case "record", "map":
		return "{"
	case "array":
		return "["
	}
	return `"`
}

func appendNumber(out []byte, kind, text string) ([]byte, error) {
	bits := 64
	if kind == "int" || kind == "float" {
		bits = 32
	}
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
func appendUnion(out []byte, s *schema, v *value) ([]byte, error) {
	for i, branch := range s.unions {
		if with, err := appendAvro(binary.AppendVarint(out, int64(i)), branch, v); err == nil {
			return with, nil
		}
	}
	return out, wrong("matches no branch of the union")
}

func appendRecord(out []byte, s *schema, v *value) ([]byte, error) {
	for i := range v.members {
		if s.field(v.members[i].name, i) < 0 {
			return out, wrong("has %q, which %s does not", v.members[i].name, s.name)
		}
	}
	for i := range s.fields {
		f := &s.fields[i]
		field := v.member(f.name, i)
		if field == nil {
			if f.fallback == nil {
				return out, wrong("has no %q", f.name)
			}
			out = append(out, f.fallback...)
			continue
		}
		var err error
		if out, err = appendAvro(out, f.schema, field); err != nil {
			return out, below(f.name, err)
		}
	}
	return out, nil
}

// field returns the index of a field, which is likely the guess; -1: there is none.
func (s *schema) field(name string, guess int) int {
	if guess < len(s.fields) && s.fields[guess].name == name {
		return guess
	}
	return slices.IndexFunc(s.fields, func(f field) bool { return f.name == name })
}

// member returns a member of an object, which is likely the guess; nil: there is none.
func (v *value) member(name string, guess int) *value {
	if guess < len(v.members) && v.members[guess].name == name {
		return &v.members[guess].value
	}
	for i := range v.members {
		if v.members[i].name == name {
			return &v.members[i].value
		}
	}
	return nil
}

// appendArray appends all items as one block.
func appendArray(out []byte, s *schema, v *value) ([]byte, error) {
	if len(v.items) > 0 {
		out = binary.AppendVarint(out, int64(len(v.items)))
	}
	for i := range v.items {
		var err error
		if out, err = appendAvro(out, s.items, &v.items[i]); err != nil {
			return out, below(strconv.Itoa(i), err)
		}
	}
	return append(out, 0), nil
}

// appendMap sorts by key: equal values must have equal bytes.
func appendMap(out []byte, s *schema, v *value) ([]byte, error) {
	members := slices.SortedFunc(slices.Values(v.members), func(a, b member) int { return strings.Compare(a.name, b.name) })
	if len(members) > 0 {
		out = binary.AppendVarint(out, int64(len(members)))
	}
	for i := range members {
		key := members[i].name
		out = append(binary.AppendVarint(out, int64(len(key))), key...)
		var err error
		if out, err = appendAvro(out, s.items, &members[i].value); err != nil {
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

// String returns the type as messages call it.
func (v *value) String() string {
	switch v.kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '0':
		return "number"
	case '"':
		return "string"
	case '[':
		return "array"
	}
	return "object"
}
