package shard

// Result collects what a handler wants done. The zero Result wants nothing.
type Result struct {
	records   []entry
	size      int // upper bound of the bytes that the records take in a batch
	done      []Done
	divisible bool
}

// entry is a record of a Result.
type entry struct {
	key, value []byte
	applied    bool
}

// recordOverhead is the most that a record takes in a batch beside its key and value: six varints and the attributes.
const recordOverhead = 32

// Append adds a record, which is replayed into the state. A nil value is a tombstone. The Result keeps the slices.
func (r *Result) Append(key, value []byte) { r.add(entry{key: key, value: value}) }

// AppendApplied adds a record of a change that the handler has already made in memory. It is not replayed, and when the
// append fails it is a Then of the same Result that takes the change back.
func (r *Result) AppendApplied(key, value []byte) {
	r.add(entry{key: key, value: value, applied: true})
}

func (r *Result) add(e entry) {
	r.records = append(r.records, e)
	r.size += len(e.key) + len(e.value) + recordOverhead
}

// Then adds a callback; all run in the order in which they were added. It is never called when the shard is dropped first.
func (r *Result) Then(f Done) { r.done = append(r.done, f) }

// Divide allows the records to go into several batches when they do not fit into one: without it too many of them fail
// with RECORD_LIST_TOO_LARGE. After a failure the records of earlier batches stay.
func (r *Result) Divide() { r.divisible = true }

// Len returns the number of records so far.
func (r *Result) Len() int { return len(r.records) }
