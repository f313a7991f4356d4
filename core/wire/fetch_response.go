package wire

import "github.com/jackdawmq/jackdaw/core/kafka"

// FetchResponse writes a Fetch response of versions 4 to 18 around record batches that it never sees:
//
//	w := wire.NewFetchResponse(&call.Response.Body, call.Version)
//	w.Start(throttleMs, kafka.NoError, sessionID, topics)
//	w.Topic(name, id, partitions)
//	w.Partition(&p, extent.Len())
//	call.Response.Splice(extent) // the records go here: splice them, or append them to the body
//	w.EndPartition(&p)
//	w.EndTopic()
//	w.End(endpoints)
//
// The counts that Start and Topic take must be what follows.
type FetchResponse struct {
	appender
	version int16
}

// FetchResult is the answer for one partition, its records aside.
type FetchResult struct {
	Partition int32
	ErrorCode kafka.ErrorCode
	// HighWatermark, LastStableOffset and LogStartOffset (version 5 and later) are -1 on errors.
	HighWatermark    int64
	LastStableOffset int64
	LogStartOffset   int64
	// AbortedTransactions is nil (null on the wire) when reading uncommitted, and empty when there are none.
	AbortedTransactions []AbortedTransaction
	// PreferredReadReplica is kafka.NoNode unless the client should read from another replica; version 11 and later
	// (KIP-392).
	PreferredReadReplica kafka.NodeID
	// The tags of version 12 and later; nil: not told.
	DivergingEpoch *EpochEndOffset // KIP-595
	CurrentLeader  *CurrentLeader  // KIP-951
	SnapshotID     *EpochEndOffset // KIP-630
}

// AbortedTransaction tells a client that reads committed records from where on it must drop those of a producer.
type AbortedTransaction struct {
	ProducerID  kafka.ProducerID
	FirstOffset int64
}

// EpochEndOffset is a leader epoch and where it ends.
type EpochEndOffset struct {
	Epoch     kafka.LeaderEpoch
	EndOffset int64
}

// NewFetchResponse returns a writer that appends to *body.
func NewFetchResponse(body *[]byte, version int16) FetchResponse {
	return FetchResponse{appender{body, version >= fetchFlexible}, version}
}

// Start begins the response. The error and the session id are sent from version 7.
func (w FetchResponse) Start(throttleMs int32, code kafka.ErrorCode, sessionID int32, topics int) {
	w.int32(throttleMs)
	if w.version >= 7 {
		w.int16(int16(code))
		w.int32(sessionID)
	}
	w.arrayLen(topics)
}

// Topic begins a topic: the id is sent from version 13, the name before.
func (w FetchResponse) Topic(name string, id kafka.TopicID, partitions int) {
	if w.version >= fetchTopicIDs {
		w.uuid(id)
	} else {
		w.string(name)
	}
	w.arrayLen(partitions)
}

// Partition begins a partition of the current topic. It ends with the length of the records, which must follow: recordsLen
// bytes, 0 when there are none (Kafka never sends null).
func (w FetchResponse) Partition(p *FetchResult, recordsLen int) {
	w.int32(p.Partition)
	w.int16(int16(p.ErrorCode))
	w.int64(p.HighWatermark)
	w.int64(p.LastStableOffset)
	if w.version >= 5 {
		w.int64(p.LogStartOffset)
	}
	if p.AbortedTransactions == nil {
		w.arrayLen(-1)
	} else {
		w.arrayLen(len(p.AbortedTransactions))
		for _, t := range p.AbortedTransactions {
			w.int64(int64(t.ProducerID))
			w.int64(t.FirstOffset)
			w.noTags()
		}
	}
	if w.version >= 11 {
		w.int32(int32(p.PreferredReadReplica))
	}
	w.arrayLen(recordsLen)
}

// EndPartition ends the current partition; p is what Partition got.
func (w FetchResponse) EndPartition(p *FetchResult) {
	if !w.flexible {
		return
	}
	tags := 0
	for _, set := range [...]bool{p.DivergingEpoch != nil, p.CurrentLeader != nil, p.SnapshotID != nil} {
		if set {
			tags++
		}
	}
	w.uvarint(tags)
	if e := p.DivergingEpoch; e != nil {
		w.tag(0, 13)
		w.int32(int32(e.Epoch))
		w.int64(e.EndOffset)
		w.noTags()
	}
	if p.CurrentLeader != nil {
		w.currentLeader(1, p.CurrentLeader)
	}
	if e := p.SnapshotID; e != nil {
		w.tag(2, 13)
		w.int64(e.EndOffset)
		w.int32(int32(e.Epoch))
		w.noTags()
	}
}

// EndTopic ends the current topic.
func (w FetchResponse) EndTopic() { w.noTags() }

// End ends the response. The endpoints of brokers that partitions named as their leaders are sent from version 16.
func (w FetchResponse) End(endpoints []NodeEndpoint) {
	if w.version < 16 {
		endpoints = nil
	}
	w.nodeEndpoints(endpoints)
}
