package main

import (
	"testing"
	"time"
)

func TestParsePosition(t *testing.T) {
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	at := func(p position) position { p.kind = atTime; return p }
	for text, want := range map[string]position{
		"earliest": {kind: atStart}, "latest": {kind: atEnd}, "0": {}, "42": {offset: 42}, "+5": {kind: relative, offset: 5}, "-5": {kind: relative, offset: -5},
		"90m":                  at(position{time: now.Add(-90 * time.Minute)}),
		"2026-01-30T01:02:03Z": at(position{time: time.Date(2026, 1, 30, 1, 2, 3, 0, time.UTC)}),
		"2026-01-30":           at(position{time: time.Date(2026, 1, 30, 0, 0, 0, 0, time.UTC)}),
	} {
		if got, err := parsePosition(text, now); err != nil || got != want {
			t.Errorf("%s: %+v %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "soon", "-5m", "1.5", "99999999999999999999"} {
		if got, err := parsePosition(text, now); err == nil {
			t.Errorf("%q gave %+v", text, got)
		}
	}
}

func TestResolvePosition(t *testing.T) {
	b := logBounds{"t", 0, 10, 20}
	for want, p := range map[int64]position{
		10: {kind: atStart}, 20: {kind: atEnd}, 15: {offset: 15}, 18: {kind: relative, offset: -2},
	} {
		if got := b.resolve(p, nil); got != want {
			t.Errorf("%+v: %d, want %d", p, got, want)
		}
	}
	for want, p := range map[int64]position{10: {offset: 3}, 20: {offset: 99}} {
		if got := b.resolve(p, nil); got != want {
			t.Errorf("%+v outside the log: %d, want %d", p, got, want)
		}
	}
}
