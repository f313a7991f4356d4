package wasm_test

import (
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/plugins/wasm"
)

func TestSerialize(t *testing.T) {
	s := values(t, load(t, newEngine(t, wasm.Config{}), guest(t, "guest")), "")
	var o plugin.Outcome
	if err := s.Serialize(t.Context(), batchOf("keep", "Rnot good", "Vnew", "D"), &o); err != nil {
		t.Fatal(err)
	}
	v := o.Verdicts()
	if v[0].Action != plugin.Keep || v[1].Action != plugin.Reject || string(v[1].Message) != "not good" || v[1].Code != 7 ||
		v[2].Action != plugin.Replace || string(v[2].Value) != "new" || string(v[2].Key) != "key" || v[3].Action != plugin.Drop {
		t.Errorf("verdicts are %+v", v)
	}
}
