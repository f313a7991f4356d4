package wasm_test

import (
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

func TestExamine(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	r, err := e.Examine(t.Context(), guest(t, "guest"), wasm.Trial{
		Batches: []*plugin.Batch{batchOf("K", "Rno", "Vx"), batchOf("K")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Functions) != 5 || r.Memory < 17<<16 || len(r.Limits) < 10 || r.Limits[0].Used != uint64(r.Info.Size) {
		t.Errorf("the report is %+v", r)
	}
	for _, f := range r.Functions {
		worked := f.Records > 0 && f.FuelPerRecord > 10 && f.TimePerRecord > 0
		if len(f.Nondeterminism) > 0 || !worked && f.Function != "jd_partition" {
			t.Errorf("%s: %+v", f.Function, f)
		}
	}
	serialize := r.Functions[1]
	if serialize.Function != "jd_serialize" || len(serialize.Failures) != 0 || serialize.Records != 15 {
		t.Errorf("the report on jd_serialize is %+v", serialize)
	}
	if validate := r.Functions[0]; len(validate.Failures) == 0 || !strings.Contains(validate.Failures[0], "record 2") {
		t.Errorf("the report on jd_validate does not say that it replaces: %+v", validate)
	}
	if partition := r.Functions[3]; len(partition.Failures) == 0 {
		t.Errorf("the report on jd_partition does not say that it leaves the range: %+v", partition)
	}
}

// TestExamineFindsState has a guest that answers every other call differently.
func TestExamineFindsState(t *testing.T) {
	r, err := newEngine(t, wasm.Config{}).Examine(t.Context(), guest(t, "guest"), wasm.Trial{Batches: []*plugin.Batch{batchOf("S")}})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Functions[1].Nondeterminism; len(got) == 0 || !strings.Contains(got[0], "reject (rejected by check (code 0)) at first, keep again") {
		t.Errorf("differences are %q", got)
	}
}

func TestExamineRefuses(t *testing.T) {
	e := newEngine(t, wasm.Config{})
	for name, config := range map[string]string{"invalid": "", "start_loop": "", "guest": "N"} {
		if _, err := e.Examine(t.Context(), guest(t, name), wasm.Trial{Config: []byte(config)}); err == nil {
			t.Errorf("%s passes", name)
		}
	}
}
