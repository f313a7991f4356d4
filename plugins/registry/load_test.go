package registry_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/plugins/registry"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	c := newCluster(t)
	good := "geo@1=" + write("geo.wasm", guest(t, "one", 0))
	r := c.start(t, good)
	mustLookup(t, r, "geo@1", guest(t, "one", 0))
	if report := c.health.Report(); len(report.Components) > 0 {
		t.Errorf("health: %+v", report)
	}
	if err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("geo.wasm", guest(t, "changed", 0))
	write("bad.vectors", []byte("nonsense"))
	r = c.start(t, good, "no@1="+filepath.Join(dir, "nosuch.wasm"), "bad@1="+write("bad.wasm", guest(t, "bad", 0)))
	mustLookup(t, r, "geo@1", guest(t, "one", 0))
	report := c.health.Report()
	for _, want := range []string{"geo@1 exists with the digest", "nosuch.wasm", "test vectors"} {
		if len(report.Components) != 1 || !report.Live || !report.Ready || !strings.Contains(report.Components[0].Error, want) {
			t.Errorf("health without %q: %+v", want, report)
		}
	}
	if got := names(t, r); !slices.Equal(got, []string{"geo@1"}) {
		t.Errorf("list: %q", got)
	}
}

func TestConfig(t *testing.T) {
	f := func(want string, plugins ...string) {
		t.Helper()
		err := registry.Config{Plugins: plugins, Memory: 16 << 20}.Validate()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", plugins, err, want)
		}
	}
	f("")
	f("", "geo@1=a.wasm", "geo@2=b.wasm")
	f("stands twice", "geo@1=a.wasm", "geo@1=b.wasm")
	f("name@version=path", "geo@1")
	f("name@version", "geo=a.wasm")
	f("digest", strings.Repeat("ab", 32)+"=a.wasm")
	f("broker itself", "json@1=a.wasm")
	if err := (registry.Config{Memory: 5}).Validate(); err == nil || !bytes.Contains([]byte(err.Error()), []byte("jackdaw.plugin.memory.bytes")) {
		t.Errorf("little memory: %v", err)
	}
}
