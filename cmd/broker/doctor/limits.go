package doctor

import (
	"syscall"
	"time"
)

// fewDescriptors is the limit under which many connections and segments meet it: Kafka's manual asks for 100000.
const fewDescriptors = 10000

func checkDescriptors() Finding {
	const check, fix = "open files", "raise the limit: ulimit -n 100000, or LimitNOFILE=100000 in the systemd unit"
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return warning(check, "", "the limit is unknown: %v", err)
	}
	if limit.Cur < fewDescriptors {
		return warning(check, fix, "the process may open %d files; each connection and each segment in use takes some", limit.Cur)
	}
	return ok(check, "the process may open %d files", limit.Cur)
}

// oldestClock is a time at which this program did not exist yet.
func oldestClock() time.Time { return time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC) }

func checkClock() Finding {
	const check, fix = "clock", "set the clock, and keep it right with chrony, systemd-timesyncd or ntpd"
	now := time.Now()
	if now.Before(oldestClock()) {
		return problem(check, fix, "it says %s, which is past: retention and timestamps would be wrong", now.UTC().Format(time.RFC3339))
	}
	if synchronized, known := clockSynchronized(); known && !synchronized {
		return warning(check, fix, "it says %s, and nothing keeps it right", now.UTC().Format(time.RFC3339))
	}
	return ok(check, "it says %s", now.UTC().Format(time.RFC3339))
}
