// Package core_test holds the rules of the whole tree: which package may import which (ARCHITECTURE.md, "Layers").
package core_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
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
	{"core/replication", contract, []string{"core/metadata"}},
	{"core/coordinator", contract, []string{"core/api", "core/metadata"}},
	{"core/plugin", contract, nil},
	{"core/plugin/plugintest", contract, []string{"core/plugin"}},
	{"sdk/vectors", contract, []string{"core/plugin"}},
	{"core/network", contract, []string{"core/api"}},
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
	{"core", top, nil},
}

func TestLayers(t *testing.T) {
	imports := packageImports(t, "..")
	if len(imports) < 10 {
		t.Fatalf("found only %d packages: the walk looks in the wrong place", len(imports))
	}
	for pkg, imported := range imports {
		from, ok := find(pkg)
		if !ok {
			t.Errorf("%s has no layer: add it to the rules in core/layers_test.go", pkg)
			continue
		}
		for _, dep := range imported {
			to, ok := find(dep)
			if !ok || allowed(from, to, dep) {
				continue
			}
			t.Errorf("%s must not import %s: it stands in the same layer or a higher one", pkg, dep)
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
			return !under(f, "core/internal/partition") && !under(f, "core/log") && !under(f, "modules/log") &&
				!under(f, "modules/network/tcp") && !under(f, "core/record") || strings.HasSuffix(f, "_test.go")
		}},
	}
	walkGo(t, "..", true, func(file string, imports []string) {
		for _, door := range doors {
			for _, imp := range imports {
				if (imp == door.library || strings.HasPrefix(imp, door.library+"/")) && !door.allowed(file) {
					t.Errorf("%s imports %s, which has its door elsewhere", file, imp)
				}
			}
		}
	})
}

func under(file, dir string) bool { return strings.HasPrefix(file, dir+"/") }

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
func packageImports(t *testing.T, root string) map[string][]string {
	t.Helper()
	imports := map[string][]string{}
	walkGo(t, root, false, func(file string, imported []string) {
		pkg := path.Dir(file)
		imports[pkg] = append(imports[pkg], nil...)
		for _, imp := range imported {
			if dep, ok := strings.CutPrefix(imp, modulePath); ok && dep != pkg {
				imports[pkg] = append(imports[pkg], dep)
			}
		}
	})
	return imports
}

// walkGo reads the import clauses itself: asking the go command would leave the test green from the test cache.
func walkGo(t *testing.T, root string, tests bool, f func(file string, imports []string)) {
	t.Helper()
	tree := os.DirFS(root)
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if _, err := fs.Stat(tree, path.Join(name, "go.mod")); name != "." && (err == nil || skipDir(entry.Name())) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || !tests && strings.HasSuffix(name, "_test.go") {
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			imports = append(imports, imp)
		}
		f(name, imports)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func skipDir(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules"
}
