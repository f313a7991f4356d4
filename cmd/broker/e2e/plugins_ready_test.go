package e2e_test

import (
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
)

// TestPluginsAreInForceWhenReady: the first record that a ready broker gets is judged, by a client that tries nothing twice.
func TestPluginsAreInForceWhenReady(t *testing.T) {
	b := process.Start(t, deployed(t, "json-schema", "redact"))
	bindTopic(t, b.Addr, "people", valueSlot, "json-schema@1", valueSlot+".config", personSchema)
	bindTopic(t, b.Addr, "redacted", valueSlot, "redact@1", valueSlot+".mode", "transform", valueSlot+".config", `{"fields": ["password"]}`)
	once := func(topic, value string) error {
		t.Helper()
		client := newClient(t, b.Addr, kgo.DisableIdempotentWrite(), kgo.RecordRetries(0))
		return client.ProduceSync(deadline(t), texts(topic, value)...).FirstErr()
	}
	for _, end := range []func(){b.Stop, b.Kill} {
		end()
		b.Restart()
		if err := once("people", bad); !errors.Is(err, kerr.InvalidRecord) {
			t.Errorf("a bad record: %v", err)
		}
		if err := once("redacted", good); err != nil {
			t.Errorf("a record to be rewritten: %v", err)
		}
		if err := once("people", good); err != nil {
			t.Errorf("a good record: %v", err)
		}
	}
}

// readyz returns the status and the body of /readyz.
func readyz(t *testing.T, b *process.Broker) (int, string) {
	t.Helper()
	resp, err := http.Get("http://" + b.Admin + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestPluginsThatCanNotLoadHinderNobody: the broker is ready, and tells what is wrong with each of them.
func TestPluginsThatCanNotLoadHinderNobody(t *testing.T) {
	trap, err := filepath.Abs("../../../plugins/wasm/testdata/start_loop.wasm")
	if err != nil {
		t.Fatal(err)
	}
	b := process.Start(t, deployed(t, "json-schema")+",loops@1="+trap+",missing@1=/nosuch.wasm,text@1="+absolute(t, "doc.go"))
	bindTopic(t, b.Addr, "people", valueSlot, "json-schema@1", valueSlot+".config", personSchema)
	status, text := readyz(t, b)
	for _, want := range []string{"plugin loops@1 from ", "out_of_fuel", "plugin missing@1", "no such file", "plugin text@1 from ", "not a plugin"} {
		if status != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("/readyz answers %d without %q: %s", status, want, text)
		}
	}
	produce(t, newClient(t, b.Addr), texts("people", good))
}
