package main

import (
	"encoding/json"
	"errors"
	"fmt"
)

// schema is a type of Avro 1.11. Logical types are their underlying types.
type schema struct {
	kind    string // "record", "enum", "array", "map", "fixed", "union", or the name of a primitive type
	name    string // of records, enums and fixed: with the namespace
	fields  []field
	symbols []string
	items   *schema // of arrays and maps
	unions  []*schema
	size    int // of fixed
}

type field struct {
	name     string
	schema   *schema
	fallback []byte // the default value in Avro binary; nil: none
}

func primitive(kind string) *schema {
	switch kind {
	case "null", "boolean", "int", "long", "float", "double", "bytes", "string":
		return &schema{kind: kind}
	}
	return nil
}

// parser knows the named types so far.
type parser struct {
	named map[string]*schema
}

func parseSchema(text []byte) (*schema, error) {
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	p := parser{named: map[string]*schema{}}
	return p.parse(tree, "")
}

func (p *parser) parse(tree any, namespace string) (*schema, error) {
	switch t := tree.(type) {
	case string:
		return p.lookup(t, namespace)
	case []any:
		return p.union(t, namespace)
	case map[string]any:
		return p.complex(t, namespace)
	}
	return nil, fmt.Errorf("%v is no type", tree)
}

func (p *parser) lookup(name, namespace string) (*schema, error) {
	if s := primitive(name); s != nil {
		return s, nil
	}
	if s := p.named[qualify(name, namespace)]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%q is no type", name)
}

func qualify(name, namespace string) string {
	for i := range name {
		if name[i] == '.' {
			return name
		}
	}
	if namespace == "" {
		return name
	}
	return namespace + "." + name
}

func (p *parser) union(branches []any, namespace string) (*schema, error) {
	s := &schema{kind: "union"}
	for _, b := range branches {
		branch, err := p.parse(b, namespace)
		if err != nil {
			return nil, err
		}
		if branch.kind == "union" {
			return nil, errors.New("a union in a union")
		}
		s.unions = append(s.unions, branch)
	}
	if len(s.unions) == 0 {
		return nil, errors.New("an empty union")
	}
	return s, nil
}

func (p *parser) complex(t map[string]any, namespace string) (*schema, error) {
	kind, ok := t["type"].(string)
	if !ok { // {"type": {...}} stands for what is in it
		return p.parse(t["type"], namespace)
	}
	var err error
	s := &schema{kind: kind}
	switch kind {
	case "array":
		s.items, err = p.parse(t["items"], namespace)
		return s, err
	case "map":
		s.items, err = p.parse(t["values"], namespace)
		return s, err
	case "record", "enum", "fixed":
		return s, p.define(s, t, namespace)
	}
	return p.lookup(kind, namespace)
}

// define reads a type that has a name.
func (p *parser) define(s *schema, t map[string]any, namespace string) error {
	name, _ := t["name"].(string)
	if name == "" {
		return fmt.Errorf("a %s without a name", s.kind)
	}
	if ns, ok := t["namespace"].(string); ok {
		namespace = ns
	}
	s.name = qualify(name, namespace)
	if p.named[s.name] != nil {
		return fmt.Errorf("%q is defined twice", s.name)
	}
	p.named[s.name] = s // before its fields, which may refer to it
	switch s.kind {
	case "fixed":
		size, ok := t["size"].(float64)
		if !ok || size < 0 || size != float64(int32(size)) {
			return fmt.Errorf("%s: size is missing", s.name)
		}
		s.size = int(size)
		return nil
	case "enum":
		symbols, _ := t["symbols"].([]any)
		for _, symbol := range symbols {
			text, ok := symbol.(string)
			if !ok {
				return fmt.Errorf("%s: a symbol must be a string", s.name)
			}
			s.symbols = append(s.symbols, text)
		}
		if len(s.symbols) == 0 {
			return fmt.Errorf("%s: symbols are missing", s.name)
		}
		return nil
	}
	fields, ok := t["fields"].([]any)
	if !ok {
		return fmt.Errorf("%s: fields are missing", s.name)
	}
	for _, tree := range fields {
		f, err := p.field(tree, namespace)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", s.name, f.name, err)
		}
		s.fields = append(s.fields, f)
	}
	return nil
}

func (p *parser) field(tree any, namespace string) (field, error) {
	t, _ := tree.(map[string]any)
	var f field
	var err error
	if f.name, _ = t["name"].(string); f.name == "" {
		return f, errors.New("a field without a name")
	}
	if f.schema, err = p.parse(t["type"], namespace); err != nil {
		return f, err
	}
	value, ok := t["default"]
	if !ok {
		return f, nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return f, err
	}
	fallback, err := parse(text)
	if err != nil {
		return f, err
	}
	if f.fallback, err = appendAvro([]byte{}, f.schema, &fallback); err != nil {
		return f, fmt.Errorf("default: %w", err)
	}
	return f, nil
}
