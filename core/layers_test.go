// Package core_test holds the rules of the whole tree: which package may import which (ARCHITECTURE.md, "Layers").
package core_test

import (
	"go/parser"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const modulePath = "github.com/jackdawmq/jackdaw/"

// layer orders the packages: a package imports only lower layers, and of its own layer only what its rule names.
type layer int

const (
	vocabulary layer = iota
	contract
	declaration
	service
	handlers
	modules
	assembly
	top
)

// rule says where a package stands. A path that ends in "/..." covers everything below it.
type rule struct {
	path  string
	layer layer
	peers []string // packages of the same layer that it may import; "*" for any
}

// rules: the first one that matches a package decides.
var rules = []rule{
	{"core/kafka", vocabulary, nil},
	{"core/record", vocabulary, []string{"core/kafka"}},
	{"core/wire", vocabulary, []string{"core/kafka"}},
	{"core/vfs", vocabulary, nil},
	{"core/telemetry", vocabulary, nil},
	{"sdk/abi", vocabulary, nil},
	{"core/auth", contract, nil},
	{"core/api", contract, []string{"core/auth"}},
	{"core/log", contract, nil},
	{"core/log/compact", contract, nil},
	{"core/log/logtest", contract, []string{"core/log"}},
	{"core/metadata", contract, nil},
	{"core/metadata/metadatatest", contract, []string{"core/metadata"}},
	{"core/replication", contract, nil},
	{"core/coordinator", contract, []string{"core/api", "core/metadata"}},
	{"core/plugin", contract, nil},
	{"core/plugin/plugintest", contract, []string{"core/plugin"}},
	{"sdk/vectors", contract, []string{"core/plugin"}},
	{"core/network", contract, nil},
	{"core/config", declaration, nil},
	{"core/module", declaration, []string{"core/config"}},
	{"core/shard", service, nil},
	{"core/shard/shardtest", service, nil},
	{"core/internal/producer", service, nil},
	{"core/internal/purgatory", service, nil},
	{"core/internal/stage", service, nil},
	{"core/internal/partition", service, []string{"core/internal/producer", "core/internal/purgatory", "core/internal/stage"}},
	{"core/internal/binding", service, []string{"core/internal/partition", "core/internal/stage"}},
	{"core/internal/handler", handlers, nil},
	{"core/internal/admin", handlers, nil},
	{"core/broker", assembly, nil},
	{"modules", top, nil},
	{"modules/metadata/memory", modules, []string{"modules/metadata/file"}},
	{"modules/...", modules, nil},
	{"plugins/wasm/internal/binary", modules, nil},
	{"plugins/wasm/internal/meter", modules, []string{"plugins/wasm/internal/binary"}},
	{"plugins/wasm/internal/assemble", modules, []string{"plugins/wasm/internal/binary"}},
	{"plugins/wasm/wasmtest", modules, []string{"plugins/wasm/internal/assemble", "plugins/wasm/internal/binary"}},
	{"plugins/builtin", modules, nil},
	{"plugins/registry", modules, []string{"plugins/builtin", "plugins/wasm"}},
	{"plugins/wasm", modules, []string{"plugins/wasm/internal/meter"}},
	{"cmd/...", top, []string{"*"}},
	{"sdk", top, nil},
	{"sdk/...", top, []string{"modules"}},
}

func TestLayers(t *testing.T) {
	matched, asPeer := map[string]bool{}, map[string]bool{} // rules, and the peers that some package of the rule imports
	for pkg, imported := range packageImports(t) {
		from, ok := find(pkg)
		if !ok {
			t.Errorf("%s has no layer: add it to the rules in core/layers_test.go", pkg)
			continue
		}
		matched[from.path] = true
		for _, dep := range imported {
			asPeer[from.path+" "+dep] = true
			to, ok := find(dep)
			if !ok || allowed(from, to, dep) {
				continue
			}
			t.Errorf("%s must not import %s: it stands in the same layer or a higher one", pkg, dep)
		}
	}
	for _, r := range rules {
		if !matched[r.path] {
			t.Errorf("no package has the rule %s: take it out", r.path)
		}
		for _, peer := range r.peers {
			if peer != "*" && !asPeer[r.path+" "+peer] {
				t.Errorf("%s does not import %s any more: do not allow it", r.path, peer)
			}
		}
	}
}

// TestForbiddenImports keeps libraries behind the one door that each has.
func TestForbiddenImports(t *testing.T) {
	doors := []struct {
		library string
		allowed func(file string) bool
	}{
		{"go.uber.org/fx", func(f string) bool {
			return path.Base(f) == "module.go" || under(f, "core/broker") || under(f, "core/module") || strings.HasSuffix(f, "_test.go")
		}},
		{"github.com/tetratelabs/wazero", func(f string) bool { return under(f, "plugins/wasm") }},
		{"github.com/twmb/franz-go/pkg/kmsg", func(f string) bool {
			return under(f, "core/wire") || under(f, "core/api") || under(f, "core/internal/handler") || under(f, "modules/coordinator") ||
				under(f, "cmd") || strings.HasSuffix(f, "_test.go")
		}},
	}
	for _, f := range goFiles(t) {
		if f.nested {
			continue
		}
		for _, imp := range f.imports(t) {
			for _, door := range doors {
				if (imp == door.library || under(imp, door.library)) && !door.allowed(f.path) {
					t.Errorf("%s imports %s, which has its door elsewhere", f.path, imp)
				}
			}
		}
	}
}

func allowed(from, to rule, dep string) bool {
	if to.layer < from.layer {
		return true
	}
	return to.layer == from.layer && (slices.Contains(from.peers, dep) || slices.Contains(from.peers, "*"))
}

func find(pkg string) (rule, bool) {
	for _, r := range rules {
		prefix, tree := strings.CutSuffix(r.path, "/...")
		if pkg == prefix && !tree || tree && strings.HasPrefix(pkg, prefix+"/") {
			return r, true
		}
	}
	return rule{}, false
}

// packageImports maps each package of the root module to the packages of this project that its code imports.
func packageImports(t *testing.T) map[string][]string {
	t.Helper()
	packages := map[string][]string{}
	for _, f := range goFiles(t) {
		if f.isTest() || f.nested {
			continue
		}
		pkg := path.Dir(f.path)
		packages[pkg] = append(packages[pkg], nil...)
		for _, imp := range f.imports(t) {
			if dep, ok := strings.CutPrefix(imp, modulePath); ok && dep != pkg {
				packages[pkg] = append(packages[pkg], dep)
			}
		}
	}
	return packages
}

func (f goFile) imports(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, spec := range f.parse(t, parser.ImportsOnly).Imports {
		imp, _ := strconv.Unquote(spec.Path.Value)
		list = append(list, imp)
	}
	return list
}
