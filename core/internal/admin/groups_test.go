package admin_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/admin"
	"github.com/jackdawmq/jackdaw/core/metadata"
)

func TestAssignors(t *testing.T) {
	w := newWorld()
	for _, group := range []string{"g", "late", "wrong"} {
		w.image.Configs[metadata.Resource{Type: metadata.GroupResource, Name: group}] = map[string]string{"jackdaw.assignor": "near@1", "jackdaw.assignor.config": "{}"}
	}
	url := startWith(t, w)
	f := func(method, group, body string, want admin.Assignor) {
		t.Helper()
		status, answer := do(t, method, url+"/groups/"+group+"/plugins/assignor", body, asJSON)
		var got admin.Assignor
		if err := json.Unmarshal([]byte(answer), &got); err != nil || status != http.StatusOK || got != want {
			t.Errorf("%s %s: %d %s, want %+v (%v)", method, group, status, answer, want, err)
		}
	}
	f("GET", "g", "", admin.Assignor{Group: "g", Plugin: "near@1", Config: "{}", State: "running"})
	f("GET", "late", "", admin.Assignor{Group: "late", Plugin: "near@1", Config: "{}", State: "loading", Why: "plugin near@1: not_loaded: not here"})
	f("GET", "wrong", "", admin.Assignor{Group: "wrong", Plugin: "near@1", Config: "{}", State: "broken", Why: "plugin near@1: invalid_config: no such field"})
	f("GET", "none", "", admin.Assignor{Group: "none", State: "none"})
	f("PUT", "g", `{"plugin": "near@1", "config": {"racks": true}}`, admin.Assignor{Group: "g", Plugin: "near@1", Config: "{}", State: "running"})
	group := metadata.Resource{Type: metadata.GroupResource, Name: "g"}
	if c := w.changes[0]; c.Resource != group || len(c.Ops) != 2 || *c.Ops[0].Value != "near@1" || *c.Ops[1].Value != `{"racks":true}` {
		t.Errorf("bound by %+v", c)
	}
	if status, answer := do(t, "DELETE", url+"/groups/g/plugins/assignor", ""); status != http.StatusNoContent {
		t.Errorf("%d %s", status, answer)
	}
	if c := w.changes[1]; c.Resource != group || len(c.Ops) != 2 || c.Ops[0].Op != metadata.DeleteConfig || c.Ops[1].Op != metadata.DeleteConfig {
		t.Errorf("unbound by %+v", c)
	}
	if status, answer := do(t, "PUT", url+"/groups/g/plugins/assignor", `{}`, asJSON); status != http.StatusBadRequest {
		t.Errorf("no plugin: %d %s", status, answer)
	}
}
