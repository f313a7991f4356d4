package plugin

import (
	"context"
	"time"
)

// Bound is a plugin with its configuration, bound to a topic or a group: what Serializer, Partitioner and Assignor have
// in common. All methods may be called from any goroutine.
type Bound interface {
	// Binding returns what it was made from. Its bytes are not to be changed.
	Binding() Binding
	// Info describes the plugin behind it.
	Info() Info
	// Stats returns its counters as they are now.
	Stats() Stats
	// Close gives it up. Calls under way end as if it had not been closed; later ones fail with NotLoaded. Closing again
	// does nothing.
	Close()
}

// Serializer judges or rewrites keys or values of records. Each method resets the outcome and decides about every record
// of the batch. An error means that nothing was decided; a failure that belongs to single records is a Failed verdict.
// Verdicts must not depend on how records are spread over batches.
type Serializer interface {
	Bound
	// Validate keeps or rejects.
	Validate(ctx context.Context, b *Batch, o *Outcome) error
	// Serialize keeps, replaces, drops or rejects; it runs before the append.
	Serialize(ctx context.Context, b *Batch, o *Outcome) error
	// Deserialize keeps, replaces or rejects; it runs for readers that asked for decoded records, never for a Kafka fetch.
	Deserialize(ctx context.Context, b *Batch, o *Outcome) error
}

// NoPartition is a partitioner's answer for "as the host does by default".
const NoPartition int32 = -1

// Partitioner chooses partitions.
type Partitioner interface {
	Bound
	// Partition writes the partition of each record into out, which has their number: NoPartition, or 0 to
	// b.NumPartitions-1. Partition, BrokerTime and ClientID of the batch are not looked at.
	Partition(ctx context.Context, b *Batch, out []int32) error
}

// Assignor spreads the partitions of a group over its members.
type Assignor interface {
	Bound
	// Assign writes the target assignment into a, which it resets. What it wrote passed a.Check.
	Assign(ctx context.Context, g *Group, a *Assignment) error
}

// Binding says as what a plugin is bound, to what, and how it is configured.
type Binding struct {
	Kind   Kind
	Name   string // the plugin's name, for messages and for the plugin itself
	Target string // the topic, or the group of an assignor
	Config []byte // opaque, JSON by convention; nil: none
}

// Info describes a plugin.
type Info struct {
	Digest    Digest
	Size      int // bytes of the plugin as it was uploaded
	Functions Functions
	Imports   []string // "module.name" of each function that it asks the host for, sorted
}

// Stats are the counters of one binding since it was made, and what failed last.
type Stats struct {
	Calls, Records, Bytes   uint64 // Bytes that were given to the plugin
	Kept, Replaced, Dropped uint64
	Rejected                uint64
	Failures                [Unsupported + 1]uint64 // by class
	Fuel                    uint64                  // units of work that calls took
	Busy                    time.Duration           // in calls; an estimate from a part of them
	Guest                   time.Duration           // of Busy: in the plugin's own code, not in the host's before and after it
	Instances               int                     // that exist now
	Memory                  int64                   // bytes of all instances
	LastFailure             *Failure                // nil: none yet
	LastFailureAt           time.Time
	QuarantinedUntil        time.Time        // zero: not quarantined
	Counters                map[string]int64 // the plugin's own metrics
}
