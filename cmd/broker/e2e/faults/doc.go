// Package faults breaks the machine under the real binary: the broker is killed and paused in a loop under load, its disks
// fill up, fail and lose bits, the clock jumps. It holds tests only.
//
// A ledger beside the load knows every record that was sent, acknowledged and consumed. At the end of a test it reads all
// partitions and looks for records that were lost, that are there twice or in another order, and that nobody sent.
//
// What is random comes from a seed that is printed, and that E2E_SEED sets. A small form runs in go test ./...;
// E2E_FULL=1 runs the full one.
package faults
