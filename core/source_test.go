package core_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"strings"
	"testing"
)

// goFile is a Go file of the repository.
type goFile struct {
	path   string // from the root of the repository
	source []byte
	nested bool // it belongs to a module of its own
}

// goFiles reads the files itself: asking the go command would leave a test green from the test cache.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	tree := os.DirFS("..")
	var files []goFile
	var module string // the nested module that the walk is in; directories come in order
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && skipDir(entry.Name()):
			return fs.SkipDir
		case entry.IsDir():
			if _, err := fs.Stat(tree, path.Join(name, "go.mod")); err == nil && name != "." && !under(name, module) {
				module = name
			}
			return nil
		case !strings.HasSuffix(name, ".go"):
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		files = append(files, goFile{name, source, module != "" && under(name, module)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 100 {
		t.Fatalf("found only %d files: the walk looks in the wrong place", len(files))
	}
	return files
}

func skipDir(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules"
}

func under(file, dir string) bool { return strings.HasPrefix(file, dir+"/") }

func (f goFile) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

func (f goFile) parse(t *testing.T, mode parser.Mode) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), f.path, f.source, mode)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}
