package config

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
	"go.yaml.in/yaml/v3"
)

// keyLines finds the line of each setting in a file that has been parsed already. It is there for messages only: a setting
// that it does not find, as one that a YAML alias brings in, is reported without a line.
func keyLines(file string, content []byte) map[string]int {
	lines := map[string]int{}
	switch strings.ToLower(filepath.Ext(file)) {
	case ".yaml", ".yml", ".json":
		var document yaml.Node
		if yaml.Unmarshal(content, &document) == nil && len(document.Content) > 0 {
			yamlLines(lines, "", document.Content[0])
		}
	case ".toml":
		tomlLines(lines, content)
	case ".properties":
		propertyLines(lines, content)
	}
	return lines
}

func yamlLines(lines map[string]int, prefix string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := prefix + n.Content[i].Value
		lines[key] = n.Content[i].Line
		yamlLines(lines, key+".", n.Content[i+1])
	}
}

func tomlLines(lines map[string]int, content []byte) {
	var p unstable.Parser
	p.Reset(content)
	prefix := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			prefix = tomlKey(e) + "."
		case unstable.KeyValue:
			tomlKeyValue(lines, &p, prefix, e)
		default: // a comment, or an array of tables, which no setting is
		}
	}
}

func tomlKeyValue(lines map[string]int, p *unstable.Parser, prefix string, e *unstable.Node) {
	key := prefix + tomlKey(e)
	first := e.Key()
	if first.Next() {
		lines[key] = p.Shape(first.Node().Raw).Start.Line
	}
	if e.Value().Kind == unstable.InlineTable {
		for fields := e.Value().Children(); fields.Next(); {
			tomlKeyValue(lines, p, key+".", fields.Node())
		}
	}
}

func tomlKey(e *unstable.Node) string {
	var parts []string
	for key := e.Key(); key.Next(); {
		parts = append(parts, string(key.Node().Data))
	}
	return strings.Join(parts, ".")
}

func propertyLines(lines map[string]int, content []byte) {
	continued := false
	for i, line := range bytes.Split(content, []byte("\n")) {
		text := strings.TrimLeft(string(bytes.TrimRight(line, "\r")), " \t\f")
		if !continued && text != "" && text[0] != '#' && text[0] != '!' {
			key, _, _ := strings.Cut(strings.NewReplacer(":", "=", " ", "=", "\t", "=").Replace(text), "=")
			lines[key] = i + 1
		}
		continued = strings.HasSuffix(text, `\`) && !strings.HasSuffix(text, `\\`)
	}
}

// at returns file:line, or the file alone when the line is not known.
func at(file string, line int) string {
	if line == 0 {
		return file
	}
	return file + ":" + strconv.Itoa(line)
}
