package wasm_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/plugin/plugintest"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// goGuest builds the guest in testdata/goguest with the toolchain that runs the test.
func goGuest(t testing.TB) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "guest.wasm")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildmode=c-shared", "-ldflags=-s -w", "-o", file, "./testdata/goguest")
	cmd.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// jsonOf is a JSON object of about n bytes.
func jsonOf(n int) string {
	var b strings.Builder
	b.WriteString(`{"id":12345,"name":"a customer","tags":["x","y"],"list":[`)
	for b.Len() < n-20 {
		b.WriteString(`{"k":1.5,"v":"value"},`)
	}
	return b.String() + `null]}`
}

// TestGoGuest runs long enough for the garbage collector of the guest to work many times.
func TestGoGuest(t *testing.T) {
	e := newEngine(t, wasm.Config{CompileTimeout: 5 * time.Minute}) // under the race detector
	p := load(t, e, goGuest(t))
	s := values(t, p, "")
	lines := e.Logs(p.Info().Digest)
	if len(lines) != 1 || lines[0].Text != "ready, 50331648" {
		t.Errorf("what it wrote to standard error: %+v", lines)
	}
	var o plugin.Outcome
	b := batchOf(jsonOf(1024), "{no", `"x"`)
	for range 3000 {
		if err := s.Validate(t.Context(), b, &o); err != nil {
			t.Fatal(err)
		}
	}
	v := o.Verdicts()
	if v[0].Action != plugin.Keep || v[1].Action != plugin.Reject || string(v[1].Message) != "no JSON" || v[2].Action != plugin.Keep {
		t.Errorf("the verdicts are %+v", v)
	}
	if got := s.Stats(); got.Memory == 0 || got.Memory > 32<<20 || got.Records != 9000 {
		t.Errorf("the counters are %+v", got)
	}
	t.Run("Conformance", func(t *testing.T) {
		plugintest.Serializer(t, func(tb testing.TB) plugin.Serializer { return values(tb, p, "") }, vectors(`{"a":1}`, "{no"), batchOf("1"))
	})
}

func BenchmarkGoJSON(b *testing.B) {
	s := values(b, load(b, newEngine(b, wasm.Config{}), goGuest(b)), "")
	value := jsonOf(1024)
	batch := batchOf(value)
	b.Run("guest", func(b *testing.B) {
		b.ReportAllocs()
		var o plugin.Outcome
		for b.Loop() {
			if err := s.Validate(b.Context(), batch, &o); err != nil || !o.AllKept() {
				b.Fatal(err)
			}
		}
	})
	b.Run("native", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var v any
			if err := json.Unmarshal([]byte(value), &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestWASI lists what each function of the stub answers: 8 bad file, 21 bad address, 28 invalid, 70 not seekable.
func TestWASI(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	p := load(t, e, guest(t, "wasi"))
	s := values(t, p, "")
	const want = "00 00 00 00 00 00 00 00 00 00 70 00 00 08 08 " + "08 08 28 21 21 21 28 21 21 21 28 21 21 "
	lines := e.Logs(p.Info().Digest)
	if len(lines) != 1 || lines[0].Text != want {
		t.Errorf("the answers are %+v\nwant %s", lines, want)
	}
	if _, failure := serialize(t, s, "x"); failure == nil || failure.Class != plugin.Unsupported {
		t.Errorf("a validator serializes: %v", failure)
	}
	var o plugin.Outcome
	if err := s.Validate(t.Context(), batchOf("x"), &o); err != nil || o.Verdicts()[0].Failure.Reason != "it exited" {
		t.Errorf("proc_exit: %v, %+v", err, o.Verdicts())
	}
}
