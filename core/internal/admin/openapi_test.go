package admin_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/jackdawmq/jackdaw/core/internal/admin"
)

// document is what the test reads of openapi.yaml.
type document struct {
	Paths      map[string]map[string]yaml.Node
	Components struct{ Schemas map[string]schema }
}

type operation struct {
	OperationID string `yaml:"operationId"`
	RequestBody struct{ Content map[string]any }
	Responses   map[string]any
}

type schema struct {
	Type                 any
	Ref                  string `yaml:"$ref"`
	Format               string
	Required             []string
	Properties           map[string]schema
	Items                *schema
	AnyOf                []schema `yaml:"anyOf"`
	AdditionalProperties any      `yaml:"additionalProperties"`
}

func read(t *testing.T) document {
	t.Helper()
	var d document
	if err := yaml.Unmarshal(admin.OpenAPI(), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenAPIRoutes compares the document with what the server routes, both ways.
func TestOpenAPIRoutes(t *testing.T) {
	documented := map[string]bool{}
	ids := map[string]bool{}
	for path, item := range read(t).Paths {
		for method, node := range item {
			if method == "parameters" {
				continue
			}
			var op operation
			if err := node.Decode(&op); err != nil {
				t.Fatal(err)
			}
			if op.OperationID == "" || ids[op.OperationID] || len(op.Responses) == 0 {
				t.Errorf("%s %s has no id of its own, or no responses", method, path)
			}
			ids[op.OperationID] = true
			documented[strings.ToUpper(method)+" "+path] = true
		}
	}
	served := admin.PluginRoutes()
	for _, pattern := range served {
		if !documented[pattern] {
			t.Errorf("%s is served and not in openapi.yaml", pattern)
		}
	}
	url := startWith(t, newWorld())
	fill := strings.NewReplacer("{name}", "geo", "{version}", "1", "{topic}", "orders", "{group}", "g", "{slot}", "value.serializer")
	for pattern := range documented {
		method, path, _ := strings.Cut(pattern, " ")
		typ := asJSON
		switch {
		case strings.HasSuffix(path, "/versions/{version}"):
			typ = asWASM
		case strings.HasSuffix(path, "/vectors"):
			typ = asVectors
		}
		status, body := do(t, method, url+fill.Replace(path), `{"plugin":"geo@1"}`, typ)
		if status == http.StatusNotFound || status == http.StatusMethodNotAllowed || status == http.StatusUnsupportedMediaType {
			t.Errorf("%s is in openapi.yaml and answers %d %s", pattern, status, body)
		}
	}
	if len(served) != 15 || len(documented) != 23 {
		t.Errorf("%d routes, %d in the document", len(served), len(documented))
	}
}

// TestOpenAPISchemas compares every schema with the type that is sent, field by field.
func TestOpenAPISchemas(t *testing.T) {
	schemas := read(t).Components.Schemas
	types := map[string]reflect.Type{
		"Problem": reflect.TypeFor[admin.Problem](), "Version": reflect.TypeFor[admin.Version](), "Plugin": reflect.TypeFor[admin.Plugin](),
		"Use": reflect.TypeFor[admin.Use](), "LogLine": reflect.TypeFor[admin.LogLine](), "Released": reflect.TypeFor[admin.Released](),
		"Binding": reflect.TypeFor[admin.Binding](), "Path": reflect.TypeFor[admin.Path](), "BoundSlot": reflect.TypeFor[admin.BoundSlot](),
		"Force": reflect.TypeFor[admin.Force](), "Counts": reflect.TypeFor[admin.Counts](), "Stats": reflect.TypeFor[admin.Stats](),
		"Empty": reflect.TypeFor[struct{}](), "Vectors": reflect.TypeFor[admin.Vectors](), "Assignor": reflect.TypeFor[admin.Assignor](),
		"AssignorBinding": reflect.TypeFor[admin.AssignorBinding](),
	}
	if got, want := slices.Sorted(maps.Keys(schemas)), slices.Sorted(maps.Keys(types)); !slices.Equal(got, want) {
		t.Fatalf("schemas %q, types %q", got, want)
	}
	for name, typ := range types {
		s := schemas[name]
		var fields, required []string
		for i := range typ.NumField() {
			field, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			fields = append(fields, field)
			if options != "omitempty" {
				required = append(required, field)
			}
			property, ok := s.Properties[field]
			if got, want := describeSchema(&property), describeType(typ.Field(i).Type); !ok || got != want {
				t.Errorf("%s.%s is %s in openapi.yaml, and %s in Go", name, field, got, want)
			}
		}
		slices.Sort(fields)
		if got := slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(got, fields) {
			t.Errorf("%s has %q, the type %q", name, got, fields)
		}
		if !slices.Equal(s.Required, required) {
			t.Errorf("%s requires %q, the type %q", name, s.Required, required)
		}
	}
}

func describeSchema(s *schema) string {
	switch {
	case s.Ref != "":
		return strings.TrimPrefix(s.Ref, "#/components/schemas/")
	case len(s.AnyOf) == 2:
		return describeSchema(&s.AnyOf[0]) + " or null"
	case s.Items != nil:
		return "array of " + describeSchema(s.Items)
	case s.Type == "object":
		values, _ := s.AdditionalProperties.(map[string]any)
		return "map of " + values["type"].(string)
	case s.Type == nil:
		return "any"
	}
	text, ok := s.Type.(string)
	if !ok {
		text = s.Type.([]any)[0].(string)
	}
	if s.Format != "" {
		text = s.Format
	}
	if !ok {
		text += " or null"
	}
	return text
}

func describeType(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "date-time"
	case t == reflect.TypeFor[json.RawMessage]():
		return "any"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return describeType(t.Elem()) + " or null"
	case reflect.Slice:
		return "array of " + describeType(t.Elem())
	case reflect.Map:
		return "map of " + describeType(t.Elem())
	case reflect.Struct:
		return t.Name()
	case reflect.Float64:
		return "number"
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	default:
		return "integer"
	}
}
