package wasm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

func TestMemoryLimits(t *testing.T) {
	e := newEngine(t, wasm.Config{InstanceMemory: 2 << 20, TotalMemory: 5 << 20})
	p := load(t, e, guest(t, "guest"))
	a, b := values(t, p, ""), values(t, p, "")
	if _, failure := serialize(t, a, "G"); failure != nil { // takes all that it can have, which is not an error
		t.Fatal(failure)
	}
	if got := a.Stats(); got.Instances != 0 {
		t.Errorf("an instance that took all memory is kept: %+v", got)
	}
	if _, failure := serialize(t, b, "K"); failure != nil {
		t.Fatal(failure)
	}
	small := load(t, newEngine(t, wasm.Config{TotalMemory: 1 << 20}), guest(t, "guest"))
	_, err := small.Serializer(t.Context(), binding(plugin.KindValueSerializer, ""))
	if f, _ := errors.AsType[*plugin.Failure](err); f == nil || f.Class != plugin.Overloaded || !f.Retriable() {
		t.Errorf("without memory for an instance, binding fails with %v", err)
	}
}

// TestDeepCalls: a recursion is stopped by the stack that it takes, long before its fuel is spent.
func TestDeepCalls(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "guest")), "")
	_, failure := serialize(t, s, "X")
	if failure == nil || failure.Class != plugin.OutOfFuel || !strings.Contains(failure.Reason, "too deep") {
		t.Errorf("a recursion without end: %v", failure)
	}
	if v, failure := serialize(t, s, "K"); failure != nil {
		t.Errorf("afterwards: %v, %v", v, failure)
	}
}
