// Package abi holds the numbers and layouts that a broker and its WebAssembly plugins share: version 1 of the Jackdaw
// plugin ABI. It has no code. sdk/README.md explains it to authors of plugins.
//
// In short: the guest owns all memory. The host asks jd_reserve for one input area, writes a block into it and calls one
// function with (address, length); the answer is one i64. All numbers are little-endian, all addresses are offsets into
// the guest's memory. A plugin is a pure function of its input.
package abi

// Major is the version of the ABI: it is part of the name of the marker export. Minor counts its additions: longer
// structs, new optional imports and exports. A guest that was written for a higher minor is refused.
const (
	Major = 1
	Minor = 0
)

// Names of the exports. Names that begin with ReservedPrefix belong to the host.
const (
	ExportMemory      = "memory"
	ExportInitialize  = "_initialize"
	ExportStart       = "_start"         // of commands, which are refused
	ExportMarker      = "jd_abi_1"       // () -> i32: the minor version that the guest was written for
	ExportReserve     = "jd_reserve"     // (size i32) -> i32: address of the input area, 0 = cannot
	ExportConfigure   = "jd_configure"   // (ptr, len i32) -> i64
	ExportInterest    = "jd_interest"    // () -> i32: mask of the record fields to copy
	ExportValidate    = "jd_validate"    // (ptr, len i32) -> i64
	ExportSerialize   = "jd_serialize"   // (ptr, len i32) -> i64
	ExportDeserialize = "jd_deserialize" // (ptr, len i32) -> i64
	ExportPartition   = "jd_partition"   // (ptr, len i32) -> i64
	ExportAssign      = "jd_assign"      // (ptr, len i32) -> i64

	MarkerPrefix   = "jd_abi_"
	ReservedPrefix = "__jd_"
)

// Names of the import modules and of the host's functions.
const (
	ImportModule     = "jackdaw_1"
	WASIModule       = "wasi_snapshot_preview1"
	ImportLog        = "log"         // (level, ptr, len i32)
	ImportLogLevel   = "log_level"   // () -> i32
	ImportError      = "error"       // (ptr, len i32)
	ImportMetric     = "metric"      // (kind, ptr, len i32) -> i32
	ImportCounterAdd = "counter_add" // (id i32, delta i64)
)

// Kinds of plugins, as configure names them.
const (
	KindPartitioner     = 1
	KindKeySerializer   = 2
	KindValueSerializer = 3
	KindAssignor        = 4
)

// Bits of jd_interest. A field outside of the mask reads as null, no headers or timestamp 0, and results never touch it.
const (
	InterestKey       = 1
	InterestValue     = 2
	InterestHeaders   = 4
	InterestTimestamp = 8
	InterestAll       = InterestKey | InterestValue | InterestHeaders | InterestTimestamp
)

// Levels of log.
const (
	LevelDebug = 0
	LevelInfo  = 1
	LevelWarn  = 2
	LevelError = 3
)

// MetricCounter is the only kind of metric.
const MetricCounter = 0

// Actions of a result entry.
const (
	ActionKeep    = 0
	ActionReplace = 1
	ActionDrop    = 2
	ActionReject  = 3
)

// Classes of a failed call: a negative result r has class -r. Every other value counts as ClassInternal.
const (
	ClassInvalidConfig = 1 // jd_configure only
	ClassInvalidInput  = 2
	ClassOutOfMemory   = 3 // the host tries again with half of the batch
	ClassInternal      = 4
	ClassRetriable     = 5
)

// Bounds that guests may rely on.
const (
	MaxMessage      = 1 << 10 // bytes of a message, a log line or an error text that are kept
	MaxMetrics      = 32      // names of metrics
	MaxBatchRecords = 4096    // records in one call
	MaxBatchBytes   = 1 << 20 // bytes of an input block, unless it holds a single record
	MinReserve      = 4096    // the smallest size that jd_reserve is asked for
	Alignment       = 8       // of the input area, of input blocks, tables and lists; results need 4
	// An output is at most OutputFactor times its input plus OutputSlack bytes.
	OutputFactor = 4
	OutputSlack  = 1 << 20
)
