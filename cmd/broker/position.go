package main

import (
	"strconv"
	"strings"
	"time"
)

// positionKind says how a position in a log is given.
type positionKind int

const (
	atOffset positionKind = iota
	atStart
	atEnd
	relative // to a committed offset, or to the end of the log
	atTime
)

// position is a place in a log as users write it: earliest, latest, 42, +5, -5, a time, or a duration ago.
type position struct {
	kind   positionKind
	offset int64 // of atOffset and relative
	time   time.Time
}

// parsePosition reads a position. now is what durations count back from.
func parsePosition(s string, now time.Time) (position, error) {
	switch s {
	case "earliest", "start", "oldest":
		return position{kind: atStart}, nil
	case "latest", "end", "newest":
		return position{kind: atEnd}, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if strings.HasPrefix(s, "+") || n < 0 {
			return position{kind: relative, offset: n}, nil
		}
		return position{kind: atOffset, offset: n}, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return position{kind: atTime, time: now.Add(-d)}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return position{kind: atTime, time: at}, nil
		}
	}
	return position{}, misusef("%q is no position: use earliest, latest, an offset, +N, -N, a time like 2026-01-31T12:00:00 or a duration ago like 90m", s)
}
