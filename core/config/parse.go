package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/v2"
	"github.com/magiconair/properties"
	gotoml "github.com/pelletier/go-toml/v2"
)

// delimiter separates the levels of nested keys inside koanf. It is a character that no key has: Kafka's keys are full of
// dots.
const delimiter = "\x1f"

// parserOf returns the parser for a file, by its extension.
func parserOf(file string) (koanf.Parser, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml":
		return yaml.Parser(), nil
	case ".toml":
		return toml.Parser(), nil
	case ".json":
		return jsonParser{}, nil
	case ".properties":
		return propertiesParser{}, nil
	}
	return nil, errors.New("its name must end in .yaml, .yml, .toml, .json or .properties")
}

// parseFile returns the settings of a file, nested keys joined by dots, values in Kafka's text form.
func parseFile(content []byte, parser koanf.Parser) (map[string]string, []Problem, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	k := koanf.New(delimiter)
	if err := k.Load(contentProvider(content), boundedParser{parser}); err != nil {
		return nil, nil, syntaxError(err)
	}
	values := map[string]string{}
	var problems []Problem
	for nested, v := range k.All() {
		key := strings.ReplaceAll(nested, delimiter, ".")
		text, err := textOf(v)
		if key == "plugins" {
			text, err = textOfPlugins(v)
		}
		if err != nil {
			problems = append(problems, Problem{Key: key, Text: err.Error()})
			continue
		}
		if _, twice := values[key]; twice {
			problems = append(problems, Problem{Key: key, Text: "is set twice, nested and with dots"})
		}
		values[key] = text
	}
	return values, problems, nil
}

// syntaxError brings a parser's error into one line that says where the mistake is.
func syntaxError(err error) error {
	if e, ok := errors.AsType[*gotoml.DecodeError](err); ok {
		line, _ := e.Position()
		return fmt.Errorf("line %d: %w", line, e)
	}
	return errors.New(strings.Join(strings.Fields(err.Error()), " "))
}

// contentProvider is a koanf.Provider of bytes that were read already.
type contentProvider []byte

func (c contentProvider) ReadBytes() ([]byte, error) { return c, nil }

func (c contentProvider) Read() (map[string]any, error) { return nil, errors.ErrUnsupported }

// maxDepth bounds how deep settings can be nested: no key has more than a dozen words.
const maxDepth = 100

// boundedParser refuses what is nested deeper than maxDepth, before the work that follows grows with the square of it.
type boundedParser struct{ koanf.Parser }

func (p boundedParser) Unmarshal(b []byte) (map[string]any, error) {
	m, err := p.Parser.Unmarshal(b)
	if err == nil && deeperThan(m, maxDepth) {
		err = errTooDeep
	}
	return m, err
}

var errTooDeep = fmt.Errorf("is nested deeper than %d levels", maxDepth)

func deeperThan(v any, depth int) bool {
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			if depth == 0 || deeperThan(e, depth-1) {
				return true
			}
		}
	case map[any]any:
		for _, e := range v {
			if depth == 0 || deeperThan(e, depth-1) {
				return true
			}
		}
	case []any:
		for _, e := range v {
			if depth == 0 || deeperThan(e, depth-1) {
				return true
			}
		}
	}
	return false
}

// textOf returns Kafka's text form of a value: lists are joined by commas.
func textOf(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int, int64, uint64, json.Number:
		return fmt.Sprint(v), nil
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), nil
	case nil:
		return "", errors.New("has no value")
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			if _, nested := e.([]any); nested {
				return "", errors.New("is a list of lists")
			}
			var err error
			if parts[i], err = textOf(e); err != nil {
				return "", fmt.Errorf("entry %d of the list: %w", i+1, err)
			}
		}
		return strings.Join(parts, ","), nil
	case map[string]any:
		return "", errors.New("has settings below it, or none, where a value is expected")
	}
	return "", fmt.Errorf("%v is not a string, number, boolean or list; quote it", v)
}

// textOfPlugins returns the text form of the list of plugins, name@version=path, whose entries are maps in a file.
func textOfPlugins(v any) (string, error) {
	list, ok := v.([]any)
	if !ok {
		return textOf(v)
	}
	parts := make([]string, len(list))
	for i, e := range list {
		entry, ok := e.(map[string]any)
		if !ok {
			entry = nil
		}
		var fields [3]string
		for j, name := range []string{"name", "version", "path"} {
			text, isText := entry[name].(string)
			if !isText || text == "" || strings.ContainsAny(text, ",=") && name == "path" {
				return "", fmt.Errorf("entry %d of the list: want {name: geo, version: \"1\", path: ./geo.wasm}, all of them strings, the path without , and =", i+1)
			}
			fields[j] = text
		}
		if len(entry) != len(fields) {
			return "", fmt.Errorf("entry %d of the list: has more than name, version and path", i+1)
		}
		parts[i] = fields[0] + "@" + fields[1] + "=" + fields[2]
	}
	return strings.Join(parts, ","), nil
}

// propertiesParser reads Java properties: a server.properties of Kafka. Of a key that stands twice the last one counts,
// as in Java.
type propertiesParser struct{}

func (propertiesParser) Unmarshal(b []byte) (map[string]any, error) {
	loader := properties.Loader{Encoding: properties.UTF8, DisableExpansion: true}
	p, err := loader.LoadBytes(b)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	for key, v := range p.Map() {
		m[key] = v
	}
	return m, nil
}

func (propertiesParser) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }

// jsonParser reads JSON without rounding large numbers, and refuses keys that stand twice.
type jsonParser struct{}

func (jsonParser) Unmarshal(b []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	v, err := jsonValue(d, 0)
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", 1+bytes.Count(b[:d.InputOffset()], []byte("\n")), err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, errors.New("is not a JSON object")
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("has something after the JSON object")
	}
	return m, nil
}

func (jsonParser) Marshal(map[string]any) ([]byte, error) { return nil, errors.ErrUnsupported }

func jsonValue(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errTooDeep
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		m := map[string]any{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			name := key.(string) // the decoder lets nothing else be a key
			if _, twice := m[name]; twice {
				return nil, fmt.Errorf("has the key %q twice", name)
			}
			if m[name], err = jsonValue(d, depth+1); err != nil {
				return nil, err
			}
		}
		_, err := d.Token()
		return m, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := jsonValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}
