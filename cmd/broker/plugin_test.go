package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/jackdawmq/jackdaw/core/plugin"
)

const guests = "../../examples/wasm/"

// good runs a command that needs no broker.
func good(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	got := cli(t, stdin, args...)
	if got.code != exitOK {
		t.Fatalf("%v: exit %d: %s", args, got.code, got.stderr)
	}
	return got.out
}

// bad runs a command that must fail and say why.
func bad(t *testing.T, code int, why string, args ...string) {
	t.Helper()
	if got := cli(t, "", args...); got.code != code || !strings.Contains(got.stderr, why) {
		t.Errorf("%v: exit %d: %s, want %d and %q", args, got.code, got.stderr, code, why)
	}
}

func TestPluginCheck(t *testing.T) {
	out := good(t, "", "plugin", "check", guests+"redact/redact.wasm")
	for _, want := range []string{"value.serializer", "jackdaw_1.error", "Test vectors:  19", "jd_serialize", "LIMIT", "yes"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	var report checkReport
	if err := json.Unmarshal([]byte(good(t, "", "plugin", "check", "--format", "json", guests+"testdata/c-partitioner.wasm")), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Digest) != 64 || !slices.Equal(report.Kinds, []string{"partitioner"}) || len(report.Functions) != 1 ||
		!report.Functions[0].Deterministic || report.Functions[0].FuelPerRecord == 0 || report.CompileMs == 0 || len(report.Problems) > 0 {
		t.Errorf("%+v", report)
	}
	bad(t, exitFailed, "main.go is not a plugin that can run:\n  - ", "plugin", "check", "main.go")
	bad(t, exitFailed, "no such file", "plugin", "check", "nosuch.wasm")
	wrong := filepath.Join(t.TempDir(), "wrong.vectors")
	if err := os.WriteFile(wrong, []byte("{\"call\": \"validate\"}\n{\"value\": \"x\", \"want\": \"keep\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	bad(t, exitFailed, "want keep", "plugin", "check", guests+"testdata/c-validator.wasm", "--vectors", wrong)
	bad(t, exitFailed, "c-validator.wasm does not answer as its test vectors say, and was not deployed:\n  - line 2: reject", "plugin", "deploy", "v@1", guests+"testdata/c-validator.wasm", "--vectors", wrong, "--admin", "127.0.0.1:1")
}

func TestPluginRun(t *testing.T) {
	validator := guests + "testdata/c-validator.wasm"
	out := good(t, "{\"user\": 1}\n{}\n", "plugin", "run", validator)
	if out != "1  keep\n2  reject: the field \"user\" is missing\n" {
		t.Errorf("a validator: %q", out)
	}
	out = good(t, `{"value": {"password": "x"}, "headers": {"h": "1"}}`, "plugin", "run", guests+"redact/redact.wasm",
		"--config", `{"fields": ["password"]}`, "--input", "json", "--format", "json")
	var answer runAnswer
	if err := json.Unmarshal([]byte(out), &answer); err != nil || answer.Action != "replace" || *answer.Value != `{"password": "***"}` || answer.Headers["h"] != "1" {
		t.Errorf("a transform: %s %v", out, err)
	}
	out = good(t, "k:v\n", "plugin", "run", guests+"testdata/c-partitioner.wasm", "-k", ":", "--partitions", "1")
	if out != "1  partition 0\n" {
		t.Errorf("a partitioner: %q", out)
	}
	bad(t, exitFailed, "invalid_config", "plugin", "run", guests+"redact/redact.wasm")
	bad(t, exitMisuse, "no function partition", "plugin", "run", validator, "--call", "partition")
	bad(t, exitMisuse, "is not one of", "plugin", "run", validator, "--call", "frob")
}

func TestPluginBench(t *testing.T) {
	var rows []benchRow
	out := good(t, "", "plugin", "bench", guests+"redact/redact.wasm", "--duration", "1ms", "--format", "json")
	if err := json.Unmarshal([]byte(out), &rows); err != nil || len(rows) != 4 {
		t.Fatalf("%s %v", out, err)
	}
	for _, r := range rows {
		if r.Records == 0 || r.NsPerRecord <= 0 || r.FuelPerRecord <= 0 || r.Failures > 0 || r.HostShare <= 0 || r.HostShare >= 1 || r.Memory == 0 {
			t.Errorf("%+v", r)
		}
	}
}

func TestPluginNew(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "positive")
	good(t, "", "plugin", "new", "c", "validator", "--name", "positive", "--dir", dir)
	for _, name := range []string{"plugin.c", "build.sh", "positive.vectors", "README.md"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	bad(t, exitFailed, "exists already", "plugin", "new", "c", "validator", "--dir", dir)
	bad(t, exitMisuse, "languages are", "plugin", "new", "cobol", "validator", "--dir", dir+"2")
	bad(t, exitMisuse, "kinds are", "plugin", "new", "c", "frob", "--dir", dir+"2")
}

// listener is an operators' listener that answers as told and remembers what it was asked.
func listener(t *testing.T, status int, answer string) (address string, asked *[]string) {
	t.Helper()
	asked = &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		*asked = append(*asked, r.Method+" "+r.URL.EscapedPath()+" "+r.Header.Get("Content-Type")+" "+string(body[:min(4, len(body))]))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestPluginOperators(t *testing.T) {
	f := func(status int, answer, request, want string, args ...string) {
		t.Helper()
		address, asked := listener(t, status, answer)
		got := cli(t, "", append([]string{"plugin", "--admin", address}, args...)...)
		if (got.code == exitOK) != (status < 400) || !strings.Contains(got.out+got.stderr, want) || !slices.Equal(*asked, []string{request}) {
			t.Errorf("%v: exit %d, %q, asked %q; want %q and %q", args, got.code, got.out+got.stderr, *asked, want, request)
		}
	}
	const version = `{"name":"geo","version":"1","digest":"abcdef0123456789","size":7,"kinds":["partitioner"],"functions":["partition"],"imports":[],
		"deployed_at":"2026-01-02T03:04:05Z","deployer":"User:x","builtin":false,"bound_to":["topic t partitioner"],"load_failed":""}`
	f(200, version, "PUT /plugins/geo/versions/1 application/wasm \x00asm", "deployed geo@1 (abcdef0123456789)", "deploy", "geo@1", guests+"testdata/c-validator.wasm")
	f(200, version, "PUT /plugins/geo/versions/1 application/wasm \x00asm", "the broker would deploy geo@1 (", "deploy", "geo@1", "--dry-run", guests+"testdata/c-validator.wasm")
	f(422, `{"error":"no","reasons":["first","second"]}`, "PUT /plugins/geo/versions/1 application/wasm \x00asm", "  - first\n  - second", "deploy", "geo@1", guests+"testdata/c-validator.wasm")
	f(409, `{"error":"it exists","reasons":[]}`, "PUT /plugins/geo/versions/1+x application/wasm \x00asm", "broker: it exists", "deploy", "geo@1+x", guests+"testdata/c-validator.wasm")
	f(200, "["+version+"]", "GET /plugins  ", "topic t partitioner", "list")
	f(500, "oops", "GET /plugins  ", "answered 500 Internal Server Error: oops", "list")
	f(204, "", "DELETE /plugins/geo/versions/1  ", "removed geo@1", "remove", "geo@1")
	f(200, `{"released":false}`, "POST /plugins/geo/versions/1/release application/json {}", "not in quarantine", "release", "geo@1")
	f(200, `[{"time":"2026","level":"warn","plugin":"geo@abc","binding":"t","text":"hello"}]`, "GET /plugins/geo/logs  ", "hello", "logs", "geo")
	f(200, `{"name":"geo","versions":[`+version+`],"bindings":[{"topic":"t","slot":"partitioner","state":"quarantined","in_force":{"plugin":"geo@1","label":"geo@abc",
		"stats":{"records":5,"failures":{"trap":3},"last_error":"it broke","last_error_at":"2026","quarantined_until":"2027"},"counts":{}}}]}`,
		"GET /plugins/geo  ", "trap=3\n\nLast error on t partitioner at 2026: it broke\nIn quarantine until 2027", "describe", "geo@1")
	bad(t, exitMisuse, "want name@version, as in geo@1", "plugin", "remove", "geo")
	bad(t, exitMisuse, "is a digest", "plugin", "remove", strings.Repeat("ab", 32))
	bad(t, exitFailed, "name another with --admin", "plugin", "list", "--admin", "127.0.0.1:1")
}

func TestPluginBindMisuse(t *testing.T) {
	bad(t, exitMisuse, "does not name a plugin", "plugin", "bind", "t", "geo")
	bad(t, exitMisuse, "--config is not JSON: unexpected end of JSON input, after {", "plugin", "bind", "t", "geo@1", "--config", "{")
	bad(t, exitMisuse, `invalid character '\'' looking for beginning of object key string, after {'`, "plugin", "bind", "t", "geo@1", "--config", "{'a':1}")
	bad(t, exitMisuse, "--slot", "plugin", "unbind", "t", "--slot", "frob")
	if slot := slotOf(map[string]string{"jackdaw.key.serializer": "geo@1"}, mustRef(t, "geo@2")); slot != "key.serializer" {
		t.Errorf("geo is in %s", slot)
	}
	if slot := slotOf(map[string]string{"jackdaw.key.serializer": "pii@1"}, mustRef(t, "geo@2")); slot != "value.serializer" {
		t.Errorf("geo goes to %s", slot)
	}
	path, why := pathOf("t", map[string]string{"jackdaw.partitioner": "murmur2@1", "jackdaw.value.serializer": "geo@1", "jackdaw.value.serializer.on.reject": "dlq"})
	if path != "plugins" || why != "partitioner is murmur2@1 (observe, on.reject=reject, on.error=retry); value.serializer is geo@1 (validate, on.reject=dlq, on.error=retry)" {
		t.Errorf("%s: %s", path, why)
	}
}

func mustRef(t *testing.T, s string) plugin.Ref {
	t.Helper()
	ref, err := plugin.ParseRef(s)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestPluginCompletion(t *testing.T) {
	address, _ := listener(t, 200, `[{"name":"geo","version":"1"},{"name":"geo","version":"2"},{"name":"pii","version":"1"}]`)
	f := func(want string, args ...string) {
		t.Helper()
		out := good(t, "", append([]string{"__complete", "plugin", "--admin", address}, args...)...)
		if !strings.HasPrefix(out, want) {
			t.Errorf("%v: %q, want %q", args, out, want)
		}
	}
	f("geo\npii\n:4", "describe", "")
	f("geo@1\ngeo@2\npii@1\n:4", "remove", "")
	f("geo@1\ngeo@2\npii@1\n:4", "bind", "orders", "")
	f("partitioner\nkey.serializer\nvalue.serializer\n:4", "bind", "orders", "geo@1", "--slot", "")
	f("c\ngo\nrust\n:4", "new", "")
	f("wasm\n:8", "check", "")
}
