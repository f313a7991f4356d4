package admin_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/auth"
	"github.com/jackdawmq/jackdaw/core/internal/admin"
	"github.com/jackdawmq/jackdaw/core/internal/binding"
	"github.com/jackdawmq/jackdaw/core/kafka"
	"github.com/jackdawmq/jackdaw/core/metadata"
	"github.com/jackdawmq/jackdaw/core/plugin"
	"github.com/jackdawmq/jackdaw/core/telemetry"
	"github.com/jackdawmq/jackdaw/plugins/builtin"
)

// world is a registry, diagnostics, paths, metadata and an authorizer in one, that remembers what it was asked.
type world struct {
	deployed []plugin.Description
	deploys  []plugin.Deployment
	fail     error
	changes  []metadata.ConfigChange
	forbid   bool
	asked    []string
	image    *metadata.Image
}

func (w *world) Lookup(_ context.Context, ref plugin.Ref) (plugin.Program, error) {
	if p, ok := builtin.Program(ref); ok {
		return p, nil
	}
	return nil, w.fail
}

func (w *world) Assignor(group string) (plugin.Assignor, error) {
	switch group {
	case "late":
		return nil, &plugin.Failure{Plugin: "near@1", Class: plugin.NotLoaded, Reason: "not here"}
	case "wrong":
		return nil, &plugin.Failure{Plugin: "near@1", Class: plugin.InvalidConfig, Reason: "no such field"}
	}
	return nil, nil
}

func (w *world) List(context.Context) ([]plugin.Description, error) { return w.deployed, w.fail }
func (w *world) Remove(context.Context, plugin.Ref) error           { return w.fail }
func (w *world) Revive(d plugin.Digest) bool                        { return d == plugin.DigestOf([]byte("one")) }

func (w *world) Describe(_ context.Context, name string) ([]plugin.Description, error) {
	return slices.DeleteFunc(slices.Clone(w.deployed), func(d plugin.Description) bool { return d.Ref.Name != name }), w.fail
}

func (w *world) Deploy(_ context.Context, d plugin.Deployment) (plugin.Description, error) {
	w.deploys = append(w.deploys, d)
	return plugin.Description{Ref: d.Ref, Info: plugin.Info{Digest: plugin.DigestOf(d.Bytes), Size: len(d.Bytes)}, Deployer: d.Deployer}, w.fail
}

func (w *world) Logs(plugin.Digest) []plugin.LogLine {
	return []plugin.LogLine{{Time: time.Unix(5, 0), Level: "warn", Plugin: "geo@0123", Binding: "orders", Text: "hello"}}
}

func (w *world) Path(topic string) binding.Path {
	if topic == "plain" {
		return binding.Path{Topic: topic, Native: true, Why: "no plugin is bound"}
	}
	return w.Paths()[0]
}

func (w *world) Paths() []binding.Path {
	failures := plugin.Stats{Calls: 2, Records: 10, Fuel: 1000, Busy: 1500 * time.Microsecond, Guest: time.Millisecond}
	failures.Failures[plugin.Trap] = 3
	return []binding.Path{{Topic: "orders", Why: "plugins are bound", Slots: []binding.SlotPath{{
		Slot: "value.serializer", Plugin: "geo@0123", Bound: "geo@1", Policy: plugin.DefaultPolicy(plugin.KindValueSerializer),
		State: binding.Running, Stats: failures, Counts: binding.Counts{Refused: 4},
	}}}}
}

func (w *world) Image() *metadata.Image { return w.image }

func (w *world) AlterConfigs(_ context.Context, changes []metadata.ConfigChange, _ bool) []error {
	w.changes = append(w.changes, changes...)
	return []error{w.fail}
}

func (w *world) Allowed(p auth.Principal, host string, op auth.Operation, _ auth.ResourceType, name string) bool {
	w.asked = append(w.asked, p.String()+" "+host+" "+name+" "+map[auth.Operation]string{
		auth.Describe: "describe", auth.Alter: "alter", auth.DescribeConfigs: "describe configs", auth.AlterConfigs: "alter configs"}[op])
	return !w.forbid
}

func (w *world) Enabled() bool { return true }

func newWorld() *world {
	one := plugin.Info{Digest: plugin.DigestOf([]byte("one")), Size: 3, Functions: plugin.CanValidate, Imports: []string{"jackdaw_1.log"}}
	return &world{
		deployed: []plugin.Description{
			{Ref: plugin.Ref{Name: "geo", Version: "1"}, Info: one, Deployed: time.Unix(1, 0), Deployer: "User:x", BoundTo: []string{"topic orders value.serializer"}},
			{Ref: plugin.Ref{Name: "utf8", Version: "1"}, Info: plugin.Info{Functions: plugin.CanValidate}, Builtin: true},
		},
		image: &metadata.Image{
			Topics: map[string]*metadata.Topic{"orders": {}, "plain": {}},
			Configs: map[metadata.Resource]map[string]string{{Type: metadata.TopicResource, Name: "orders"}: {
				"jackdaw.value.serializer": "geo@1", "jackdaw.value.serializer.on.reject": "dlq", "jackdaw.key.serializer": "utf8@1",
			}},
		},
	}
}

// startWith runs a server for a world.
func startWith(t *testing.T, w *world) string {
	t.Helper()
	plugins := admin.Plugins{Registry: w, Diagnostics: w, Paths: w, Metadata: w, Authorizer: w}
	s := admin.New(at("127.0.0.1:0"), telemetry.NewHealth(), telemetry.NewRegistry(), zap.NewAtomicLevel(), plugins, zap.NewNop())
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return "http://" + s.Addr().String()
}

const (
	asJSON    = "Content-Type: application/json"
	asWASM    = "Content-Type: application/wasm"
	asVectors = "Content-Type: application/jsonl"
)

func TestPluginAnswers(t *testing.T) {
	w := newWorld()
	url := startWith(t, w)
	get := func(path string, into any) {
		t.Helper()
		status, body := do(t, "GET", url+path, "")
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, status, body)
		}
		if err := json.Unmarshal([]byte(body), into); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	var list []admin.Version
	get("/plugins", &list)
	if len(list) != 2 || list[0].Name != "geo" || list[0].Kinds[1] != "value.serializer" || list[0].Functions[0] != "validate" ||
		list[0].DeployedAt == nil || list[1].DeployedAt != nil || !list[1].Builtin {
		t.Errorf("list: %+v", list)
	}
	var geo admin.Plugin
	get("/plugins/geo", &geo)
	if len(geo.Versions) != 1 || len(geo.Bindings) != 1 {
		t.Fatalf("geo: %+v", geo)
	}
	use := geo.Bindings[0]
	if use.Topic != "orders" || use.InForce.Stats.FuelPerRecord != 100 || use.InForce.Stats.Failures["trap"] != 3 ||
		use.InForce.Stats.BusyMs != 1.5 || use.InForce.Stats.GuestMs != 1 || use.InForce.Counts.Refused != 4 {
		t.Errorf("use: %+v", use)
	}
	var lines []admin.LogLine
	get("/plugins/geo/logs", &lines)
	if len(lines) != 1 || lines[0].Text != "hello" {
		t.Errorf("logs: %+v", lines)
	}
	var path admin.Path
	get("/topics/orders/plugins", &path)
	if path.Path != "plugins" || len(path.Slots) != 2 || path.Slots[0].Slot != "key.serializer" || path.Slots[0].State != "loading" ||
		path.Slots[0].InForce != nil || path.Slots[1].InForce == nil || path.Slots[1].OnReject != "dlq" {
		t.Errorf("path: %+v", path)
	}
	get("/topics/plain/plugins", &path)
	if path.Path != "native" || path.Why != "no plugin is bound" || len(path.Slots) != 0 {
		t.Errorf("path: %+v", path)
	}
}

// asking returns a function that sends a request to a world and expects a status.
func asking(t *testing.T, w *world) func(method, path, body string, want int, headers ...string) string {
	url := startWith(t, w)
	return func(method, path, body string, want int, headers ...string) string {
		t.Helper()
		status, answer := do(t, method, url+path, body, headers...)
		if status != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, status, answer, want)
		}
		return answer
	}
}

func TestVersionChanges(t *testing.T) {
	w := newWorld()
	f := asking(t, w)
	f("PUT", "/plugins/geo/versions/2", "bytes", http.StatusOK, asWASM)
	if d := w.deploys[0]; d.Ref.String() != "geo@2" || string(d.Bytes) != "bytes" || d.Deployer != "User:ANONYMOUS" {
		t.Errorf("deployed %+v", d)
	}
	f("PUT", "/plugins/geo/versions/2?validate_only=true", "bytes", http.StatusOK, asWASM)
	if !w.deploys[1].ValidateOnly || w.deploys[0].ValidateOnly {
		t.Errorf("deployed %+v", w.deploys)
	}
	f("PUT", "/plugins/geo/versions/2?validate_only=yes", "bytes", http.StatusBadRequest, asWASM)
	f("PUT", "/plugins/a%20b/versions/2", "bytes", http.StatusBadRequest, asWASM)
	f("PUT", "/plugins/geo/versions/2", strings.Repeat("x", 16<<20+1), http.StatusRequestEntityTooLarge, asWASM)
	f("PUT", "/plugins/geo/versions/2", strings.Repeat("x", 16<<20), http.StatusOK, asWASM)
	f("DELETE", "/plugins/geo/versions/1", "", http.StatusNoContent)
	if got := f("POST", "/plugins/geo/versions/1/release", "{}", http.StatusOK, asJSON); !strings.Contains(got, "true") {
		t.Errorf("released: %s", got)
	}
	f("POST", "/plugins/geo/versions/9/release", "{}", http.StatusNotFound, asJSON)
	f("GET", "/plugins/nosuch", "", http.StatusNotFound)
	f("GET", "/plugins/geo/versions/9", "", http.StatusNotFound)
}

func TestBindingChanges(t *testing.T) {
	w := newWorld()
	f := asking(t, w)
	f("PUT", "/topics/orders/plugins/value.serializer", `{"plugin":"geo@2","mode":"validate","config":{"a": 1},"on_reject":"dlq","dead_letters":"bad"}`, http.StatusOK, asJSON)
	want := map[string]string{"jackdaw.value.serializer": "geo@2", "jackdaw.value.serializer.mode": "validate",
		"jackdaw.value.serializer.config": `{"a":1}`, "jackdaw.value.serializer.on.reject": "dlq", "jackdaw.dlq.topic": "bad"}
	for _, op := range w.changes[0].Ops {
		if value := want[op.Name]; (op.Op == metadata.SetConfig) != (value != "") || value != "" && *op.Value != value {
			t.Errorf("%+v, want %q", op, value)
		}
	}
	f("DELETE", "/topics/orders/plugins/value.serializer", "", http.StatusNoContent)
	for _, op := range w.changes[1].Ops {
		if op.Op != metadata.DeleteConfig {
			t.Errorf("unbind: %+v", op)
		}
	}
	f("DELETE", "/topics/orders/plugins", "", http.StatusNoContent)
	if n := len(w.changes[2].Ops); n != 3*6+1 {
		t.Errorf("unbinding all changes %d configs", n)
	}
	f("PUT", "/topics/orders/plugins/nosuch", `{"plugin":"geo@2"}`, http.StatusNotFound, asJSON)
	f("PUT", "/topics/orders/plugins/partitioner", `{}`, http.StatusBadRequest, asJSON)
	f("PUT", "/topics/orders/plugins/partitioner", `{"plugin":"geo@2","typo":1}`, http.StatusBadRequest, asJSON)
	f("PUT", "/topics/orders/plugins/partitioner", `{"plugin":"`+strings.Repeat("x", 70<<10)+`"}`, http.StatusRequestEntityTooLarge, asJSON)
	f("GET", "/topics/nosuch/plugins", "", http.StatusNotFound)
	f("POST", "/plugins", "{}", http.StatusMethodNotAllowed, asJSON)
}

func TestPluginErrors(t *testing.T) {
	w := newWorld()
	url := startWith(t, w)
	f := func(err error, want int, words ...string) {
		t.Helper()
		w.fail = err
		status, body := do(t, "PUT", url+"/plugins/geo/versions/2", "x", asWASM)
		var p admin.Problem
		if jsonErr := json.Unmarshal([]byte(body), &p); jsonErr != nil || status != want || p.Error == "" || !slices.Equal(p.Reasons, words) {
			t.Errorf("%v: %d %s, want %d (%v)", err, status, body, want, jsonErr)
		}
	}
	f(&plugin.Refusal{Reasons: []string{"a", "b"}}, http.StatusUnprocessableEntity, "a", "b")
	f(&plugin.Failure{Class: plugin.Trap}, http.StatusUnprocessableEntity)
	f(&plugin.Failure{Class: plugin.NotLoaded}, http.StatusServiceUnavailable)
	f(kafka.Errorf(kafka.DuplicateResource, "exists"), http.StatusConflict)
	f(kafka.Errorf(kafka.PolicyViolation, "bound"), http.StatusConflict)
	f(kafka.Errorf(kafka.NotController, "starting"), http.StatusServiceUnavailable)
	f(context.DeadlineExceeded, http.StatusGatewayTimeout)
	f(kafka.KafkaStorageError, http.StatusInternalServerError)
}

func TestPluginSecurity(t *testing.T) {
	w := newWorld()
	url := startWith(t, w)
	f := func(method, path string, want int, headers ...string) {
		t.Helper()
		if status, body := do(t, method, url+path, "{}", headers...); status != want {
			t.Errorf("%s %s %q: %d %s, want %d", method, path, headers, status, body, want)
		}
	}
	const upload = "/plugins/geo/versions/2"
	for _, typ := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json", "application/octet-stream"} {
		f("PUT", upload, http.StatusUnsupportedMediaType, "Content-Type: "+typ)
	}
	f("PUT", upload, http.StatusUnsupportedMediaType)
	f("PUT", upload, http.StatusForbidden, asWASM, "Origin: http://evil.example")
	f("PUT", upload, http.StatusForbidden, asWASM, "Host: evil.example")
	f("DELETE", "/plugins/geo/versions/1", http.StatusForbidden, "Origin: http://evil.example")
	f("POST", "/plugins/geo/versions/1/release", http.StatusUnsupportedMediaType, "Content-Type: text/plain")
	f("PUT", "/topics/orders/plugins/partitioner", http.StatusUnsupportedMediaType, "Content-Type: text/plain")
	w.forbid, w.asked = true, nil
	f("GET", "/plugins", http.StatusForbidden)
	f("PUT", upload, http.StatusForbidden, asWASM)
	f("DELETE", "/plugins/geo/versions/1", http.StatusForbidden)
	f("PUT", "/topics/orders/plugins/partitioner", http.StatusForbidden, asJSON)
	f("GET", "/topics/orders/plugins", http.StatusForbidden)
	f("POST", "/plugins/geo/versions/1/vectors", http.StatusForbidden, asVectors)
	f("DELETE", "/topics/orders/plugins", http.StatusForbidden)
	f("PUT", "/groups/g/plugins/assignor", http.StatusForbidden, asJSON)
	f("GET", "/groups/g/plugins/assignor", http.StatusForbidden)
	const who = "User:ANONYMOUS 127.0.0.1 "
	want := []string{who + "kafka-cluster describe", who + "kafka-cluster alter", who + "kafka-cluster alter", who + "orders alter configs", who + "orders describe configs",
		who + "kafka-cluster alter", who + "orders alter configs", who + "g alter configs", who + "g describe configs"}
	if !slices.Equal(w.asked, want) {
		t.Errorf("the authorizer was asked %q", w.asked)
	}
	if len(w.deploys)+len(w.changes) > 0 {
		t.Error("a refused request did something")
	}
}
