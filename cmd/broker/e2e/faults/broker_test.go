package faults_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/jackdawmq/jackdaw/cmd/broker/e2e/process"
	"github.com/jackdawmq/jackdaw/core/telemetry"
)

// eventually waits for a condition.
func eventually(t *testing.T, what string, met func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), hang)
	defer cancel()
	for !met() {
		pause(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// component asks /readyz for a part of the broker. It is zero while there is no such part, and before the broker answers.
func component(t *testing.T, b *process.Broker, name string) (status int, c telemetry.Component) {
	t.Helper()
	resp, err := http.Get("http://" + b.Admin + "/readyz")
	if err != nil {
		return 0, telemetry.Component{}
	}
	defer func() { _ = resp.Body.Close() }()
	var report telemetry.Report
	if err := json.NewDecoder(resp.Body).Decode(&report); err != nil {
		t.Fatal(err)
	}
	for _, c := range report.Components {
		if c.Name == name {
			return resp.StatusCode, c
		}
	}
	return resp.StatusCode, telemetry.Component{}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
