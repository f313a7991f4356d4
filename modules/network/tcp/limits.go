package tcp

import (
	"runtime/debug"

	"github.com/jackdawmq/jackdaw/core/wire"
)

const (
	smallFrame = 4 << 10  // frames up to this size, their size field included, need no budget
	firstStep  = 64 << 10 // what a connection that has not proven anything begins a larger frame with
	maxTrust   = 4 << 20  // what a connection may take at once after it has delivered as much before
	hugeFrame  = 2 << 20  // frames over this size have their own half of the budget

	decodeFactor      = 64 // bytes of structs that a hostile byte of an array can become when kmsg decodes it
	groupDecodeFactor = 20 // the same for protocols and assignments, once they did decode
)

const (
	sessionFrameMax = 64 << 10 // what comes before a client is authenticated
	fetchFrameMax   = 8 << 20  // about 120,000 partitions
	joinFrameMax    = 4 << 20
	controlFrameMax = 8 << 20
)

// frameMax returns the largest frame that is read for an API key.
func frameMax(key int16, requestMax int) int {
	switch key {
	case wire.Produce:
		return requestMax
	case wire.Fetch:
		return min(fetchFrameMax, requestMax)
	case wire.JoinGroup, wire.SyncGroup:
		return min(joinFrameMax, requestMax)
	case wire.APIVersions, wire.SASLHandshake, wire.SASLAuthenticate:
		return min(sessionFrameMax, requestMax)
	default:
		return min(controlFrameMax, requestMax)
	}
}

// decodeCost returns what a request is charged for being decoded, and whether it may wait for that. Produce and Fetch have
// decoders of their own that do not blow up. JoinGroup and SyncGroup run until other members have sent theirs: if they
// waited for memory they could wait for each other, so they are refused instead. Bodies from small frames are bounded by
// the number of connections.
func decodeCost(key int16, body int) (cost int64, mayWait bool) {
	switch {
	case key == wire.Produce || key == wire.Fetch || body <= smallFrame:
		return 0, true
	case key == wire.JoinGroup || key == wire.SyncGroup:
		return int64(body) * groupDecodeFactor, false
	default:
		return int64(body) * decodeFactor, true
	}
}

// automaticBudget is the budget of a broker that was told none: 256 MiB, or a quarter of the memory that the process may
// use (GOMEMLIMIT) or the machine has, whichever is less.
func automaticBudget(machine uint64) int64 {
	const most = 256 << 20
	available := machine
	if limit := debug.SetMemoryLimit(-1); limit > 0 && (available == 0 || uint64(limit) < available) {
		available = uint64(limit)
	}
	return int64(min(uint64(most), available/4))
}
