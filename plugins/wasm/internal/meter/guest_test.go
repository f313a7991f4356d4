package meter_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tetratelabs/wazero"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
)

// goGuest builds testdata/guest: a plugin of the standard Go toolchain with encoding/json, fmt, regexp and time.
func goGuest(tb testing.TB) []byte {
	tb.Helper()
	out := filepath.Join(tb.TempDir(), "guest.wasm")
	build := exec.CommandContext(tb.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", out, "./testdata/guest")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm")
	if text, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	wasm, err := os.ReadFile(out)
	if err != nil {
		tb.Fatal(err)
	}
	return wasm
}

// TestGoGuest: a plugin that Go built stays far below the limits that are there against slow compilations, and runs.
func TestGoGuest(t *testing.T) {
	wasm := goGuest(t)
	limits := meter.DefaultLimits(1024)
	m, err := meter.Check(wasm, limits)
	if err != nil {
		t.Fatal(err)
	}
	used := m.Used
	for _, c := range []struct {
		name             string
		used, limit, far uint64
	}{
		{"nesting", used.Nesting, limits.Nesting, 2},
		{"blocks", used.Blocks, limits.Blocks, 4},
		{"variables x blocks", used.LocalBlocks, limits.LocalBlocks, 2},
		{"variables x loops", used.LocalLoops, limits.LocalLoops, 4},
		{"jump table", used.JumpEntries, limits.JumpEntries, 4},
		{"globals x calls", used.GlobalCalls, limits.GlobalCalls, 10},
		{"values of calls", used.CallValues, limits.CallValues, 10},
		{"effort", used.Effort, limits.Effort, 10},
		{"body", used.Body, limits.Body, 4},
		{"segments", used.Segments, limits.Segments, 2},
	} {
		if c.used*c.far > c.limit {
			t.Errorf("%s: the guest uses %d of %d", c.name, c.used, c.limit)
		}
	}
	t.Logf("%+v", used)
	if !m.WASI || m.Functions.Kinds() == nil {
		t.Errorf("WASI %t, kinds %v", m.WASI, m.Functions.Kinds())
	}
	rewritten, err := m.Instrument(meter.Slice)
	if err != nil {
		t.Fatal(err)
	}
	h := newHost(t, wazero.NewRuntimeConfigCompiler())
	i, err := h.start(rewritten, 2_000_000_000)
	if err != nil {
		t.Fatal(err)
	}
	const input = `{"ID": "123", "When": "2026-01-02T03:04:05Z"}`
	if got := validateString(t, i, input); got != "123 at Fri, 02 Jan 2026 03:04:05 UTC" {
		t.Errorf("the guest says %q", got)
	}
	if got := validateString(t, i, `{"ID": "x"}`); got != `bad id "x"` {
		t.Errorf("the guest says %q", got)
	}
}

// validateString calls jd_validate of the guest, which answers with text.
func validateString(t *testing.T, i *instance, input string) string {
	t.Helper()
	const budget = 400_000_000
	at, _, err := i.call(budget, "jd_reserve", uint64(len(input)))
	if err != nil {
		t.Fatal(err)
	}
	i.Memory().WriteString(uint32(at[0]), input)
	r, spent, err := i.call(budget, "jd_validate", at[0], uint64(len(input)))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("spent %d", spent)
	text, ok := i.Memory().Read(uint32(r[0]>>32), uint32(r[0]))
	if !ok {
		t.Fatalf("result %#x is outside of memory", r[0])
	}
	return string(text)
}
