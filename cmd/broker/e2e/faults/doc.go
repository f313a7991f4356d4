// Package faults breaks the machine under the real binary: the broker is killed and paused in a loop under load, its disks
// fill up, fail and lose bits, the clock jumps. It holds tests only.
//
// A ledger beside the load knows every record that was sent, acknowledged and consumed. At the end of a test it reads all
// partitions and looks for records that were lost, that are there twice or in another order, and that nobody sent.
//
// # What is real and what is not
//
// Killing, pausing, full disks, directories that go away and a journal whose fsync fails are real: tmpfs mounts, and ext4 on
// a loop device whose backing file finds no more room. Tests that need mounts are skipped, with the reason, where they are
// not allowed.
//
//   - The loss of power is not: what was written and not synced survives a kill. modules/log/segment and modules/metadata/file
//     take it from a file system in memory that forgets (vfs.Mem.CrashClone), and fail each operation there in turn, with EIO
//     among others. A real disk that returns EIO takes device-mapper, which few machines for tests have.
//   - The clock is not moved. A static Go binary reads it through the vDSO, where no preloaded library gets in between; a time
//     namespace moves only the monotonic clock; and setting the machine's clock would hit everything else on it. So the broker
//     gets files and records of another time (TestClockJumps), which is what a jump leaves behind. What happens at the moment
//     of the jump is left to the unit tests, which pass the time as an argument.
//
// # Running
//
// What is random comes from a seed that is printed, and that E2E_SEED sets. A small form runs in go test ./...;
// E2E_FULL=1 runs the full one.
package faults
