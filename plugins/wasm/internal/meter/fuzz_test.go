package meter_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/plugins/wasm/wasmtest"
)

// FuzzCheck feeds arbitrary bytes: they must not panic or take much memory, and a rewritten module must be valid exactly if the
// original is.
func FuzzCheck(f *testing.F) {
	f.Add(plugin().Bytes())
	for _, m := range wasmtest.Endless() {
		f.Add(m.Wasm)
	}
	for _, choices := range randomChoices()[:20] {
		f.Add(program(choices))
	}
	for _, m := range slices.Concat(wasmtest.Shapes(), wasmtest.Features(), wasmtest.Dangling()) {
		f.Add(m.Wasm)
	}
	f.Fuzz(func(t *testing.T, wasm []byte) {
		if len(wasm) > 64<<10 {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := meter.Check(wasm, meter.DefaultLimits(pages))
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(64*len(wasm)+256<<10) {
			t.Errorf("%d bytes allocated for %d", got, len(wasm))
		}
		if err != nil {
			return
		}
		original := bytes.Clone(wasm)
		rewritten, err := m.Instrument(meter.Slice)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(wasm, original) {
			t.Error("Instrument changed the original")
		}
		was, is := validate(t, original), validate(t, rewritten)
		if was != nil && strings.Contains(was.Error(), "section custom") {
			return // wazero refuses malformed names; the specification ignores them, and the rewriter drops them
		}
		if was != nil && strings.Contains(was.Error(), "undeclared function") {
			return // the injected table declares what ref.func names
		}
		if (was == nil) != (is == nil) {
			t.Errorf("original: %v; rewritten: %v", was, is)
		}
	})
}

func validate(t *testing.T, wasm []byte) error {
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(t.Context())
	_, err := r.CompileModule(t.Context(), wasm)
	return err
}

// randomChoices are those of a hundred programs, the same ones in every run.
func randomChoices() [][]byte {
	random := rand.NewChaCha8([32]byte{'j', 'd'})
	list := make([][]byte, 100)
	for n := range list {
		list[n] = make([]byte, 20+n*10)
		random.Read(list[n])
	}
	return list
}

// FuzzRun runs generated programs as they are and rewritten, on the engine that the broker uses: results, traps, memory, globals
// must be the same, fuel must be spent, and as much of it on the other engine: verdicts depend on no machine.
func FuzzRun(f *testing.F) {
	for _, choices := range randomChoices() {
		f.Add(choices)
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		wasm := program(choices)
		limits := meter.DefaultLimits(pages)
		m, err := meter.Check(wasm, limits)
		if err != nil {
			t.Fatalf("generated program refused: %v", err)
		}
		rewritten, err := m.Instrument(meter.Slice)
		if err != nil {
			t.Fatal(err)
		}
		original, err := newHost(t, wazero.NewRuntimeConfigCompiler()).runtime.Instantiate(t.Context(), wasm)
		if err != nil {
			t.Fatalf("generated program invalid: %v", err)
		}
		instance, err := newHost(t, wazero.NewRuntimeConfigCompiler()).start(rewritten, 0)
		if err != nil {
			t.Fatal(err)
		}
		interpreted, err := newHost(t, wazero.NewRuntimeConfigInterpreter()).start(rewritten, 0)
		if err != nil {
			t.Fatal(err)
		}
		for call := range uint64(3) {
			want, wantErr := original.ExportedFunction("jd_validate").Call(t.Context(), call, call*77)
			depth := instance.ExportedGlobal(meter.DepthGlobal).Get()
			got, spent, gotErr := instance.call(1<<40, "jd_validate", call, call*77)
			if after := instance.ExportedGlobal(meter.DepthGlobal).Get(); gotErr == nil && after != depth {
				t.Errorf("call %d: depth %d before, %d after", call, depth, after)
			}
			if fmt.Sprint(want) != fmt.Sprint(got) || trap(wantErr) != trap(gotErr) {
				t.Fatalf("call %d: %v %v; rewritten %v %v", call, want, wantErr, got, gotErr)
			}
			if spent < meter.CallFuel {
				t.Errorf("call %d: spent %d", call, spent)
			}
			compare(t, original, instance)
			if _, elsewhere, _ := interpreted.call(1<<40, "jd_validate", call, call*77); elsewhere != spent {
				t.Errorf("call %d: spent %d, and %d on the other engine", call, spent, elsewhere)
			}
		}
	})
}

func compare(t *testing.T, original api.Module, rewritten *instance) {
	t.Helper()
	size := original.Memory().Size()
	if rewritten.Memory().Size() != size {
		t.Fatalf("memory has %d bytes; rewritten %d", size, rewritten.Memory().Size())
	}
	a, _ := original.Memory().Read(0, size)
	b, _ := rewritten.Memory().Read(0, size)
	if !bytes.Equal(a, b) {
		t.Fatal("memories differ")
	}
	for i := range programGlobals {
		name := fmt.Sprint("g", i)
		if a, b := original.ExportedGlobal(name).Get(), rewritten.ExportedGlobal(name).Get(); a != b {
			t.Errorf("%s is %d; rewritten %d", name, a, b)
		}
	}
}

// trap is the first line of a trap, which says what it was.
func trap(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
