package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/jackdawmq/jackdaw/core/telemetry"
)

func TestLogger(t *testing.T) {
	var b bytes.Buffer
	tele, err := telemetry.New(telemetry.Config{Level: "info", Format: "json", Output: zapcore.AddSync(&b)})
	if err != nil {
		t.Fatal(err)
	}
	log, level := tele.Log, tele.Level
	log.Debug("hidden")
	log.Info("said", zap.Int("n", 1))
	level.SetLevel(zapcore.DebugLevel)
	log.Debug("seen now")
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %q", lines)
	}
	var line struct {
		Level, Msg, Time string
		N                int
	}
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || line.Msg != "said" || line.Level != "info" || line.N != 1 || line.Time == "" {
		t.Errorf("got %+v, %v", line, err)
	}
}

func TestLoggerRefuses(t *testing.T) {
	f := func(level, format string) {
		t.Helper()
		if _, err := telemetry.New(telemetry.Config{Level: level, Format: format}); err == nil {
			t.Errorf("accepted %s, %s", level, format)
		}
	}
	f("loud", "json")
	f("info", "xml")
}

func TestRegistriesAreIndependent(t *testing.T) {
	for range 2 {
		families, err := telemetry.NewRegistry().Gather()
		if err != nil || len(families) == 0 {
			t.Fatalf("%d families, %v", len(families), err)
		}
	}
}

func TestHealth(t *testing.T) {
	h := telemetry.NewHealth()
	f := func(what string, ready, live bool) {
		t.Helper()
		if r := h.Report(); r.Ready != ready || r.Live != live {
			t.Errorf("%s: %+v", what, r)
		}
	}
	f("nothing known", false, true)
	h.Expect("log", "network")
	f("at first", false, true)
	h.Starting("log")
	h.Progress("log", 120, 4000)
	if c := h.Report().Components[0]; c.State != telemetry.Starting || c.Done != 120 || c.Total != 4000 {
		t.Errorf("progress: %+v", c)
	}
	h.Ready("log")
	h.Progress("log", 4000, 4000)
	f("one of two", false, true)
	if c := h.Report().Components[0]; c.State != telemetry.Ready || c.Total != 0 {
		t.Errorf("late progress: %+v", c)
	}
	h.Ready("network")
	f("both", true, true)
	h.Degraded("network", errors.New("slow"))
	f("one is not as it should be", true, true)
	if c := h.Report().Components[1]; c.State != telemetry.Ready || c.Error != "slow" {
		t.Errorf("degraded: %+v", c)
	}
	h.Recovered("network")
	if c := h.Report().Components[1]; c.State != telemetry.Ready || c.Error != "" {
		t.Errorf("recovered: %+v", c)
	}
	h.Drain()
	f("draining", false, true)
	h.Failed("log", errors.New("disk is gone"))
	h.Ready("log")
	h.Degraded("log", errors.New("slow"))
	h.Recovered("log")
	f("failed", false, false)
}
