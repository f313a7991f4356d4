package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"github.com/jackdawmq/jackdaw/core/config"
	"github.com/jackdawmq/jackdaw/core/internal/admin"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func at(address string) *config.Settings {
	return &config.Settings{Broker: config.Broker{AdminListener: address}}
}

// start runs a server on a free port.
func start(t *testing.T) (*telemetry.Health, zap.AtomicLevel, string) {
	t.Helper()
	health, level := telemetry.NewHealth(), zap.NewAtomicLevel()
	health.Expect("log", "network")
	s := admin.New(at("127.0.0.1:0"), health, telemetry.NewRegistry(), level, admin.Plugins{}, zap.NewNop())
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return health, level, "http://" + s.Addr().String()
}

// do sends a request and returns its status and body. Headers are "Name: value"; Host sets the host.
func do(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(content)
}

func TestHealth(t *testing.T) {
	health, _, url := start(t)
	health.Progress("log", 120, 4000)
	status, body := do(t, "GET", url+"/readyz", "")
	var report telemetry.Report
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		t.Fatal(err)
	}
	if status != http.StatusServiceUnavailable || report.Ready || report.Components[0].Done != 120 {
		t.Errorf("%d %s", status, body)
	}
	if status, body := do(t, "GET", url+"/livez", ""); status != http.StatusOK {
		t.Errorf("live while starting: %d %s", status, body)
	}
	health.Ready("log")
	health.Ready("network")
	if status, body := do(t, "GET", url+"/readyz", ""); status != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("%d %s", status, body)
	}
	health.Failed("log", io.ErrShortWrite)
	if status, body := do(t, "GET", url+"/livez", ""); status != http.StatusServiceUnavailable || !strings.Contains(body, "short write") {
		t.Errorf("%d %s", status, body)
	}
}

func TestMetricsAndProfiles(t *testing.T) {
	_, _, url := start(t)
	if status, body := do(t, "GET", url+"/metrics", ""); status != http.StatusOK || !strings.Contains(body, "go_goroutines") {
		t.Errorf("%d %.200s", status, body)
	}
	if status, body := do(t, "GET", url+"/debug/pprof/goroutine?debug=1", ""); status != http.StatusOK || !strings.Contains(body, "goroutine profile") {
		t.Errorf("%d %.200s", status, body)
	}
	for _, long := range []string{"profile?seconds=601", "trace?seconds=1e99", "heap?seconds=1000000"} {
		if status, body := do(t, "GET", url+"/debug/pprof/"+long, ""); status != http.StatusBadRequest || !strings.Contains(body, "at most 10m0s") {
			t.Errorf("%s: %d %.200s", long, status, body)
		}
	}
	if status, body := do(t, "GET", url+"/", ""); status != http.StatusOK || !strings.Contains(body, "/readyz") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := do(t, "GET", url+"/elsewhere", ""); status != http.StatusNotFound {
		t.Errorf("unknown path: %d", status)
	}
}

func TestLogLevel(t *testing.T) {
	_, level, url := start(t)
	if status, body := do(t, "PUT", url+"/loglevel", `{"level":"debug"}`, asJSON); status != http.StatusOK || level.String() != "debug" {
		t.Errorf("%d %s", status, body)
	}
	if status, body := do(t, "GET", url+"/loglevel", ""); status != http.StatusOK || strings.TrimSpace(body) != `{"level":"debug"}` {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := do(t, "PUT", url+"/loglevel", `{"level":"loud"}`, asJSON); status != http.StatusBadRequest {
		t.Errorf("a level that does not exist: %d", status)
	}
	if status, _ := do(t, "PUT", url+"/loglevel", "level=error", "Content-Type: application/x-www-form-urlencoded"); status != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %d", status)
	}
	if status, _ := do(t, "PUT", url+"/loglevel", `{"level":"`+strings.Repeat("x", 100<<10)+`"}`, asJSON); status != http.StatusBadRequest {
		t.Errorf("a large body: %d", status)
	}
	if level.String() != "debug" {
		t.Errorf("the level is %s", level)
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	_, _, url := start(t)
	host := strings.TrimPrefix(url, "http://")
	f := func(want int, headers ...string) {
		t.Helper()
		if status, _ := do(t, "GET", url+"/metrics", "", headers...); status != want {
			t.Errorf("%q: %d, want %d", headers, status, want)
		}
	}
	f(http.StatusOK, "Host: localhost:9644")
	f(http.StatusOK, "Host: [::1]:9644")
	f(http.StatusOK, "Origin: "+url)
	f(http.StatusForbidden, "Host: evil.example:9644")
	f(http.StatusForbidden, "Host: 127.0.0.1.evil.example")
	f(http.StatusForbidden, "Host: 10.0.0.1:9644")
	f(http.StatusForbidden, "Origin: http://evil.example")
	f(http.StatusForbidden, "Origin: null")
	f(http.StatusForbidden, "Origin: https://"+host)
	f(http.StatusForbidden, "Origin: "+url, "Origin: http://evil.example")
}

func TestAddresses(t *testing.T) {
	f := func(address, want string) {
		t.Helper()
		s := admin.New(at(address), telemetry.NewHealth(), telemetry.NewRegistry(), zap.NewAtomicLevel(), admin.Plugins{}, zap.NewNop())
		err := s.Start(t.Context())
		if err == nil || !strings.HasPrefix(err.Error(), "jackdaw.admin.listener: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", address, err)
		}
		if err := s.Stop(t.Context()); err != nil || s.Addr() != nil {
			t.Errorf("%s: %v, %v", address, err, s.Addr())
		}
	}
	_, _, url := start(t)
	f(strings.TrimPrefix(url, "http://"), "is in use")
	f("0.0.0.0:0", "not a loopback address")
	f("127.0.0.1:port", "port")

	off := admin.New(at(""), telemetry.NewHealth(), telemetry.NewRegistry(), zap.NewAtomicLevel(), admin.Plugins{}, zap.NewNop())
	if err := off.Start(t.Context()); err != nil || off.Addr() != nil {
		t.Errorf("an empty address: %v, %v", err, off.Addr())
	}
}
