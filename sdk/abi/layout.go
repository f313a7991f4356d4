package abi

// A slice is {u32 ptr; i32 len}. Length -1 is null, 0 is empty and not null; ptr is ignored for both.
const (
	SliceSize = 8
	SlicePtr  = 0
	SliceLen  = 4
	NullLen   = -1
)

// Every block begins with {u32 header size; u32 entry size; u32 count; u32 flags}. Readers use the sizes as strides, so
// that a newer minor version may append fields.
const (
	BlockHeaderSize = 0
	BlockEntrySize  = 4
	BlockCount      = 8
	BlockFlags      = 12
	BlockPrefix     = 16 // bytes of these four fields
)

// The block of jd_configure.
const (
	ConfigureSize    = 48
	ConfigureKind    = 16 // u32
	ConfigurePlugin  = 24 // slice: the plugin's name
	ConfigureBinding = 32 // slice: the topic or group
	ConfigureConfig  = 40 // slice: opaque bytes; null without a config
)

// The header of a block of records or keys.
const (
	BatchSize          = 48
	BatchTopic         = 16 // slice
	BatchBrokerTime    = 24 // i64, milliseconds
	BatchPartition     = 32 // i32
	BatchNumPartitions = 36 // i32
	BatchClientID      = 40 // slice
)

// An entry of jd_partition's input. Its output is i32[count].
const (
	PartitionEntrySize  = 16
	PartitionEntryKey   = 0 // slice
	PartitionEntryValue = 8 // slice
)

// An entry of the input of the serializer functions, and a header that it points to.
const (
	RecordEntrySize    = 32
	RecordKey          = 0  // slice
	RecordValue        = 8  // slice: the subject
	RecordHeaders      = 16 // u32: address of the headers
	RecordHeaderCount  = 20 // u32
	RecordTimestamp    = 24 // i64, milliseconds
	HeaderItemSize     = 16
	HeaderItemKey      = 0 // slice, never null
	HeaderItemValue    = 8 // slice
	ResultHeaderSize   = 16
	ResultEntrySize    = 40
	ResultAction       = 0  // u32
	ResultCode         = 4  // i32: the plugin's own number
	ResultKey          = 8  // slice
	ResultValue        = 16 // slice
	ResultHeaders      = 24 // u32
	ResultHeaderCount  = 28 // u32
	ResultMessage      = 32 // slice
	AssignResultHeader = 16
	AssignResultEntry  = 8 // {u32 ptr; u32 n} -> {u32 topic index; i32 partition}[n]
	AssignedSize       = 8
)

// The block of jd_assign: a header, then topics and members where it says.
const (
	AssignSize          = 64
	AssignGroup         = 16 // slice
	AssignEpoch         = 24 // i32
	AssignFlags         = 28 // u32
	AssignTopics        = 32 // u32: address
	AssignTopicCount    = 36 // u32
	AssignMembers       = 40 // u32: address
	AssignMemberCount   = 44 // u32
	AssignTopicStride   = 48 // u32
	AssignMemberStride  = 52 // u32
	AssignHomogeneous   = 1  // flag: all members subscribe to the same topics
	AssignShareGroup    = 2  // flag: a partition may go to several members
	TopicSize           = 48
	TopicID             = 0  // u8[16]
	TopicName           = 16 // slice
	TopicNumPartitions  = 24 // i32
	TopicRacks          = 28 // u32: 0, or the address of {u32 ptr; u32 n}[num_partitions], each pointing to slice[n]
	TopicAssignable     = 36 // u32: 0 (all), or the address of a bitmap; bit p is byte p/8, bit p%8
	TopicLag            = 40 // u32: 0 (unknown), or the address of i64[num_partitions]; -1: no committed offset
	MemberSize          = 56
	MemberID            = 0  // slice
	MemberInstanceID    = 8  // slice
	MemberRackID        = 16 // slice
	MemberTopics        = 24 // {u32 ptr; u32 n} -> u32[n], indexes of topics
	MemberOwned         = 32 // {u32 ptr; u32 n} -> {u32 topic index; i32 partition}[n]
	MemberUserData      = 40 // slice, null in version 1
	ListSize            = 8  // {u32 ptr; u32 n}
	ListPtr             = 0
	ListCount           = 4
	NoCommittedOffset   = -1 // lag of a partition without a committed offset
	NoPartitionDecision = -1 // of jd_partition: the host's default
)
