package meter_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	wasm "github.com/jackdawmq/jackdaw/plugins/wasm/internal/binary"
	"github.com/jackdawmq/jackdaw/plugins/wasm/internal/meter"
	"github.com/jackdawmq/jackdaw/plugins/wasm/wasmtest"
)

func TestRefused(t *testing.T) {
	for group, refusals := range wasmtest.Refused() {
		for _, r := range refusals {
			t.Run(group+"/"+r.Name, func(t *testing.T) {
				m, err := meter.Check(r.Wasm, meter.DefaultLimits(pages))
				if err == nil {
					t.Fatalf("accepted: %+v", m.Used)
				}
				for _, words := range r.Reasons {
					if !strings.Contains(err.Error(), words) {
						t.Errorf("no %q among the reasons:\n%v", words, err)
					}
				}
				if len(err.Error()) > 20_000 {
					t.Errorf("the reasons take %d bytes", len(err.Error()))
				}
			})
		}
	}
}

// TestAllReasons: whoever gets a refusal gets all of it.
func TestAllReasons(t *testing.T) {
	b := base().Import("env", "a", "", "").Import("env", "b", "", "").Import("jackdaw_1", "log", "", "")
	b.Imports = append(b.Imports, append(wasm.AppendBytes(wasm.AppendBytes(nil, "env"), "g"), 3, 0x7e, 1))
	b.Exports = append(b.Exports, wasm.Export{Name: "_start", Index: 3}, wasm.Export{Name: "jd_validate", Index: 3})
	b.Funcs = []function{{Type: b.TypeOf("", ""), Code: asm("global.get 0 drop", repeat(2_001, "block void"), repeat(2_001, "end"))}}
	b.Without("memory")
	_, err := meter.Check(b.Bytes(), meter.DefaultLimits(0))
	if strings.Contains(fmt.Sprint(err), "refers to") {
		t.Errorf("made-up reasons:\n%v", err)
	}
	for _, words := range []string{
		"pages of memory", "nested blocks", "env.a, env.b", "the global env.g is imported", "jackdaw_1.log has the type ()", "memory is missing", "jd_abi_1 is missing",
		"jd_reserve is missing", "is a command", "jd_validate has the type ()",
	} {
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("no %q among the reasons:\n%v", words, err)
		}
	}
}

// TestManyReasons cuts the list of what a hostile module does wrong in each of many functions.
func TestManyReasons(t *testing.T) {
	b := plugin()
	for range 10_000 {
		b.Func("", "", "call 99999999")
	}
	_, err := meter.Check(b.Bytes(), meter.DefaultLimits(pages))
	if n := strings.Count(err.Error(), "\n"); n != 50 || !strings.HasSuffix(err.Error(), "\nand more") {
		t.Errorf("%d reasons", n)
	}
}

// TestCheckAllocates little for modules that declare much.
func TestCheckAllocates(t *testing.T) {
	for _, r := range wasmtest.Bombs() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		meter.Check(r.Wasm, meter.DefaultLimits(pages)) // refused: the tests above
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > uint64(64*len(r.Wasm)+64<<10) {
			t.Errorf("%s: %d bytes allocated for a module of %d bytes", r.Name, got, len(r.Wasm))
		}
	}
}

func TestModule(t *testing.T) {
	b := base().Import("jackdaw_1", "log_level", "", i32).Import("wasi_snapshot_preview1", "sched_yield", "", i32).ABI().
		Export("jd_abi_2", i64, i64, "local.get 0"). // of a future that this broker does not know
		Export("jd_later", "", "").
		Export("jd_partition", i32+i32, i64, "i64.const 0").Export("jd_serialize", i32+i32, i64, "i64.const 0")
	m, err := meter.Check(b.Bytes(), meter.DefaultLimits(pages))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%v %v %v %t %d %d", m.Functions.Kinds(), m.Exports, m.Imports, m.WASI, m.MemoryMin, m.MemoryMax); got !=
		"[partitioner key.serializer value.serializer] [jd_abi_1 jd_partition jd_reserve jd_serialize] "+
			"[{jackdaw_1 log_level} {wasi_snapshot_preview1 sched_yield}] true 1 32" {
		t.Error(got)
	}
	if !m.Has("jd_partition") || m.Has("jd_validate") || m.Has("jd_later") {
		t.Error("Has")
	}
	one, _ := m.Instrument(7)
	if two, _ := m.Instrument(7); !bytes.Equal(one, two) {
		t.Error("two rewrites differ")
	}
}
