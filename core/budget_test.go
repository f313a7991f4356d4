package core_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"path"
	"slices"
	"strings"
	"testing"
)

// maxFileLines is the hard limit of a Go file that is not generated. 200 is good, 350 wants a second look.
const maxFileLines = 600

func TestFileBudget(t *testing.T) {
	for _, f := range goFiles(t) {
		if lines := bytes.Count(f.source, []byte("\n")); lines > maxFileLines {
			t.Errorf("%s has %d lines, more than %d: find its second room", f.path, lines, maxFileLines)
		}
		switch base := strings.TrimSuffix(path.Base(f.path), ".go"); base {
		case "util", "utils", "common", "helpers", "helper", "manager", "misc":
			t.Errorf("%s: the name says nothing about what is in it", f.path)
		}
	}
}

// maxExportedNames is how many names a package may export, methods and fields aside: what a reader meets in its
// documentation.
const maxExportedNames = 40

// vocabularies are the packages whose names are somebody else's: the numbers of a protocol, of the plugin ABI, of a format.
var vocabularies = []string{"core/kafka", "core/wire", "sdk/abi", "plugins/wasm/internal/binary"}

// wideAPIs are the packages that export more than they should. Their numbers only go down.
var wideAPIs = map[string]int{"core/plugin": 92, "core/config": 45, "core/record": 46}

func TestExportBudget(t *testing.T) {
	exported := map[string]int{}
	for _, f := range goFiles(t) {
		if f.isTest() {
			continue
		}
		if file := f.parse(t, parser.SkipObjectResolution); file.Name.Name != "main" {
			exported[path.Dir(f.path)] += exportedNames(file)
		}
	}
	for pkg, n := range exported {
		if slices.Contains(vocabularies, pkg) {
			continue
		}
		if budget := max(wideAPIs[pkg], maxExportedNames); n > budget {
			t.Errorf("%s exports %d names, more than %d", pkg, n, budget)
		}
		if n < wideAPIs[pkg] {
			t.Errorf("%s exports %d names now: lower its number in wideAPIs", pkg, n)
		}
	}
}

func exportedNames(file *ast.File) int {
	n := 0
	count := func(name *ast.Ident) {
		if name.IsExported() {
			n++
		}
	}
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				count(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					count(s.Name)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						count(name)
					}
				}
			}
		}
	}
	return n
}

// TestOnlyVirtualTimeSleeps: a real sleep in a test is slow when it is long and flaky when it is short. In a package whose
// tests use testing/synctest the sleep is virtual.
func TestOnlyVirtualTimeSleeps(t *testing.T) {
	virtual, sleeps := map[string]bool{}, map[string]string{}
	for _, f := range goFiles(t) {
		if !f.isTest() {
			continue
		}
		if bytes.Contains(f.source, []byte(`"testing/synctest"`)) {
			virtual[path.Dir(f.path)] = true
		}
		if bytes.Contains(f.source, []byte("time"+".Sleep(")) {
			sleeps[path.Dir(f.path)] = f.path
		}
	}
	for dir, file := range sleeps {
		if !virtual[dir] {
			t.Errorf("%s sleeps in real time: wait on a condition, or use testing/synctest", file)
		}
	}
}
