package admin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/internal/admin"
	"github.com/jackdawmq/jackdaw/core/plugin"
)

func TestVectors(t *testing.T) {
	w := newWorld()
	w.fail = nil
	url := startWith(t, w)
	f := func(version, body string, want int, vectors, failed int, text string) {
		t.Helper()
		status, answer := do(t, "POST", url+"/plugins/"+version+"/vectors", body, asVectors)
		var got admin.Vectors
		if status == http.StatusOK {
			if err := json.Unmarshal([]byte(answer), &got); err != nil {
				t.Fatal(err)
			}
		}
		if status != want || got.Vectors != vectors || len(got.Failed) != failed || !strings.Contains(answer, text) {
			t.Errorf("%s: %d %s, want %d with %d of %d failed, and %q", version, status, answer, want, failed, vectors, text)
		}
	}
	const good = `{"call": "validate"}` + "\n" + `{"value": "ok", "want": "keep"}` + "\n"
	f("utf8/versions/1", good, http.StatusOK, 1, 0, `"failed":[]`)
	f("utf8/versions/1", good+`{"value": "a", "want": "drop"}`+"\n"+`{"value": "b", "want": "drop"}`, http.StatusOK, 3, 2, `line 4: keep, want drop`)
	f("utf8/versions/1", good+`{"call": "validate", "config": "{}", "refused": "no configuration"}`, http.StatusOK, 2, 0, "")
	f("utf8/versions/1", good+`{"call": "partition"}`+"\n"+`{"want": {"partition": 0}}`, http.StatusOK, 2, 1, "line 3: plugin utf8@1: unsupported")
	f("utf8/versions/1", "nonsense", http.StatusBadRequest, 0, 0, "line 1")
	f("utf8/versions/9", good, http.StatusNotFound, 0, 0, "utf8@9")
	f("utf8/versions/1", strings.Repeat("#", 1<<20+1), http.StatusRequestEntityTooLarge, 0, 0, "")
	w.fail = &plugin.Failure{Class: plugin.NotLoaded}
	f("geo/versions/1", good, http.StatusServiceUnavailable, 0, 0, "")
	if status, answer := do(t, "POST", url+"/plugins/utf8/versions/1/vectors", good, asJSON); status != http.StatusUnsupportedMediaType {
		t.Errorf("as JSON: %d %s", status, answer)
	}
}
