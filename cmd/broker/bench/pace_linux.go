package bench

import (
	"time"

	"golang.org/x/sys/unix"
)

// shortWait is a wait that a timer of Go makes too long: an idle program's timers fire when the kernel's poller returns,
// and that counts in milliseconds. At thousands of records a second half a millisecond would be charged to the cluster.
const shortWait = 3 * time.Millisecond

// waitExactly returns when it is due, to some ten microseconds. It takes a thread meanwhile.
func waitExactly(due time.Time) {
	for d := time.Until(due); d > 0; d = time.Until(due) {
		wait := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&wait, nil) // a signal ends it early
	}
}
