// Package wasm_test runs the vectors of the example plugins, and of the projects that "broker plugin new" writes, in the
// host that brokers use. C and Rust guests are committed, so that this needs no toolchain but Go; with
// GUESTS="c rust", as .ci/guests sets it, they are built afresh as well.
package wasm_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/plugins/wasm"
	"github.com/jackdawmq/jackdaw/sdk"
	"github.com/jackdawmq/jackdaw/sdk/vectors"
)

var examples = []struct{ name, language string }{
	{"json-schema", "rust"},
	{"json-to-avro", "go"},
	{"partitioner-murmur2", "c"},
	{"redact", "c"},
}

func TestExamples(t *testing.T) {
	engine := newEngine(t, nil)
	sums := readSums(t)
	tree := copyTree(t)
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			answers := filepath.Join(e.name, "testdata", e.name+".vectors")
			file := filepath.Join(e.name, e.name+".wasm")
			if e.language != "go" {
				checkCommitted(t, engine, sums, file, answers)
			}
			if builds(e.language) {
				fresh := build(t, filepath.Join(tree, "examples", "wasm", e.name), e.name)
				compare(t, sums, file, fresh)
				run(t, engine, fresh, answers)
			}
		})
	}
}

// TestTemplates also shows that the languages agree: each kind has one file of vectors.
func TestTemplates(t *testing.T) {
	engine := newEngine(t, nil)
	sums := readSums(t)
	for _, language := range sdk.Languages() {
		for _, kind := range sdk.Kinds() {
			name := language + "-" + kind
			t.Run(name, func(t *testing.T) {
				dir := writeProject(t, language, kind, name)
				answers := filepath.Join(dir, name+".vectors")
				file := filepath.Join("testdata", name+".wasm")
				if language != "go" {
					checkCommitted(t, engine, sums, file, answers)
				}
				if builds(language) {
					fresh := build(t, dir, name)
					compare(t, sums, file, fresh)
					run(t, engine, fresh, answers)
				}
			})
		}
	}
}

// builds reports whether guests of a language are built here.
func builds(language string) bool {
	return language == "go" || slices.Contains(strings.Fields(os.Getenv("GUESTS")), language)
}

func newEngine(t *testing.T, logger *zap.Logger) *wasm.Engine {
	t.Helper()
	e, err := wasm.New(wasm.Config{Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Stop(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return e
}

// readSums returns the digests of committed guests by path.
func readSums(t *testing.T) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for line := range strings.Lines(string(read(t, "SHA256SUMS"))) {
		if digest, file, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
			sums[file] = digest
		}
	}
	return sums
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// checkCommitted also compares a guest with its digest: a change of the one without the other is a mistake.
func checkCommitted(t *testing.T, engine *wasm.Engine, sums map[string]string, file, answers string) {
	t.Helper()
	code := read(t, file)
	if got := digest(code); got != sums[filepath.ToSlash(file)] {
		t.Errorf("the digest of %s is %s, SHA256SUMS says %q", file, got, sums[filepath.ToSlash(file)])
	}
	run(t, engine, code, answers)
}

// compare tells whether a build is the committed one. It may differ by the version of the toolchain, and cargo mixes in
// the path of the project, so that this is no failure: the vectors decide.
func compare(t *testing.T, sums map[string]string, file string, fresh []byte) {
	t.Helper()
	want := sums[filepath.ToSlash(file)]
	switch got := digest(fresh); want {
	case "":
		t.Logf("%s: built", file)
	case got:
		t.Logf("%s: the same bytes as committed", file)
	default:
		t.Logf("%s: other bytes than committed (%s, not %s)", file, got[:12], want[:12])
	}
}

func run(t *testing.T, engine *wasm.Engine, code []byte, file string) {
	t.Helper()
	groups, err := vectors.Parse(bytes.NewReader(read(t, file)))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	program, err := engine.Load(t.Context(), code)
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	if err := vectors.Run(t.Context(), program, groups); err != nil {
		t.Errorf("%s:\n%v", file, err)
	}
}

func build(t *testing.T, dir, name string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", filepath.Join(dir, "build.sh"))
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return read(t, filepath.Join(dir, name+".wasm"))
}

// copyTree copies what the examples are built from, so that builds leave the sources alone.
func copyTree(t *testing.T) string {
	t.Helper()
	tree := t.TempDir()
	for _, dir := range []string{"sdk", "examples/wasm"} {
		if err := os.CopyFS(filepath.Join(tree, dir), os.DirFS(filepath.Join("..", "..", dir))); err != nil {
			t.Fatal(err)
		}
	}
	return tree
}

func writeProject(t *testing.T, language, kind, name string) string {
	t.Helper()
	files, err := sdk.Project(language, kind, name)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range files {
		file := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
