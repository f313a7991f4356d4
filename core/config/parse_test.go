package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/config"
)

// TestPlugins reads the list of plugins in the forms that it can have.
func TestPlugins(t *testing.T) {
	schema, err := config.NewSchema([]config.Setting{{Name: "plugins", Type: config.List, Owners: []string{"core"}}})
	if err != nil {
		t.Fatal(err)
	}
	f := func(name, content, want string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		settings, problems := schema.Load(config.Sources{File: file, Hostname: "h"})
		var told []string
		for _, p := range problems {
			if p.Key == "plugins" {
				told = append(told, p.Text)
			}
		}
		if len(told) > 0 {
			if !strings.HasPrefix(want, "!") || !strings.Contains(told[0], want[1:]) {
				t.Errorf("%s: %q, want %q", content, told, want)
			}
		} else if got := settings.Value("plugins").Text; got != want {
			t.Errorf("%s: %q, want %q", content, got, want)
		}
	}
	const two = "geo@1=./geo.wasm,pii@2.0=/p/pii.wasm"
	f("a.yaml", `plugins: [{name: geo, version: "1", path: ./geo.wasm}, {name: pii, version: "2.0", path: /p/pii.wasm}]`, two)
	f("a.json", `{"plugins": [{"name": "geo", "version": "1", "path": "./geo.wasm"}, {"name": "pii", "version": "2.0", "path": "/p/pii.wasm"}]}`, two)
	f("a.toml", "[[plugins]]\nname = 'geo'\nversion = '1'\npath = './geo.wasm'\n[[plugins]]\nname = 'pii'\nversion = '2.0'\npath = '/p/pii.wasm'\n", two)
	f("a.properties", "plugins="+two, two)
	f("a.yaml", "plugins: "+two, two)
	f("a.yaml", "plugins: []", "")
	f("a.yaml", "plugins: [{name: geo, version: 1, path: ./geo.wasm}]", "!all of them strings")
	f("a.yaml", `plugins: [{name: geo, version: "1"}]`, "!entry 1")
	f("a.yaml", `plugins: [{name: geo, version: "1", path: "a,b"}]`, "!the path without")
	f("a.yaml", `plugins: [{name: geo, version: "1", path: a, mode: validate}]`, "!more than")
	f("a.yaml", `plugins: [geo]`, "!entry 1")
}
