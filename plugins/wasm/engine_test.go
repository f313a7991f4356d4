package wasm_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

// TestDigests says which .wasm files were made from the .wat files beside them.
func TestDigests(t *testing.T) {
	list, err := os.ReadFile("testdata/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob("testdata/*.wasm")
	lines := strings.Split(strings.TrimSpace(string(list)), "\n")
	if len(lines) != len(files) {
		t.Errorf("%d digests for %d files", len(lines), len(files))
	}
	for _, line := range lines {
		want, name, _ := strings.Cut(line, "  ")
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if sum := sha256.Sum256(b); err != nil || hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not what its digest says: wat2wasm it and update SHA256SUMS (%v)", name, err)
		}
	}
}

func TestCheck(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	b := guest(t, "guest")
	info, err := e.Check(t.Context(), b)
	if err != nil || info.Digest != plugin.DigestOf(b) || info.Size != len(b) || len(info.Functions.Kinds()) != 4 || len(info.Imports) != 5 {
		t.Errorf("the report is %+v, %v", info, err)
	}
	f := func(b []byte, want ...string) {
		t.Helper()
		_, err := e.Check(t.Context(), b)
		refusal, _ := errors.AsType[*plugin.Refusal](err)
		if refusal == nil {
			t.Fatalf("not refused: %v", err)
		}
		if _, err := e.Load(t.Context(), b); err == nil || err.Error() != refusal.Error() {
			t.Errorf("Load refuses with %v, Check with %v", err, refusal)
		}
		for _, w := range want {
			if !strings.Contains(refusal.Error(), w) {
				t.Errorf("the refusal %q does not say %q", refusal, w)
			}
		}
	}
	f(nil, "WebAssembly binary")
	f([]byte("\x00asm\x01\x00\x00\x00"), "memory", "jd_abi_1", "jd_reserve") // all reasons at once
	f(append(guest(t, "guest"), 1), "")
	f(guest(t, "invalid"), "not valid")
}

func TestReferences(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	b := guest(t, "guest")
	first, second := load(t, e, b), load(t, e, b)
	s := values(t, first, "")
	first.Close()
	second.Close()
	second.Close()
	if _, failure := serialize(t, s, "Rno"); failure != nil {
		t.Fatalf("the plugin is unloaded while it is bound: %v", failure)
	}
	s.Close()
	s.Close()
	if _, failure := serialize(t, s, "K"); failure == nil || failure.Class != plugin.NotLoaded || !failure.Retriable() {
		t.Errorf("a closed plugin answers %v", failure)
	}
	again := values(t, load(t, e, b), "")
	if _, failure := serialize(t, again, "K"); failure != nil {
		t.Error(failure)
	}
}

func TestStop(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	p := load(t, e, guest(t, "guest"))
	s := values(t, p, "")
	if err := e.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, failure := serialize(t, s, "K"); failure == nil || failure.Class != plugin.NotLoaded {
		t.Errorf("a stopped engine answers %v", failure)
	}
	if _, err := e.Load(t.Context(), guest(t, "guest")); err == nil {
		t.Error("a stopped engine loads")
	}
	if _, err := p.Serializer(t.Context(), binding(plugin.KindValueSerializer, "")); err == nil {
		t.Error("a stopped engine binds")
	}
}

// TestConcurrent loads, binds, calls and closes one digest from many goroutines; some calls trap.
func TestConcurrent(t *testing.T) {
	e := newEngine(t, wasm.Config{QuarantineAfter: 1 << 30})
	b := guest(t, "guest")
	shared := values(t, load(t, e, b), "")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 30 {
				p, err := e.Load(t.Context(), b)
				if err != nil {
					t.Error(err)
					return
				}
				own, err := p.Serializer(t.Context(), binding(plugin.KindValueSerializer, "k"))
				p.Close()
				if err != nil {
					t.Error(err)
					return
				}
				value, want := "Rno", plugin.Reject
				if (g+n)%5 == 0 {
					value, want = "T", plugin.Failed
				}
				for _, s := range []plugin.Serializer{own, shared} {
					var o plugin.Outcome
					if err := s.Serialize(t.Context(), batchOf("Vx", value), &o); err != nil || o.Verdicts()[1].Action != want {
						t.Errorf("%q: %+v, %v", value, o.Verdicts(), err)
					}
				}
				own.Close()
			}
		})
	}
	wg.Wait()
	if got := shared.Stats().Instances; got > runtime.GOMAXPROCS(0) {
		t.Errorf("%d instances are left", got)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	p := load(t, e, guest(t, "guest"))
	s := values(t, p, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	release := wasm.HoldTurns(e)
	defer release()
	var o plugin.Outcome
	if err := s.Validate(ctx, batchOf("K"), &o); !errors.Is(err, context.Canceled) {
		t.Errorf("a call that waits for its turn ends with %v", err)
	}
}

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	for range 2 {
		e, err := wasm.New(wasm.Config{CacheDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		s := values(t, load(t, e, guest(t, "guest")), "")
		if _, failure := serialize(t, s, "K"); failure != nil {
			t.Error(failure)
		}
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if runtime.GOOS == "windows" {
		return // its permissions are not those of Unix
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the cache is %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := wasm.New(wasm.Config{CacheDir: dir}); err == nil || !strings.Contains(err.Error(), "chmod 700") {
		t.Errorf("a cache that others can read: %v", err)
	}
}

func TestBindAsWhatItIsNot(t *testing.T) {
	p := load(t, newEngine(t, wasm.Config{}), guest(t, "initialize_log"))
	f := func(err error) {
		t.Helper()
		if f, _ := errors.AsType[*plugin.Failure](err); f == nil || f.Class != plugin.Unsupported {
			t.Errorf("the error is %v", err)
		}
	}
	_, err := p.Partitioner(t.Context(), binding(plugin.KindPartitioner, ""))
	f(err)
	_, err = p.Assignor(t.Context(), binding(plugin.KindAssignor, ""))
	f(err)
	_, err = p.Serializer(t.Context(), binding(plugin.KindPartitioner, ""))
	f(err)
	var o plugin.Outcome
	f(values(t, p, "").Serialize(t.Context(), batchOf("x"), &o))
}

func TestInterpreter(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{Interpreter: true}), guest(t, "guest")), "")
	if v, failure := serialize(t, s, "Rno"); failure != nil || string(v.Message) != "no" {
		t.Errorf("%+v, %v", v, failure)
	}
	for letter, want := range map[string]plugin.Class{"T": plugin.Trap, "L": plugin.OutOfFuel, "E": plugin.OutOfFuel} {
		if _, failure := serialize(t, s, letter); failure == nil || failure.Class != want && failure.Class != plugin.Deadline {
			t.Errorf("%s: %v, want %s", letter, failure, want)
		}
	}
}

// TestLongCallsLetOthersGo: with one turn, a call that never ends must not keep another one from its turn.
func TestLongCallsLetOthersGo(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	e := newEngine(t, wasm.Config{AssignTimeout: time.Minute, QuarantineAfter: 1000})
	p := load(t, e, guest(t, "guest"))
	s := values(t, p, "")
	assignor, err := p.Assignor(t.Context(), binding(plugin.KindAssignor, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer assignor.Close()
	g := groupOf(1)
	g.ID, g.Topics[0].NumPartitions, g.Topics[0].Racks, g.Topics[0].Lag = "L", 2000, nil, nil // fuel for a thousand slices
	ended := make(chan error, 1)
	go func() {
		var a plugin.Assignment
		ended <- assignor.Assign(t.Context(), g, &a)
	}()
	before := 0
	for running := true; running; {
		select {
		case err := <-ended:
			if f, _ := errors.AsType[*plugin.Failure](err); f == nil || f.Class != plugin.OutOfFuel {
				t.Errorf("the endless assignment ends with %v", err)
			}
			running = false
		default:
			if _, failure := serialize(t, s, "K"); failure != nil {
				t.Fatal(failure)
			}
			before++
		}
	}
	if before < 10 {
		t.Errorf("only %d calls got a turn beside a long one", before)
	}
}

// TestMemoryIsGivenBack makes instances end in every way that there is.
func TestMemoryIsGivenBack(t *testing.T) {
	e := newEngine(t, wasm.Config{QuarantineAfter: 1000})
	for _, module := range []string{"guest", "start_loop", "start_trap", "initialize_loop", "minor", "data_outside", "wasi"} {
		p := load(t, e, guest(t, module))
		s, err := p.Serializer(t.Context(), binding(plugin.KindValueSerializer, ""))
		if err != nil {
			continue
		}
		for _, value := range []string{"K", "T", "L", "G", "Pxxxxxxxx", "N4", "Q", "Q"} {
			var o plugin.Outcome
			if err := s.Validate(t.Context(), batchOf("K", value), &o); err != nil {
				t.Errorf("%s, %q: %v", module, value, err)
			}
		}
		s.Close()
	}
	if n := wasm.MemoryInUse(e); n != 0 {
		t.Errorf("%d bytes are in use when nothing is bound", n)
	}
	guestValues := values(t, load(t, e, guest(t, "guest")), "")
	serialize(t, guestValues, "K")
	if err := e.Stop(t.Context()); err != nil || wasm.MemoryInUse(e) != 0 {
		t.Errorf("after Stop, %d bytes are in use, %v", wasm.MemoryInUse(e), err)
	}
}

func TestStopWaitsForCalls(t *testing.T) {
	e := newEngine(t, wasm.Config{AssignTimeout: time.Minute})
	assignor, err := load(t, e, guest(t, "guest")).Assignor(t.Context(), binding(plugin.KindAssignor, ""))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		g := groupOf(1)
		g.ID = "L"
		var a plugin.Assignment
		ended <- assignor.Assign(t.Context(), g, &a)
	}()
	for wasm.Running(e) == 0 && len(ended) == 0 { // until it is under way
		runtime.Gosched()
	}
	if err := e.Stop(t.Context()); err != nil || wasm.MemoryInUse(e) != 0 {
		t.Errorf("Stop ends with %v, and %d bytes are in use", err, wasm.MemoryInUse(e))
	}
	if f, _ := errors.AsType[*plugin.Failure](<-ended); f == nil || f.Class != plugin.OutOfFuel {
		t.Errorf("a call that was under way ends with %v", f)
	}
}

// TestLimitsByKindOfModule: a module that imports WASI gets another limit than others.
func TestLimitsByKindOfModule(t *testing.T) {
	f := func(module string, memory, memoryWASI int64, ok bool) {
		t.Helper()
		e := newEngine(t, wasm.Config{InstanceMemory: memory, InstanceMemoryWASI: memoryWASI})
		if _, err := e.Check(t.Context(), guest(t, module)); (err == nil) != ok {
			t.Errorf("%s with %d and %d bytes: %v", module, memory, memoryWASI, err)
		}
	}
	f("guest", 2<<20, 1<<16, true) // needs 17 pages
	f("guest", 1<<20, 4<<20, false)
	f("wasi", 1<<16, 1<<20, true)
	f("guest", 17<<16, 0, true)
}
