package wire

import "github.com/jackdawmq/jackdaw/core/kafka"

// ProduceResponse writes a Produce response of versions 3 to 13: Start, then for each topic Topic, its Partitions and
// EndTopic, then End. The counts that Start and Topic take must be what follows.
type ProduceResponse struct {
	appender
	version int16
}

// ProduceResult is the answer for one partition.
type ProduceResult struct {
	Partition  int32
	ErrorCode  kafka.ErrorCode
	BaseOffset int64 // -1 on errors
	// LogAppendTimeMs is -1 unless the topic uses LogAppendTime.
	LogAppendTimeMs int64
	LogStartOffset  int64         // version 5 and later
	RecordErrors    []RecordError // version 8 and later
	ErrorMessage    *string       // version 8 and later; nil: null
	// CurrentLeader goes with NOT_LEADER_OR_FOLLOWER in version 10 and later; nil: not told.
	CurrentLeader *CurrentLeader
}

// RecordError says what is wrong with one record of a batch (KIP-467).
type RecordError struct {
	BatchIndex int32
	Message    *string
}

// NewProduceResponse returns a writer that appends to *body.
func NewProduceResponse(body *[]byte, version int16) ProduceResponse {
	return ProduceResponse{appender{body, version >= produceFlexible}, version}
}

// Start begins the response.
func (w ProduceResponse) Start(topics int) { w.arrayLen(topics) }

// Topic begins a topic: the id is sent from version 13, the name before.
func (w ProduceResponse) Topic(name string, id kafka.TopicID, partitions int) {
	if w.version >= produceTopicIDs {
		w.uuid(id)
	} else {
		w.string(name)
	}
	w.arrayLen(partitions)
}

// Partition writes the answer for one partition of the current topic.
func (w ProduceResponse) Partition(p *ProduceResult) {
	w.int32(p.Partition)
	w.int16(int16(p.ErrorCode))
	w.int64(p.BaseOffset)
	w.int64(p.LogAppendTimeMs)
	if w.version >= 5 {
		w.int64(p.LogStartOffset)
	}
	if w.version >= 8 {
		w.arrayLen(len(p.RecordErrors))
		for i := range p.RecordErrors {
			w.int32(p.RecordErrors[i].BatchIndex)
			w.nullableString(p.RecordErrors[i].Message)
			w.noTags()
		}
		w.nullableString(p.ErrorMessage)
	}
	if w.version < 10 || p.CurrentLeader == nil {
		w.noTags()
		return
	}
	w.uvarint(1)
	w.currentLeader(0, p.CurrentLeader)
}

// EndTopic ends the current topic.
func (w ProduceResponse) EndTopic() { w.noTags() }

// End ends the response. The endpoints of brokers that partitions named as their leaders are sent from version 10.
func (w ProduceResponse) End(throttleMs int32, endpoints []NodeEndpoint) {
	w.int32(throttleMs)
	if w.version < 10 {
		endpoints = nil
	}
	w.nodeEndpoints(endpoints)
}
