// Package doctor looks for what keeps a broker from running, or from being reached, before it is started: addresses, directories,
// limits of the process. It changes nothing: what it opens or creates for a test is gone when it returns.
package doctor

import (
	"context"
	"fmt"
)

// Verdict says how bad a finding is.
type Verdict string

const (
	// OK says that the check found nothing wrong.
	OK Verdict = "ok"
	// Warning says that the broker will run, but perhaps not as wanted.
	Warning Verdict = "warning"
	// Problem says that the broker won't start, or can't be reached.
	Problem Verdict = "problem"
)

// Finding is the result of one check.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`
	Fix     string  `json:"fix,omitempty"` // what to do about it, "" for OK
}

// Listener is an address that the broker binds and what it tells clients to connect to.
type Listener struct {
	Name           string
	Host           string // "" for all interfaces
	Port           int32  // 0 for any that is free
	AdvertisedHost string
	AdvertisedPort int32 // 0: the bound one
}

// Inputs are the settings that a doctor looks at.
type Inputs struct {
	Listeners     []Listener
	AdminListener string // host:port of the operators' listener, "" for none
	// LogDirs are the directories of log.dirs; none when logs are not kept in files.
	LogDirs []string
}

// Examine makes all checks, in the order in which a start would meet the faults.
func Examine(ctx context.Context, in Inputs) []Finding {
	findings := []Finding{checkDescriptors(), checkClock()}
	for _, dir := range in.LogDirs {
		findings = append(findings, checkDirectory(dir)...)
	}
	for _, l := range in.Listeners {
		findings = append(findings, checkListener(ctx, l)...)
	}
	if in.AdminListener != "" {
		findings = append(findings, checkAdminListener(ctx, in.AdminListener))
	}
	return findings
}

// Worst returns the worst verdict among findings.
func Worst(findings []Finding) Verdict {
	worst := OK
	for _, f := range findings {
		if f.Verdict == Problem {
			return Problem
		}
		if f.Verdict == Warning {
			worst = Warning
		}
	}
	return worst
}

func ok(check, format string, args ...any) Finding {
	return Finding{Check: check, Verdict: OK, Found: fmt.Sprintf(format, args...)}
}

func warning(check, fix, format string, args ...any) Finding {
	return Finding{Check: check, Verdict: Warning, Found: fmt.Sprintf(format, args...), Fix: fix}
}

func problem(check, fix, format string, args ...any) Finding {
	return Finding{Check: check, Verdict: Problem, Found: fmt.Sprintf(format, args...), Fix: fix}
}
