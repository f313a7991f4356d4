package hostileplugins_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/plugins/wasm/wasmtest"
)

const (
	pluginMemory = 64 << 20 // jackdaw.plugin.memory.bytes of the broker under attack
	// memoryBound is the most that the broker may be resident with: its plugins' memory, and 256 MiB for itself, for the
	// modules that it checks and for what a compilation takes.
	memoryBound = pluginMemory + 256<<20
	testdata    = "../../../../plugins/wasm/testdata"
)

// rounds returns how often everything is run.
func rounds() int {
	if os.Getenv("E2E_FULL") == "1" {
		return 20
	}
	return 1
}

// module reads one of the modules of plugins/wasm's own tests.
func module(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(testdata, name+".wasm"))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// lies are records on which testdata/guest.wat misbehaves: it traps (T, A), does not end (L, E, F, Y, H, X), answers with
// a failure (N), or with a result of our choice (P).
func lies() []string {
	answer := func(r uint64, words ...uint32) string {
		b := binary.LittleEndian.AppendUint64([]byte("P"), r)
		for _, w := range words {
			b = binary.LittleEndian.AppendUint32(b, w)
		}
		return string(b)
	}
	const at = 0x10000
	return []string{
		"T", "A", "L", "E", "F", "Y", "H", "X", "N4",
		answer(at<<32 | 0x7fffffff), // a block past the end of the memory
		answer(0x7fffffff<<32 | 8),
		answer((at + 2) << 32),                  // not aligned
		answer(at<<32|96, 16, 40, 2, 0),         // more results than records
		answer(at<<32|56, 0xfffffffc, 40, 1, 0), // lengths that wrap 32 bits around
		answer(at<<32|56, 16, 40, 1, 0, 99),     // an unknown action
	}
}

// TestHostilePlugins: no module gets through, and nobody else notices.
func TestHostilePlugins(t *testing.T) {
	b := process.Start(t, fmt.Sprintf("jackdaw.plugin.memory.bytes=%d", pluginMemory))
	c := newCanary(t, b.Addr)
	c.start()
	a := newAttacker(t, b)
	for round := range rounds() {
		refuseAll(t, a, round)
		stopAll(t, a, round)
		breakOut(t, a, round)
	}
	c.stop()
	checkMemory(t, b)
	// The broker takes and runs plugins as before.
	if a.install("good", wasmtest.Plugin()) {
		if err := a.strike("good", "record"); err != nil {
			t.Errorf("a good plugin: %v", err)
		}
	}
	b.Stop()
}

// refuseAll deploys what must not be taken.
func refuseAll(t *testing.T, a *attacker, round int) {
	count := 0
	for group, modules := range wasmtest.Refused() {
		for i, m := range modules {
			count++
			if a.deploy(fmt.Sprintf("%s-%d", group, i), m.Wasm) == "" {
				t.Errorf("%s/%s is taken", group, m.Name)
			}
		}
	}
	for _, name := range []string{"invalid", "minor", "start_loop", "start_trap", "initialize_loop", "data_outside"} {
		count++
		if a.deploy(name, module(t, name)) == "" {
			t.Errorf("%s.wasm is taken", name)
		}
	}
	t.Logf("round %d: %d modules refused", round, count)
}

// stopAll runs what does not end, a few at a time, until all of them are in quarantine.
func stopAll(t *testing.T, a *attacker, round int) {
	var running sync.WaitGroup
	turns := make(chan struct{}, 4)
	count := 0
	for i, m := range wasmtest.Endless() {
		if round == 0 && !a.install(fmt.Sprintf("endless-%d", i), m.Wasm) {
			continue
		}
		count++
		turns <- struct{}{}
		running.Go(func() {
			defer func() { <-turns }()
			a.release(fmt.Sprintf("endless-%d", i))
			a.exhaust(fmt.Sprintf("endless-%d", i), "record")
		})
	}
	running.Wait()
	t.Logf("round %d: %d modules stopped and in quarantine", round, count)
}

// breakOut makes a guest that can be told how to misbehave do so in every way.
func breakOut(t *testing.T, a *attacker, round int) {
	if round == 0 {
		if !a.install("guest", module(t, "guest")) {
			return
		}
		for i, config := range []string{"T", "L", "N"} { // at jd_configure
			if topic := fmt.Sprint("configured-", i); a.bindTo(topic, "guest", config) == "" && a.strike(topic, "K") == nil {
				t.Errorf("a plugin that fails on its configuration %s took a record", config)
			}
		}
	}
	for chunk := range slices.Chunk(lies(), 5) {
		a.release("guest")
		for _, lie := range chunk {
			if err := a.strike("guest", lie); !errors.Is(err, kerr.InvalidRecord) {
				t.Errorf("the record %q is answered with %v", lie, err)
			}
		}
	}
	for _, mischief := range []string{"G", "Oh no", "C", "K"} { // all memory, a flood of lines, counters
		if err := a.strike("guest", mischief); err != nil {
			t.Errorf("the record %q, which is mischief but allowed: %v", mischief, err)
		}
	}
	a.exhaust("guest", "T", "L")
	if _, lastError := a.state("guest"); lastError == "" {
		t.Error("the guest's last error is not told")
	}
}

// checkMemory holds the most that the broker was resident with against the bound.
func checkMemory(t *testing.T, b *process.Broker) {
	if runtime.GOOS != "linux" {
		return // there is no /proc
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.PID()))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(status, []byte("VmHWM:"))
	kib, err := strconv.Atoi(strings.Fields(string(after))[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("peak of resident memory: %d MiB of %d MiB", kib>>10, memoryBound>>20)
	if kib<<10 > memoryBound {
		t.Errorf("the broker took %d MiB, more than its bound of %d MiB", kib>>10, memoryBound>>20)
	}
}
