package plugin

import "github.com/jackdawmq/jackdaw/core/record"

// Record is a record as plugins see it. The caller owns the bytes; plugins neither change nor keep them. A nil key or
// value is null.
type Record struct {
	Key, Value []byte
	Headers    []record.RecordHeader
	Timestamp  int64 // milliseconds
}

// Batch is what one call judges: records for one partition. Callers reuse it.
type Batch struct {
	Topic         string
	Partition     int32 // -1 for partitioners
	NumPartitions int32 // of the topic, at least 1
	BrokerTime    int64 // milliseconds; the same when a batch is tried again, 0 for partitioners
	ClientID      string
	Records       []Record // at least one; never those of a control batch
}

// Action is what a plugin decides for a record.
type Action uint8

// The actions.
const (
	// Keep leaves the record as it is.
	Keep Action = iota
	// Replace stores Verdict.Key, Value and Headers instead. The timestamp stays.
	Replace
	// Drop leaves the record out, as compaction does.
	Drop
	// Reject refuses the record: on.reject decides what happens then.
	Reject
	// Failed means that the plugin failed for this record alone, as Verdict.Failure tells: on.error decides. Only
	// hosts give it, never plugins.
	Failed
)

// String returns the action's name.
func (a Action) String() string {
	return [...]string{"keep", "replace", "drop", "reject", "failed"}[min(a, Failed)]
}

// Verdict is the decision for one record.
type Verdict struct {
	Action Action
	Code   int32 // of Reject: the plugin's own number
	// Message of Reject: why, in valid UTF-8 without control characters, never empty.
	Message []byte
	// Key, Value and Headers of Replace are the whole record to store, whatever the plugin was bound as. They lie in the
	// Outcome or in the record that was judged, and are valid until either is reused.
	Key, Value []byte
	Headers    []record.RecordHeader
	Failure    *Failure // of Failed
}
