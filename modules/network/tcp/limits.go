package tcp

import (
	"runtime/debug"
	"sync/atomic"

	"github.com/jackdawmq/jackdaw/core/wire"
)

const (
	smallFrame = 4 << 10  // frames up to this size, their size field included, need no budget
	firstStep  = 64 << 10 // what a connection that has not proven anything begins a larger frame with
	maxTrust   = 16 << 20 // what a connection may take at once after it has delivered as much before
	hugeFrame  = 2 << 20  // frames over this size have their own half of the budget

	decodeFactor      = 128 // bytes of structs and answers that a hostile byte of a list of names can become
	offsetFactor      = 32  // the same for lists of partitions
	groupDecodeFactor = 20  // the same for protocols and assignments, once they did decode

	// A byte of DescribeConfigs becomes a hundred of structs and as many of the answer, times the configs of a resource; a
	// broker's alone are about as many as describeLeast.
	describeFactor = 1000
	describeLeast  = 128 << 10
	// answerFactor is how much larger an answer is while it is built of structs.
	answerFactor = 3
)

const (
	sessionFrameMax = 64 << 10 // what comes before a client is authenticated
	fetchFrameMax   = 8 << 20  // about 120,000 partitions
	joinFrameMax    = 4 << 20
	offsetFrameMax  = 8 << 20 // lists of partitions with numbers: hundreds of thousands
	controlFrameMax = 1 << 20 // lists of names, of which two bytes become 200: tens of thousands of real ones
)

// frameMax returns the largest frame that is read for an API key.
func frameMax(key int16, requestMax int) int {
	if listsPartitions(key) {
		return min(offsetFrameMax, requestMax)
	}
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

// listsPartitions reports whether most of a large request for an API key are numbers for partitions.
func listsPartitions(key int16) bool {
	switch key {
	case wire.ListOffsets, wire.OffsetCommit, wire.OffsetFetch, wire.TxnOffsetCommit, wire.OffsetForLeaderEpoch:
		return true
	}
	return false
}

// decodeCost returns what a request is charged for being decoded, and whether it may wait for that. Produce and Fetch have
// decoders of their own that do not blow up. JoinGroup and SyncGroup run until other members have sent theirs: if they
// waited for memory they could wait for each other, so they are refused instead. Bodies from small frames are bounded by
// the number of connections.
func decodeCost(key int16, body int) (cost int64, mayWait bool) {
	switch {
	case key == wire.DescribeConfigs:
		return max(int64(body)*describeFactor, describeLeast), true
	case key == wire.Produce || key == wire.Fetch || body <= smallFrame:
		return 0, true
	case listsPartitions(key):
		return int64(body) * offsetFactor, true
	case key == wire.JoinGroup || key == wire.SyncGroup:
		return int64(body) * groupDecodeFactor, false
	default:
		return int64(body) * decodeFactor, true
	}
}

// answersMore reports whether the answer for an API key can be far larger than its request, because it tells what the
// broker holds.
func answersMore(key int16) bool {
	if wire.LookupAPI(key) == nil {
		return false
	}
	switch key {
	case wire.Produce, wire.Fetch, wire.OffsetCommit, wire.JoinGroup, wire.SyncGroup, wire.Heartbeat, wire.LeaveGroup,
		wire.APIVersions, wire.SASLHandshake, wire.SASLAuthenticate:
		return false
	}
	return true
}

// answers remembers how large the answers for each API key are, so that what they will take can be asked for before they
// are built.
type answers [128]atomic.Int64

// expected returns what an answer for a key may take while it is built; 0 for small ones.
func (a *answers) expected(key int16) int64 {
	if n := a[key].Load(); n > keptResponse {
		return n * answerFactor
	}
	return 0
}

// note remembers the size of an answer; a large one is forgotten over the next ones.
func (a *answers) note(key int16, n int) {
	last := a[key].Load()
	if size := max(int64(n), last-last/4); size != last {
		a[key].Store(size)
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
