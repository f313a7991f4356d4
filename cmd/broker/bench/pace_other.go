//go:build !linux

package bench

import "time"

// shortWait is 0: every wait is left to a timer of Go. Where the system's poller counts in milliseconds, times of records
// at a high rate are up to one too long.
const shortWait time.Duration = 0

func waitExactly(time.Time) {}
