package shard

import (
	"time"

	"github.com/jackdawmq/jackdaw/core/coordinator"
)

// State is the memory of one shard. Only the shard's loop calls it.
type State interface {
	// Replay applies a record: each of the log while the shard loads, later those that handlers Append. The record's slices
	// are valid only during the call. The function that it returns takes the change back; it may be nil when there was none
	// and is not used while loading. An error says that the record cannot be read: it is skipped with a line in the log.
	Replay(r *coordinator.Record) (undo func(), err error)
	// Loaded is called once, after the last record of the log.
	Loaded(t *Turn)
	// Deadline returns when Tick wants to be called: the zero time for never. It is asked after every turn.
	Deadline() time.Time
	// Tick does everything that is due. Afterwards Deadline must be later than t.Now.
	Tick(t *Turn)
}

// Handler is a request on its way through a shard. It reads and changes the state, and tells t what must be appended and
// who waits for that. It must not block.
type Handler[S State] func(state S, t *Turn)

// Done is told how a Turn ended: err is nil when its records are committed, and everything that its handler could see;
// otherwise why they are not (Code makes a protocol error of it). It runs in the loop, may change the state and, through
// t, append more.
type Done func(t *Turn, err error)
