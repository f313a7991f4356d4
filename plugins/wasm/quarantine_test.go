package wasm

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuarantine(&Config{QuarantineAfter: 3, QuarantineWindow: time.Minute, QuarantineTime: 10 * time.Second})
		fail := func(times int, began bool) {
			t.Helper()
			for i := range times {
				if got := q.failed(time.Now()); got != (began && i == times-1) {
					t.Fatalf("failure %d begins a quarantine: %v", i+1, got)
				}
			}
		}
		f := func(active bool) {
			t.Helper()
			if q.active() != active {
				t.Fatalf("quarantined: %v, want %v", !active, active)
			}
		}
		fail(2, false)
		f(false)
		time.Sleep(2 * time.Minute) // fake: failures that are far apart do not count together
		fail(2, false)
		f(false)
		fail(1, true)
		f(true)
		fail(1, false) // a call that was under way
		time.Sleep(11 * time.Second)
		f(false)
		fail(1, true) // on trial one is enough, and it lasts twice as long
		time.Sleep(15 * time.Second)
		f(true)
		time.Sleep(6 * time.Second)
		f(false)
		q.succeeded()
		if !q.ends().IsZero() {
			t.Error("a successful trial does not end the quarantine")
		}
		fail(3, true)
		if !q.end() || q.end() {
			t.Error("end does not end it once")
		}
		f(false)
		for range 20 {
			for !q.failed(time.Now()) {
			}
			time.Sleep(time.Until(q.ends()) + 1)
		}
		if q.failed(time.Now()); time.Until(q.ends()) != maxQuarantine {
			t.Errorf("a quarantine lasts %s", time.Until(q.ends()))
		}
	})
}
