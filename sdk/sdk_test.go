package sdk_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/sdk"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

// TestGoCopy: templates/go/jackdaw is the Go SDK, which is a module of its own and so can't be embedded.
func TestGoCopy(t *testing.T) {
	sources, err := filepath.Glob("go/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	copies, _ := filepath.Glob("templates/go/jackdaw/*.txt")
	if len(copies) != len(sources) {
		t.Errorf("%d copies of %d files", len(copies), len(sources))
	}
	for _, source := range sources {
		if copied := "templates/go/jackdaw/" + filepath.Base(source) + ".txt"; read(t, source) != read(t, copied) {
			t.Errorf("%s differs from its copy: cp sdk/%s sdk/%s", source, source, copied)
		}
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProjects(t *testing.T) {
	for _, language := range sdk.Languages() {
		for _, kind := range sdk.Kinds() {
			files, err := sdk.Project(language, kind, "orders-check")
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, f := range files {
				names = append(names, f.Name)
				if strings.Contains(string(f.Content), "NAME") && !strings.HasPrefix(f.Name, "jackdaw") {
					t.Errorf("%s %s: %s has a placeholder left", language, kind, f.Name)
				}
				if f.Executable != (f.Name == "build.sh") {
					t.Errorf("%s %s: %s is executable: %v", language, kind, f.Name, f.Executable)
				}
				if f.Name != "orders-check.vectors" {
					continue
				}
				if _, err := vectors.Parse(strings.NewReader(string(f.Content))); err != nil {
					t.Errorf("%s: %v", f.Name, err)
				}
			}
			for _, want := range []string{"README.md", "build.sh", "orders-check.vectors"} {
				if !slices.Contains(names, want) {
					t.Errorf("%s %s: no %s in %v", language, kind, want, names)
				}
			}
		}
	}
}

func TestUnknownProjects(t *testing.T) {
	f := func(language, kind, name, want string) {
		t.Helper()
		if _, err := sdk.Project(language, kind, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Project(%s, %s, %s): %v, want %q", language, kind, name, err, want)
		}
	}
	f("cobol", "validator", "p", "languages are c, go, rust")
	f("c", "assignor", "p", "kinds are partitioner, transform, validator")
	f("c", "validator", "../p", "can't be the name")
	f("c", "validator", "", "can't be the name")
	f("go", "validator", "-x", "can't be the name")
}
