package wire

import (
	"math"

	"github.com/jackdawmq/jackdaw/core/kafka"
)

// Fetch versions that the codec knows. 0 to 3 are gone since Kafka 4.0 (KIP-896).
const (
	FetchMin = 4
	FetchMax = 18
)

const (
	fetchFlexible     = 12
	fetchTopicIDs     = 13
	fetchReplicaState = 15
)

// FetchRequest is a Fetch request of versions 4 to 18. It is meant to be kept and decoded into again: in the steady state
// of a connection Decode allocates nothing. Byte slices are views of the body.
//
// Topics that list no partitions are left out: they ask for nothing, and a body full of them would take twenty times its
// size as structs. So a request never takes more than ten times the memory of its body.
type FetchRequest struct {
	ReplicaID    kafka.NodeID // kafka.NoNode for consumers
	ReplicaEpoch int64        // version 15 and later; -1 when not told
	MaxWaitMs    int32
	MinBytes     int32
	MaxBytes     int32
	Isolation    int8
	SessionID    int32 // version 7 and later (KIP-227)
	SessionEpoch int32 // version 7 and later; -1 (no session) before
	Topics       []FetchTopic
	Forgotten    []ForgottenTopic // version 7 and later
	Rack         []byte           // version 11 and later (KIP-392); empty when not told
	ClusterID    []byte           // version 12 and later; nil: not told

	partitions []FetchPartition // those of all Topics
	forgotten  []int32          // those of all Forgotten
}

// FetchTopic is a topic of a FetchRequest.
type FetchTopic struct {
	Name       []byte        // up to version 12
	ID         kafka.TopicID // version 13 and later
	Partitions []FetchPartition
}

// ForgottenTopic lists partitions to take out of a fetch session.
type ForgottenTopic struct {
	Name       []byte        // up to version 12
	ID         kafka.TopicID // version 13 and later
	Partitions []int32
}

// FetchPartition is a partition of a FetchRequest.
type FetchPartition struct {
	Partition          int32
	CurrentLeaderEpoch kafka.LeaderEpoch // version 9 and later; kafka.NoEpoch when not told
	FetchOffset        int64
	LastFetchedEpoch   kafka.LeaderEpoch // version 12 and later; kafka.NoEpoch when not told
	LogStartOffset     int64             // of a follower, version 5 and later; -1 when not told
	MaxBytes           int32
	ReplicaDirectoryID kafka.TopicID // version 17 and later; a UUID as topic ids are
	// HighWatermark is what a follower knows, version 18 and later (KIP-1166); math.MaxInt64 when not told.
	HighWatermark int64
}

// keptPartitions bounds the memory that a FetchRequest keeps for its next use: a request with more partitions is rare.
const keptPartitions = 1 << 14

// Decode reads a request into q, using q's memory again. On an error q is not usable. Bytes after the request are
// ignored, as in Kafka.
func (q *FetchRequest) Decode(version int16, body []byte) error {
	q.reset()
	r := NewReader(body, version >= fetchFlexible)
	if version < fetchReplicaState {
		q.ReplicaID = kafka.NodeID(r.Int32())
	}
	q.MaxWaitMs = r.Int32()
	q.MinBytes = r.Int32()
	q.MaxBytes = r.Int32()
	q.Isolation = r.Int8()
	if version >= 7 {
		q.SessionID = r.Int32()
		q.SessionEpoch = r.Int32()
	}
	q.readTopics(&r, version)
	if version >= 7 {
		q.readForgotten(&r, version)
	}
	if version >= 11 {
		q.Rack = r.String()
	}
	q.readTags(&r, version)
	return r.Err()
}

func (q *FetchRequest) reset() {
	if cap(q.partitions) > keptPartitions || cap(q.Topics) > keptPartitions || cap(q.forgotten) > keptPartitions {
		*q = FetchRequest{}
	}
	*q = FetchRequest{
		ReplicaID: kafka.NoNode, ReplicaEpoch: -1, SessionEpoch: -1,
		Topics: q.Topics[:0], Forgotten: q.Forgotten[:0], partitions: q.partitions[:0], forgotten: q.forgotten[:0],
	}
}

// topicSize returns the least bytes that a topic of a fetch request takes: its name or id, an empty array, tags.
func topicSize(version int16) int {
	switch {
	case version >= fetchTopicIDs:
		return 16 + 1 + 1
	case version >= fetchFlexible:
		return 1 + 1 + 1
	default:
		return 2 + 4
	}
}

func readTopicKey(r *Reader, version int16) (name []byte, id kafka.TopicID) {
	if version >= fetchTopicIDs {
		return nil, r.UUID()
	}
	return r.String(), id
}

func (q *FetchRequest) readTopics(r *Reader, version int16) {
	minSize := partitionSize(version)
	for range r.ArrayLen(topicSize(version)) {
		var t FetchTopic
		t.Name, t.ID = readTopicKey(r, version)
		n := r.ArrayLen(minSize)
		for range n {
			q.partitions = append(q.partitions, FetchPartition{})
			q.partitions[len(q.partitions)-1].read(r, version)
			if r.failed {
				return
			}
		}
		r.SkipTags()
		if r.failed {
			return
		}
		if n > 0 {
			// The array may still move as it grows: only the length matters until all partitions are there.
			t.Partitions = q.partitions[len(q.partitions)-n:]
			q.Topics = append(q.Topics, t)
		}
	}
	at := 0
	for i := range q.Topics {
		end := at + len(q.Topics[i].Partitions)
		q.Topics[i].Partitions = q.partitions[at:end:end]
		at = end
	}
}

// partitionSize returns the least bytes that a partition of a fetch request takes.
func partitionSize(version int16) int {
	n := 4 + 8 + 4
	if version >= 5 {
		n += 8
	}
	if version >= 9 {
		n += 4
	}
	if version >= fetchFlexible {
		n += 4 + 1
	}
	return n
}

func (p *FetchPartition) read(r *Reader, version int16) {
	*p = FetchPartition{
		CurrentLeaderEpoch: kafka.NoEpoch, LastFetchedEpoch: kafka.NoEpoch, LogStartOffset: -1, HighWatermark: math.MaxInt64,
	}
	p.Partition = r.Int32()
	if version >= 9 {
		p.CurrentLeaderEpoch = kafka.LeaderEpoch(r.Int32())
	}
	p.FetchOffset = r.Int64()
	if version >= 12 {
		p.LastFetchedEpoch = kafka.LeaderEpoch(r.Int32())
	}
	if version >= 5 {
		p.LogStartOffset = r.Int64()
	}
	p.MaxBytes = r.Int32()
	for range r.Tags() {
		tag, value := r.Tag()
		switch {
		case tag == 0 && version >= 17:
			p.ReplicaDirectoryID = value.UUID()
		case tag == 1 && version >= 18:
			p.HighWatermark = value.Int64()
		}
		if value.failed {
			r.fail()
		}
	}
}

func (q *FetchRequest) readForgotten(r *Reader, version int16) {
	for range r.ArrayLen(topicSize(version)) {
		var t ForgottenTopic
		t.Name, t.ID = readTopicKey(r, version)
		n := r.ArrayLen(4)
		for range n {
			q.forgotten = append(q.forgotten, r.Int32())
		}
		r.SkipTags()
		if r.failed {
			return
		}
		if n > 0 {
			t.Partitions = q.forgotten[len(q.forgotten)-n:]
			q.Forgotten = append(q.Forgotten, t)
		}
	}
	at := 0
	for i := range q.Forgotten {
		end := at + len(q.Forgotten[i].Partitions)
		q.Forgotten[i].Partitions = q.forgotten[at:end:end]
		at = end
	}
}

func (q *FetchRequest) readTags(r *Reader, version int16) {
	for range r.Tags() {
		tag, value := r.Tag()
		switch {
		case tag == 0:
			q.ClusterID = value.NullableString()
		case tag == 1 && version >= fetchReplicaState:
			q.ReplicaID = kafka.NodeID(value.Int32())
			q.ReplicaEpoch = value.Int64()
			value.SkipTags()
		}
		if value.failed {
			r.fail()
		}
	}
}
