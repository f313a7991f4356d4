package kafka

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strconv"
)

// NodeID is the id of a broker (node.id). It is never negative for a real broker.
type NodeID int32

// NoNode stands where the protocol has no broker: a partition without a leader, a client's replica id.
const NoNode NodeID = -1

// LeaderEpoch counts the leaders of a partition. It never goes back, not even across restarts.
type LeaderEpoch int32

// NoEpoch is sent by clients that know no leader epoch; it is never checked.
const NoEpoch LeaderEpoch = -1

// ProducerID names an idempotent or transactional producer (KIP-98).
type ProducerID int64

// NoProducerID stands in batches of producers that are not idempotent.
const NoProducerID ProducerID = -1

// ProducerEpoch fences older instances of the same producer.
type ProducerEpoch int16

// NoProducerEpoch accompanies NoProducerID.
const NoProducerEpoch ProducerEpoch = -1

// TopicPartition names one partition of a topic.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String returns topic-partition, which is also the name of the partition's directory.
func (tp TopicPartition) String() string { return tp.Topic + "-" + strconv.Itoa(int(tp.Partition)) }

// TopicID is the unique id of a topic (KIP-516). A topic that is created again gets a new one.
type TopicID [16]byte

// NewTopicID returns a random (version 4) id. Like Kafka's, it never begins with a dash in its text form, so that it can
// be given to command line tools.
func NewTopicID() TopicID {
	for {
		var id TopicID
		_, _ = rand.Read(id[:]) // never fails (crypto/rand)
		id[6] = id[6]&0x0f | 0x40
		id[8] = id[8]&0x3f | 0x80
		if id.String()[0] != '-' {
			return id
		}
	}
}

// ParseTopicID reads the 22-character text form.
func ParseTopicID(s string) (TopicID, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != 16 {
		return TopicID{}, fmt.Errorf("%q is not a topic id: want 22 characters of URL-safe base64", s)
	}
	return TopicID(b), nil
}

// String returns the id as Kafka prints it: URL-safe base64 without padding, 22 characters.
func (id TopicID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// IsZero reports whether no id was given.
func (id TopicID) IsZero() bool { return id == TopicID{} }

// IsolationLevel says which records a fetch may return.
type IsolationLevel int8

const (
	// ReadUncommitted returns records up to the high watermark.
	ReadUncommitted IsolationLevel = 0
	// ReadCommitted returns records up to the last stable offset.
	ReadCommitted IsolationLevel = 1
)

// Special timestamps of ListOffsets.
const (
	// LatestTimestamp asks for the high watermark, or the last stable offset when reading committed.
	LatestTimestamp int64 = -1
	// EarliestTimestamp asks for the log start offset.
	EarliestTimestamp int64 = -2
	// MaxTimestamp asks for the offset of the record with the largest timestamp (KIP-734).
	MaxTimestamp int64 = -3
	// EarliestLocalTimestamp asks for the first offset that is on local disks (KIP-405).
	EarliestLocalTimestamp int64 = -4
	// LatestTieredTimestamp asks for the last offset in tiered storage (KIP-1005).
	LatestTieredTimestamp int64 = -5
	// EarliestPendingUploadTimestamp asks for the first offset not yet in tiered storage (KIP-1023).
	EarliestPendingUploadTimestamp int64 = -6
)

// Names of the internal topics.
const (
	ConsumerOffsetsTopic  = "__consumer_offsets"
	TransactionStateTopic = "__transaction_state"
	ShareGroupStateTopic  = "__share_group_state"
	ClusterMetadataTopic  = "__cluster_metadata"
	PluginsTopic          = "__jackdaw_plugins"
)

// IsInternal reports whether a topic belongs to the broker: clients may read it but not write to it.
func IsInternal(topic string) bool {
	switch topic {
	case ConsumerOffsetsTopic, TransactionStateTopic, ShareGroupStateTopic, ClusterMetadataTopic, PluginsTopic:
		return true
	}
	return false
}
