package wire

import "github.com/jackdawmq/jackdaw/core/kafka"

// Produce versions that the codec knows. The layout of 0 to 2 carried message sets and is gone since Kafka 4.0 (KIP-724).
const (
	ProduceMin = 3
	ProduceMax = 13
)

const (
	produceFlexible = 9
	produceTopicIDs = 13
)

// ProduceRequest reads a Produce request of versions 3 to 13 in place:
//
//	var req wire.ProduceRequest
//	if err := req.Decode(version, body); err != nil { ... }
//	for req.NextTopic() {
//		for req.NextPartition() {
//			... req.Partition, req.Records
//		}
//	}
//
// Nothing is copied or allocated; all slices are views of the body.
type ProduceRequest struct {
	TransactionalID []byte // nil: none
	Acks            int16
	TimeoutMs       int32
	// TopicCount and PartitionCount are the totals of the request.
	TopicCount, PartitionCount int

	// Topic is the name of the topic that NextTopic came to, up to version 12.
	Topic []byte
	// TopicID is the id of the topic that NextTopic came to, from version 13.
	TopicID kafka.TopicID
	// TopicPartitions is the number of partitions of the topic that NextTopic came to.
	TopicPartitions int
	// Partition and Records are what NextPartition came to. Records is nil when the client sent null.
	Partition int32
	Records   []byte

	version    int16
	topics     Reader // positioned at the first topic
	cursor     Reader
	topicsLeft int
	partsLeft  int
	inTopic    bool
}

// Decode begins reading a request. It walks the whole body once, so that afterwards iterating cannot fail: Kafka refuses
// a malformed request as a whole, before any of it is appended. Bytes after the request are ignored, as in Kafka.
func (q *ProduceRequest) Decode(version int16, body []byte) error {
	*q = ProduceRequest{version: version}
	r := NewReader(body, version >= produceFlexible)
	q.TransactionalID = r.NullableString()
	q.Acks = r.Int16()
	q.TimeoutMs = r.Int32()
	q.TopicCount = r.ArrayLen(q.minTopicSize())
	q.topics = r
	q.Rewind()
	for q.NextTopic() {
		q.PartitionCount += q.TopicPartitions
	}
	q.cursor.SkipTags()
	if err := q.cursor.Err(); err != nil {
		return err
	}
	q.Rewind()
	return nil
}

// minTopicSize is the least that a topic can take: its shortest name or its id, the length of an empty array, tags.
func (q *ProduceRequest) minTopicSize() int {
	switch {
	case q.version >= produceTopicIDs:
		return 16 + 1 + 1
	case q.version >= produceFlexible:
		return 1 + 1 + 1
	default:
		return 2 + 4
	}
}

// Rewind goes back to before the first topic.
func (q *ProduceRequest) Rewind() {
	q.cursor, q.topicsLeft, q.partsLeft, q.inTopic = q.topics, q.TopicCount, 0, false
}

// NextTopic goes to the next topic, skipping partitions of the current one that were not visited, and reports whether
// there is one.
func (q *ProduceRequest) NextTopic() bool {
	for q.NextPartition() {
	}
	if q.topicsLeft == 0 || q.cursor.failed {
		return false
	}
	q.topicsLeft--
	if q.version >= produceTopicIDs {
		q.TopicID = q.cursor.UUID()
	} else {
		q.Topic = q.cursor.String()
	}
	// A partition takes its index, the length of its records and, in flexible versions, tags.
	minSize := 4 + 4
	if q.cursor.flexible {
		minSize = 4 + 1 + 1
	}
	q.TopicPartitions = q.cursor.ArrayLen(minSize)
	q.partsLeft, q.inTopic = q.TopicPartitions, true
	return !q.cursor.failed
}

// NextPartition goes to the next partition of the current topic and reports whether there is one.
func (q *ProduceRequest) NextPartition() bool {
	if q.partsLeft == 0 || q.cursor.failed {
		if q.inTopic {
			q.cursor.SkipTags()
			q.inTopic = false
		}
		return false
	}
	q.partsLeft--
	q.Partition = q.cursor.Int32()
	q.Records = q.cursor.NullableBytes()
	q.cursor.SkipTags()
	return !q.cursor.failed
}
