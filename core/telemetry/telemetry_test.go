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
	log, level, err := telemetry.NewLogger(zapcore.AddSync(&b), "info", "json")
	if err != nil {
		t.Fatal(err)
	}
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
		if _, _, err := telemetry.NewLogger(zapcore.AddSync(&bytes.Buffer{}), level, format); err == nil {
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
	h := telemetry.NewHealth("log", "network")
	log, network := h.Component("log"), h.Component("network")
	f := func(what string, ready, live bool) {
		t.Helper()
		if r := h.Report(); r.Ready != ready || r.Live != live {
			t.Errorf("%s: %+v", what, r)
		}
	}
	f("at first", false, true)
	log.Progress("recovering logs", 120, 4000)
	if c := h.Report().Components[0]; c.Detail != "recovering logs 120/4000" || c.Done != 120 || c.Total != 4000 {
		t.Errorf("progress: %+v", c)
	}
	log.Ready()
	log.Progress("recovering logs", 4000, 4000)
	f("one of two", false, true)
	network.Ready()
	f("both", true, true)
	h.Drain()
	f("draining", false, true)
	log.Fail(errors.New("disk is gone"))
	log.Ready()
	f("failed", false, false)
}
