package shard

import "time"

// Turn is what a handler runs in: it knows the time and collects what the handler wants done.
type Turn struct {
	// Now is the same for everything that happens in one turn of the loop.
	Now time.Time

	records   []entry
	size      int // upper bound of the bytes that the records take in a batch
	done      []Done
	divisible bool
}

// entry is a record to append.
type entry struct {
	key, value []byte
	applied    bool
}

// recordOverhead is the most that a record takes in a batch beside its key and value: six varints and the attributes.
const recordOverhead = 32

func (e *entry) size() int { return len(e.key) + len(e.value) + recordOverhead }

// Append adds a record, which is replayed into the state. A nil value is a tombstone. The Turn keeps the slices.
func (t *Turn) Append(key, value []byte) { t.add(entry{key: key, value: value}) }

// AppendApplied adds a record of a change that the handler has already made in memory. It is not replayed, and when the
// append fails it is a Then of the same Turn that takes the change back.
func (t *Turn) AppendApplied(key, value []byte) {
	t.add(entry{key: key, value: value, applied: true})
}

func (t *Turn) add(e entry) {
	t.records = append(t.records, e)
	t.size += e.size()
}

// Then adds a callback; all run in the order in which they were added. It is never called when the shard is dropped first.
func (t *Turn) Then(f Done) { t.done = append(t.done, f) }

// Divide allows the records to go into several batches when they do not fit into one: without it too many of them fail
// with RECORD_LIST_TOO_LARGE. After a failure the records of earlier batches stay.
func (t *Turn) Divide() { t.divisible = true }
